import { describe, expect, it } from 'vitest';
import { walkPlan } from '../testing/walk.ts';
import { decide } from './decide.ts';
import type { TourCommand, TourEffect, TourInput } from './input.ts';
import type { TourPlan, TourState } from './state.ts';
import { initialState } from './state.ts';

/** A tour that a test moves on, a second at a time. */
class Walk {
  readonly plan: TourPlan;
  state: TourState;
  effects: readonly TourEffect[] = [];
  now = 0;

  constructor(changes: Partial<TourPlan> = {}) {
    this.plan = walkPlan(changes);
    this.state = initialState(this.plan, 0);
  }

  take(input: TourInput, after = 1_000): string {
    this.now += after;
    const { state, effects, refusal } = decide(this.plan, this.state, input, this.now);
    this.state = state;
    this.effects = effects;
    return refusal;
  }

  command(command: TourCommand, after = 1_000): string {
    return this.take({ kind: 'command', command, pressed: true }, after);
  }

  next(after = 1_000): string {
    return this.command({ name: 'next' }, after);
  }

  /** What was begun last has come to this. */
  report(
    input: { kind: 'prepared' | 'met' } | { kind: 'performed'; told: string } | { kind: 'failed'; sentence: string },
  ) {
    const { work } = this.state;
    if (input.kind === 'failed') {
      this.take({ kind: 'failed', work, failure: { sentence: input.sentence, again: 'new-request' } });
    } else this.take({ ...input, work });
  }

  /** Where it stands, in short. */
  get at(): string {
    const { place, stage } = this.state;
    return `${place.part}.${place.beat} ${stage}`;
  }

  /** To the chapter with everything, its first beat shown. */
  static inWork(changes: Partial<TourPlan> = {}): Walk {
    const walk = new Walk(changes);
    walk.next();
    walk.next();
    walk.report({ kind: 'prepared' });
    return walk;
  }
}

describe('a beat', () => {
  it('is shown, then its command, then it runs, then it is done, then the next one comes', () => {
    const walk = new Walk();
    expect(walk.at).toBe('0.0 ready');
    walk.next();
    expect(walk.at).toBe('0.0 done');
    walk.next();
    expect(walk.at).toBe('1.0 preparing');
    expect(walk.effects).toEqual([{ kind: 'prepare', work: walk.state.work, part: 1 }]);
    walk.report({ kind: 'prepared' });
    expect(walk.at).toBe('1.0 shown');
    walk.next();
    expect(walk.at).toBe('1.0 armed');
    expect(walk.effects).toEqual([]);
    walk.next();
    expect(walk.at).toBe('1.0 running');
    expect(walk.effects).toEqual([{ kind: 'perform', work: walk.state.work, request: 'new' }]);
    walk.report({ kind: 'performed', told: 'run abc accepted' });
    walk.report({ kind: 'met' });
    expect(walk.at).toBe('1.0 done');
    expect(walk.state.told).toBe('run abc accepted');
    walk.next();
    expect(walk.at).toBe('1.1 running');
    expect(walk.effects).toEqual([{ kind: 'await', work: walk.state.work }]);
    walk.report({ kind: 'met' });
    walk.next();
    expect(walk.at).toBe('1.2 done');
    walk.next();
    expect(walk.at).toBe('2.0 preparing');
  });

  it('shows what is awaited, and nothing else, when next is pressed while it runs', () => {
    const walk = Walk.inWork();
    walk.next();
    walk.next();
    walk.take({ kind: 'awaits', work: walk.state.work, awaiting: 'the image' });
    expect(walk.next()).toBe('waiting for the image');
    expect(walk.at).toBe('1.0 running');
    expect(walk.effects).toEqual([]);
  });

  it('counts presses in quick succession once, however many, also of a key that is held', () => {
    const walk = Walk.inWork();
    walk.next();
    for (let press = 0; press < 10; press += 1) walk.next(100);
    expect(walk.at).toBe('1.0 armed');
    walk.next(299);
    expect(walk.at).toBe('1.0 armed');
    walk.next(300);
    expect(walk.at).toBe('1.0 running');
  });

  it('takes no notice of what something that was given up still reports', () => {
    const walk = Walk.inWork();
    walk.next();
    walk.next();
    const old = walk.state.work;
    walk.command({ name: 'skip' });
    walk.take({ kind: 'failed', work: old, failure: { sentence: 'too late', again: 'new-request' } });
    expect(walk.at).toBe('1.0 done');
    expect(walk.state.failure).toBeNull();
  });
});

