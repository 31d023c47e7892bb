import { describe, expect, it, onTestFinished } from 'vitest';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { MachineStatus_Phase as MachinePhase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { Run_Phase as RunPhase } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { ServerDouble } from '../testing/client-double.ts';
import { walkPlan } from '../testing/walk.ts';
import { Director } from './director.ts';
import type { TourCommand } from './input.ts';
import type { TourPlan } from './state.ts';

/** A tour of a server that the test moves on. */
class Stage {
  readonly server = new ServerDouble();
  readonly clock = new VirtualClock(0);
  readonly director: Director;

  constructor(changes: Partial<TourPlan> = {}) {
    this.director = new Director(walkPlan(changes), this.server.host, this.clock);
    onTestFinished(() => this.director.close());
  }

  /** Presses a key a second after the one before, and lets everything happen that follows from it. */
  async press(name: 'next' | 'again' | 'skip' | 'restart' | 'explore' | 'pause'): Promise<string> {
    return this.command({ name } as TourCommand);
  }

  async command(command: TourCommand): Promise<string> {
    await this.clock.advance(1_000);
    const refusal = this.director.command(command);
    await this.settle();
    return refusal;
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) await settle();
  }

  get at(): string {
    const { place, stage } = this.director.moment.state;
    return `${place.part}.${place.beat} ${stage}`;
  }

  get state() {
    return this.director.moment.state;
  }

  /** In the chapter with everything: its run has been started. */
  static async inWork(): Promise<Stage> {
    const stage = new Stage();
    await stage.server.importMachines(3);
    // A server that is there already: what a fresh start would forget is what the test has made.
    stage.server.forgetAll = () => {};
    await stage.press('next');
    await stage.press('next');
    expect(stage.at).toBe('1.0 shown');
    await stage.press('next');
    await stage.press('next');
    expect(stage.at).toBe('1.0 running');
    return stage;
  }
}

