import { create } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runNotes } from '../../src/tui/notes/notes.ts';
import { actOf } from '../../src/tui/notes/notes-keys.ts';
import type { NotesRequest, NotesSource, NotesState } from '../../src/tui/notes/source.ts';
import type { TourState } from '../../src/wire/gen/bmdemo/v1/remote_pb.ts';
import {
  Command,
  TourState_Owner as Owner,
  TourState_Stage as Stage,
  TourStateSchema,
} from '../../src/wire/gen/bmdemo/v1/remote_pb.ts';
import { VirtualTerminal } from './virtual-terminal.ts';

/** A tour that a test moves on. */
class SourceDouble implements NotesSource {
  state: NotesState = { kind: 'waiting', where: '/run/bmdemo' };
  readonly sent: NotesRequest[] = [];
  answer = '';
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(tour: TourState): void {
    this.state = { kind: 'attached', address: 'unix:/run/x', tour, at: Date.now() };
    for (const listener of this.#listeners) listener();
  }

  async send(request: NotesRequest): Promise<string> {
    this.sent.push(request);
    return this.answer;
  }
}

function tourAt(stage: Stage, changes: object = {}): TourState {
  const chapters = ['Opening', 'Repave a machine', 'Closing'].map((title, number) => ({
    number,
    title,
    count: number === 1 ? '1 of 1' : '',
    planned: durationFromMs(60_000),
  }));
  return create(TourStateSchema, {
    chapter: chapters[1],
    chapters,
    beat: 2,
    beats: 5,
    stage,
    say: 'Watch the log.',
    points: ['Every step has a name'],
    command: 'bmdemo repave machine-1',
    owner: Owner.TOUR,
    timing: {
      startedAt: timestampFromMs(0),
      elapsed: durationFromMs(75_000),
      planned: durationFromMs(180_000),
      ahead: durationFromMs(-12_000),
    },
    answers: [{ question: 'How many?', answer: 'Many.' }],
    ...changes,
  });
}

async function openNotes(columns = 100, rows = 30) {
  const terminal = new VirtualTerminal(columns, rows);
  const source = new SourceDouble();
  const over = runNotes(source, 'dark', terminal.streams);
  onTestFinished(async () => {
    terminal.press('q');
    await over;
  });
  await terminal.until('No tour is running');
  return { terminal, source, over };
}

describe('the notes screen', () => {
  it('says that it waits for a tour, then shows what to say, the points, the command, the time and what comes next', async () => {
    const { terminal, source } = await openNotes();
    source.tell(tourAt(Stage.ARMED));
    await terminal.until('Watch the log.');
    const text = terminal.text;
    for (const shown of [
      'TOUR  1 of 1 Repave a machine  2/5',
      '1:15 of 3:00  0:12 behind',
      'Every step has a name',
      '$ bmdemo repave machine-1',
      'Space runs the command.',
      '>  1  Repave a machine',
      ' 2  Closing',
    ]) {
      expect(text).toContain(shown);
    }
  });

  it('tells a failure, an explorer, and why a command was not taken', async () => {
    const { terminal, source } = await openNotes();
    source.tell(tourAt(Stage.FAILED, { failure: 'the disk is dead', owner: Owner.CONSOLE }));
    await terminal.until('It failed: the disk is dead');
    expect(terminal.text).toContain('EXPLORING');
    source.answer = 'waiting for the image';
    terminal.press(' ');
    await terminal.until('waiting for the image');
    expect(source.sent).toEqual([{ command: Command.NEXT }]);
  });

  it('fits 80 by 24, with the keys in the last row', async () => {
    const { terminal, source } = await openNotes(80, 24);
    source.tell(tourAt(Stage.RUNNING, { awaiting: 'the image', say: 'Many words to say. '.repeat(12) }));
    await terminal.until('Waiting for the image.');
    expect(terminal.rows.at(-1)).toMatch(/^ space next/);
  });

  it('gives the terminal back when it is left', async () => {
    const { terminal, over } = await openNotes();
    terminal.press('q');
    await over;
    expect(terminal.keyboard.isRaw).toBe(false);
    expect(terminal.modes.get('1049')).toBe('l');
  });
});

describe('actOf', () => {
  it('does what the keys of the tour do, and q leaves the notes alone', () => {
    expect(actOf('pagedown', '')).toEqual({ kind: 'send', request: { command: Command.NEXT } });
    expect(actOf('1', '')).toEqual({ kind: 'digits', digits: '1' });
    expect(actOf('G', '11')).toEqual({ kind: 'send', request: { command: Command.GOTO, chapter: 11 } });
    expect(actOf('o', '2')).toEqual({ kind: 'send', request: { command: Command.QUESTION, question: 2 } });
    expect(actOf('G', '')).toEqual({ kind: 'nothing' });
    expect(actOf('ctrl-t', '')).toEqual({ kind: 'send', request: { command: Command.EXPLORE, on: false } });
    expect(actOf('q', '')).toEqual({ kind: 'quit' });
  });
});