describe('a failure', () => {
  const failed = () => {
    const walk = Walk.inWork();
    walk.next();
    walk.next();
    return walk;
  };

  it('is told, and next does not go on', () => {
    const walk = failed();
    walk.report({ kind: 'failed', sentence: 'the disk is dead' });
    expect(walk.at).toBe('1.0 failed');
    expect(walk.state.failure?.sentence).toBe('the disk is dead');
    expect(walk.next()).toMatch(/^it failed/);
  });

  it.each([
    ['new-request', 'new'],
    ['same-request', 'same'],
  ] as const)('with %s is done again with a request that is %s', (again, request) => {
    const walk = failed();
    walk.take({ kind: 'failed', work: walk.state.work, failure: { sentence: 'x', again } });
    walk.command({ name: 'again' });
    expect(walk.effects).toEqual([{ kind: 'perform', work: walk.state.work, request }]);
    expect(walk.state.failure).toBeNull();
  });

  it('of what an earlier beat began takes the chapter from its beginning', () => {
    const walk = failed();
    walk.report({ kind: 'met' });
    walk.next();
    walk.report({ kind: 'failed', sentence: 'FAILED' });
    walk.command({ name: 'again' });
    expect(walk.at).toBe('1.0 preparing');
    expect(walk.effects).toEqual([{ kind: 'prepare', work: walk.state.work, part: 1 }]);
  });

  it('can be left out', () => {
    const walk = failed();
    walk.report({ kind: 'failed', sentence: 'x' });
    walk.command({ name: 'skip' });
    expect(walk.at).toBe('1.0 done');
    expect(walk.state.skipped).toBe(true);
    expect(walk.effects).toEqual([{ kind: 'give-up' }]);
  });
});

describe('going to', () => {
  it('takes a chapter by its number, the opening being 0, from anywhere', () => {
    const walk = new Walk();
    walk.command({ name: 'goto', chapter: 2 });
    expect(walk.at).toBe('2.0 preparing');
    walk.command({ name: 'goto', chapter: 0 });
    expect(walk.at).toBe('0.0 done');
    expect(walk.command({ name: 'goto', chapter: 9 })).toBe('there is no chapter 9');
    expect(walk.at).toBe('0.0 done');
  });

  it('gives up what is going on', () => {
    const walk = Walk.inWork();
    walk.next();
    walk.next();
    const old = walk.state.work;
    walk.command({ name: 'goto', chapter: 2 });
    expect(walk.state.work).toBeGreaterThan(old);
    expect(walk.effects).toEqual([{ kind: 'prepare', work: walk.state.work, part: 2 }]);
  });
});

describe('back', () => {
  it('shows the notes of the beat before, and next comes forward again without doing anything', () => {
    const walk = Walk.inWork();
    walk.next();
    walk.command({ name: 'back' });
    expect(walk.state.lookBack).toEqual({ part: 0, beat: 0 });
    expect(walk.command({ name: 'back' })).toBe('this is the beginning');
    walk.next();
    expect(walk.state.lookBack).toBeNull();
    expect(walk.at).toBe('1.0 armed');
    expect(walk.effects).toEqual([]);
  });
});

describe('a question', () => {
  it('is opened when nothing is going on, shown live, and goes back to where it was asked', () => {
    const walk = new Walk();
    walk.command({ name: 'goto', chapter: 3 });
    walk.command({ name: 'question', number: 1 });
    expect(walk.at).toBe('4.0 done');
    walk.next();
    expect(walk.at).toBe('4.1 shown');
    walk.next();
    walk.next();
    expect(walk.command({ name: 'question', number: 1 })).toMatch(/when nothing is going on/);
    walk.report({ kind: 'met' });
    walk.next();
    expect(walk.at).toBe('3.0 shown');
    expect(walk.command({ name: 'question', number: 2 })).toBe('there is no question 2');
  });
});