describe('Director', () => {
  it('brings about what a chapter needs, then plays it by the states that it sees', async () => {
    const stage = new Stage();
    await stage.press('next');
    await stage.press('next');
    expect(stage.server.starts).toBe(1);
    expect(stage.at).toBe('1.0 shown');
    expect(stage.state.orders.map(({ text }) => text)).toEqual(['bmdemo serve', 'bmdemo import 1']);
    await stage.press('next');
    await stage.press('next');
    expect(stage.state.awaiting).toBe('run run10000 on machine-1 to reach repave-image (RUNNING)');
    stage.server.reach('machine-1', 'repave-image');
    await stage.settle();
    expect(stage.at).toBe('1.0 done');
    await stage.press('next');
    stage.server.end('machine-1', RunPhase.SUCCEEDED);
    await stage.settle();
    expect(stage.at).toBe('1.1 done');
  });

  it('waits for states, however long they take', async () => {
    const stage = await Stage.inWork();
    await stage.clock.advance(3_600_000);
    expect(stage.at).toBe('1.0 running');
    stage.server.reach('machine-1', 'repave-image');
    await stage.settle();
    expect(stage.at).toBe('1.0 done');
  });

  it('tells a run that failed in a sentence, and does it again with another request, after the machine is fit again', async () => {
    const stage = await Stage.inWork();
    stage.server.end('machine-1', RunPhase.FAILED, 'the disk is dead');
    await stage.settle();
    expect(stage.at).toBe('1.0 failed');
    expect(stage.state.failure?.sentence).toBe('run run10000 on machine-1 FAILED: the disk is dead');
    await stage.press('again');
    expect(stage.server.calls.slice(-2)).toEqual(['resolve machine-1', 'startRun machine-1 REPAVE']);
    expect(new Set(stage.server.requestIds).size).toBe(2);
    expect(stage.at).toBe('1.0 running');
  });

  it('sends the very same request again when its answer was lost', async () => {
    const stage = new Stage();
    await stage.server.importMachines(3);
    stage.server.forgetAll = () => {};
    stage.server.loseAnswers = 1;
    await stage.press('next');
    await stage.press('next');
    await stage.press('next');
    await stage.press('next');
    expect(stage.at).toBe('1.0 failed');
    expect(stage.state.failure?.again).toBe('same-request');
    await stage.press('again');
    expect(stage.server.requestIds).toHaveLength(2);
    expect(new Set(stage.server.requestIds).size).toBe(1);
    expect(stage.server.runs.size).toBe(1);
    stage.server.reach('machine-1', 'repave-image');
    await stage.settle();
    expect(stage.at).toBe('1.0 done');
  });

  it('leaves an action out and goes on', async () => {
    const stage = await Stage.inWork();
    await stage.press('skip');
    expect(stage.at).toBe('1.0 done');
    await stage.press('next');
    expect(stage.at).toBe('1.1 running');
  });

  it('says that the server is away, and goes on when it is back', async () => {
    const stage = await Stage.inWork();
    stage.server.connection('lost');
    await stage.settle();
    expect(stage.state.awaiting).toMatch(/^the server to come back: the connection to .* was lost/);
    stage.server.connection('connected');
    stage.server.reach('machine-1', 'repave-image');
    await stage.settle();
    expect(stage.at).toBe('1.0 done');
  });

  it('begins the chapter again when the server came back without its state', async () => {
    const stage = new Stage();
    await stage.server.host.start('memory', new AbortController().signal);
    await stage.server.importMachines(1);
    await stage.press('next');
    await stage.press('next');
    await stage.press('next');
    await stage.press('next');
    expect(stage.at).toBe('1.0 running');
    stage.server.forgetAll();
    await stage.settle();
    expect(stage.at).toBe('1.0 failed');
    expect(stage.state.failure).toEqual({
      sentence: 'the server no longer knows run run10000: it has come back without its state',
      again: 'chapter',
    });
    await stage.server.importMachines(1);
    await stage.press('again');
    expect(stage.at).toBe('1.0 shown');
  });

  it('sees what an explorer did: a machine that was canceled, or sent to repair, is made fit before it is used', async () => {
    const stage = new Stage();
    await stage.server.importMachines(3);
    stage.server.forgetAll = () => {};
    await stage.press('next');
    await stage.press('next');
    await stage.press('explore');
    stage.server.put('machine-1', { phase: MachinePhase.RMA });
    await stage.settle();
    await stage.command({ name: 'explore', on: false });
    expect(stage.server.calls).toContain('completeRma machine-1');
    expect(stage.at).toBe('1.0 shown');
    // And between the chapter's beginning and the command.
    await stage.press('explore');
    await stage.press('next');
    await stage.settle();
    stage.server.put('machine-1', { conditions: [{ type: 'NeedsIntervention', status: true }] });
    await stage.press('next');
    expect(stage.server.calls.slice(-2)).toEqual(['resolve machine-1', 'startRun machine-1 REPAVE']);
  });

  it('cancels what is under way on a machine that a chapter needs, at full speed', async () => {
    const stage = await Stage.inWork();
    await stage.command({ name: 'goto', chapter: 2 });
    expect(stage.server.calls.slice(-2)).toEqual([
      `cancelRun ${stage.server.runOf('machine-1').runId} the tour puts the room in order`,
      'resolve machine-1',
    ]);
    expect(stage.at).toBe('2.0 shown');
    expect(stage.state.orders.map(({ text, state }) => [text, state])).toEqual([
      ['bmdemo cancel run10000', 'done'],
      ['bmdemo resolve machine-1', 'done'],
    ]);
    expect(stage.server.hurried).toBe(false);
  });

  it('cannot make a retired machine fit, says so, and offers to start anew', async () => {
    const stage = await Stage.inWork();
    stage.server.put('machine-1', { phase: MachinePhase.RETIRED, activeRunId: '' });
    await stage.command({ name: 'goto', chapter: 2 });
    expect(stage.at).toBe('2.0 failed');
    expect(stage.state.failure?.sentence).toBe('machine-1 is retired for good: that takes a fresh server');
    const { starts } = stage.server;
    stage.server.put('machine-1', { phase: MachinePhase.FACTORY_READY });
    await stage.press('restart');
    expect(stage.server.starts).toBe(starts + 1);
    expect(stage.at).toBe('2.0 shown');
  });

  it('shows the same request twice to be one run', async () => {
    const stage = await Stage.inWork();
    await stage.command({ name: 'goto', chapter: 2 });
    await stage.press('next');
    await stage.press('next');
    expect(stage.at).toBe('2.0 done');
    await stage.press('next');
    await stage.press('next');
    await stage.press('next');
    expect(stage.at).toBe('2.1 done');
    const { answers } = stage.director.moment.facts;
    expect(answers?.requestId).toBe('boot');
    expect(answers?.first.runId).toBe(answers?.second.runId);
  });

  it('puts a number behind a request id that was used before', async () => {
    const stage = await Stage.inWork();
    for (let visit = 0; visit < 2; visit += 1) {
      await stage.command({ name: 'goto', chapter: 2 });
      await stage.press('next');
      await stage.press('next');
      expect(stage.at).toBe('2.0 done');
    }
    expect(stage.server.requestIds.slice(-2)).toEqual(['boot', 'boot-2']);
  });

  it('plays by itself, stands still in a pause, and goes on', async () => {
    const stage = new Stage({ auto: { kind: 'fixed', ms: 4_000 } });
    await stage.server.importMachines(1);
    stage.server.forgetAll = () => {};
    await stage.clock.advance(4_000);
    expect(stage.at).toBe('0.0 done');
    await stage.clock.advance(4_000);
    await stage.settle();
    expect(stage.at).toBe('1.0 shown');
    await stage.press('pause');
    await stage.clock.advance(60_000);
    expect(stage.at).toBe('1.0 shown');
    await stage.press('pause');
    await stage.clock.advance(4_000);
    expect(stage.at).toBe('1.0 armed');
    await stage.clock.advance(1_500);
    expect(stage.at).toBe('1.0 running');
  });

  it('stops the server before the audience, and is over after it', async () => {
    const stage = await Stage.inWork();
    await stage.command({ name: 'goto', chapter: 3 });
    await stage.press('next');
    await stage.press('next');
    expect(stage.at).toBe('3.0 done');
    expect(stage.state.told).toBe('graceful stop, 0 runs lost');
    expect(stage.director.moment.view.link).toEqual({ kind: 'none' });
    await stage.press('next');
    expect(stage.at).toBe('3.0 ended');
    await stage.director.ended;
  });
});