describe('exploring', () => {
  it('looks at the room again when it ends before anything of the chapter was done', () => {
    const walk = Walk.inWork();
    walk.command({ name: 'explore' });
    expect(walk.state.owner).toBe('console');
    walk.command({ name: 'explore', on: false });
    expect(walk.state.owner).toBe('tour');
    expect(walk.at).toBe('1.0 preparing');
  });

  it('comes back to the same beat when something was done', () => {
    const walk = Walk.inWork();
    walk.next();
    walk.next();
    walk.report({ kind: 'met' });
    const { shows } = walk.state;
    walk.command({ name: 'explore' });
    walk.command({ name: 'explore' });
    expect(walk.at).toBe('1.0 done');
    expect(walk.state.shows).toBe(shows + 1);
  });
});

describe('restart', () => {
  it('starts the server anew and prepares the chapter from its beginning', () => {
    const walk = Walk.inWork();
    walk.next();
    walk.next();
    walk.report({ kind: 'failed', sentence: 'x' });
    walk.command({ name: 'restart' });
    expect(walk.at).toBe('1.0 preparing');
    expect(walk.effects).toEqual([{ kind: 'restart', work: walk.state.work, part: 1 }]);
    expect(walk.state.failure).toBeNull();
  });

  it('is not for a server of somebody else', () => {
    const walk = Walk.inWork({ ownServer: false });
    expect(walk.command({ name: 'restart' })).toMatch(/not the tour/);
    expect(walk.at).toBe('1.0 shown');
  });
});

describe('the clock', () => {
  it('starts with the first next, stands still in a pause, and counts each chapter', () => {
    const walk = new Walk();
    expect(walk.state.timing.startedAt).toBeNull();
    walk.next();
    expect(walk.state.timing).toEqual({ startedAt: 1_000, runningSince: 1_000, spent: [0, null, null, null] });
    walk.command({ name: 'pause' }, 5_000);
    expect(walk.state.timing).toEqual({ startedAt: 1_000, runningSince: null, spent: [5_000, null, null, null] });
    walk.command({ name: 'pause' }, 60_000);
    walk.next(2_000);
    expect(walk.state.timing.spent).toEqual([7_000, 0, null, null]);
  });

  it('stands still when the tour is over', () => {
    const walk = new Walk();
    walk.next();
    walk.command({ name: 'quit' }, 3_000);
    expect(walk.at).toBe('0.0 ended');
    expect(walk.state.timing.runningSince).toBeNull();
    expect(walk.effects).toEqual([{ kind: 'give-up' }, { kind: 'end' }]);
    expect(walk.next()).toBe('the tour is over');
  });
});

describe('the end', () => {
  it('comes after the last beat of the last chapter', () => {
    const walk = new Walk();
    walk.command({ name: 'goto', chapter: 3 });
    walk.next();
    walk.next();
    walk.report({ kind: 'met' });
    walk.next();
    expect(walk.at).toBe('3.0 ended');
  });
});

describe('a booth', () => {
  it('begins again after the last beat, with the clock at its beginning', () => {
    const walk = new Walk({ loop: true });
    walk.command({ name: 'goto', chapter: 3 });
    walk.next();
    walk.next();
    walk.report({ kind: 'met' });
    walk.next();
    expect(walk.at).toBe('0.0 done');
    expect(walk.state.timing).toEqual({ startedAt: 5_000, runningSince: 5_000, spent: [0, null, null, null] });
  });
});

describe('notes in place', () => {
  it('are refused while the screen is recorded', () => {
    const walk = Walk.inWork({ recording: true });
    expect(walk.command({ name: 'notes' })).toMatch(/recorded/);
    expect(walk.state.notes).toBe(false);
  });
});

describe('what the presenter opened', () => {
  it('stays when the room is in order, and so do digits that are being typed; a chapter closes it', () => {
    const walk = new Walk();
    walk.next();
    walk.next();
    expect(walk.at).toBe('1.0 preparing');
    walk.command({ name: 'overlay', overlay: 'quit' });
    walk.command({ name: 'overlay', overlay: 'chapters' });
    walk.command({ name: 'digit', digit: '2' });
    walk.report({ kind: 'prepared' });
    expect(walk.state).toMatchObject({ stage: 'shown', overlay: 'chapters', digits: '2' });
    walk.command({ name: 'goto', chapter: 2 });
    expect(walk.state).toMatchObject({ place: { part: 2, beat: 0 }, overlay: 'none', digits: '' });
  });
});
