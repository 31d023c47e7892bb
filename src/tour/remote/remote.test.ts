import { getEventListeners } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { durationMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CallContext } from '../../wire/bridge-server.ts';
import type { TourState } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import { Command, TourState_Owner as Owner, TourState_Stage as Stage } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import { systemClock } from '../clock.ts';
import { Director } from '../director/director.ts';
import { ServerDouble } from '../testing/client-double.ts';
import { walkPlan } from '../testing/walk.ts';
import { TourFollower } from './follower.ts';
import { listenRemote } from './listener.ts';
import { TourService } from './service.ts';
import { clearDeadSockets, runtimeDirectory, socketPath, tourSockets } from './socket.ts';

function directoryOfTest(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bmdemo-remote-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A tour with a remote on a socket in that directory. */
async function tourAt(directory: string) {
  const director = new Director(walkPlan(), new ServerDouble().host, systemClock);
  const service = new TourService(
    director,
    () => ({ columns: 120, rows: 40 }),
    () => {},
  );
  const path = socketPath(directory);
  const listener = await listenRemote({ kind: 'unix', path }, service);
  const close = async () => {
    listener.close();
    await director.close();
  };
  onTestFinished(close);
  return { director, service, listener, path, close };
}

/** A notes screen that looks in that directory. */
function notesAt(directory: string): TourFollower {
  const follower = new TourFollower({ kind: 'directory', directory }, 'notes', systemClock);
  void follower.run();
  onTestFinished(() => follower.close());
  return follower;
}

function until(
  follower: TourFollower,
  isSo: (state: TourFollower['state']) => boolean,
): Promise<TourFollower['state']> {
  return new Promise((resolve) => {
    const check = () => {
      if (!isSo(follower.state)) return;
      unsubscribe();
      resolve(follower.state);
    };
    const unsubscribe = follower.subscribe(check);
    check();
  });
}

async function tourOf(follower: TourFollower, isSo: (tour: TourState) => boolean = () => true): Promise<TourState> {
  const state = await until(follower, (now) => now.kind === 'attached' && isSo(now.tour));
  if (state.kind !== 'attached') throw new Error('not attached');
  return state.tour;
}

describe('the remote', () => {
  it('tells the tour as it is, whole, and again after every change', async () => {
    const directory = directoryOfTest();
    await tourAt(directory);
    const notes = notesAt(directory);
    const ready = await tourOf(notes, ({ remotes }) => remotes === 1);
    expect(ready.stage).toBe(Stage.READY);
    expect(ready.chapters.map(({ number, title, count }) => [number, title, count])).toEqual([
      [0, 'Opening', ''],
      [1, 'Work', '1 of 2'],
      [2, 'Twice', '2 of 2'],
      [3, 'Closing', ''],
    ]);
    expect(ready.say).toBe('Hello.');
    expect(ready.screen).toMatchObject({ columns: 120, rows: 40 });
    expect(ready.answers.map(({ question, answer }) => [question, answer])).toEqual([['Why?', 'Because.']]);
    expect(ready.timing?.startedAt).toBeUndefined();
    expect(ready.timing?.planned && durationMs(ready.timing.planned)).toBe(300_000);
    expect(ready.keys.map(({ key, command }) => [key, command])).toEqual([['space', Command.NEXT]]);

    expect(await notes.send({ command: Command.NEXT })).toBe('');
    const begun = await tourOf(notes, ({ stage }) => stage === Stage.DONE);
    expect(begun.timing?.running).toBe(true);
    expect(begun.revision).toBeGreaterThan(ready.revision);
  });

  it('does what a key would, and says why it does not', async () => {
    const directory = directoryOfTest();
    const { director } = await tourAt(directory);
    const notes = notesAt(directory);
    await tourOf(notes);
    expect(await notes.send({ command: Command.BACK })).toBe('this is the beginning');
    expect(await notes.send({ command: Command.GOTO, chapter: 9 })).toBe('there is no chapter 9');
    expect(await notes.send({ command: Command.UNSPECIFIED })).toBe('there is no command 0');
    expect(await notes.send({ command: Command.GOTO, chapter: 3 })).toBe('');
    await tourOf(notes, ({ command }) => command !== '');
    expect(await notes.send({ command: Command.EXPLORE, on: true })).toBe('');
    expect((await tourOf(notes, ({ owner }) => owner === Owner.CONSOLE)).keys[0]?.key).toBe('Ctrl-T');
    expect(await notes.send({ command: Command.QUESTION, question: 1 })).toBe('');
    const asked = await tourOf(notes, ({ chapter }) => chapter?.count === 'question');
    expect(asked.chapter?.title).toBe('Why?');
    await notes.send({ command: Command.QUIT });
    await director.ended;
  });

  it('takes any number of notes screens, and counts them', async () => {
    const directory = directoryOfTest();
    await tourAt(directory);
    const [first, second] = [notesAt(directory), notesAt(directory)];
    await Promise.all([first, second].map((notes) => tourOf(notes, ({ remotes }) => remotes === 2)));
    second.close();
    await tourOf(first, ({ remotes }) => remotes === 1);
  });

  it('is waited for where there is none, found when it begins, and found again after its end', async () => {
    const directory = directoryOfTest();
    const notes = notesAt(directory);
    expect(notes.state).toEqual({ kind: 'waiting', where: directory });
    expect(await notes.send({ command: Command.NEXT })).toBe('there is no tour to send this to');
    const first = await tourAt(directory);
    await tourOf(notes);
    await first.close();
    await until(notes, ({ kind }) => kind === 'waiting');
    await tourAt(directory);
    await tourOf(notes);
  });

  it('is waited for where its folder has gone, and found in a new one', async () => {
    const directory = join(directoryOfTest(), 'run');
    mkdirSync(directory);
    const follower = new TourFollower({ kind: 'directory', directory }, 'notes', systemClock);
    onTestFinished(() => follower.close());
    rmSync(directory, { recursive: true });
    const following = follower.run();
    await Promise.race([following, until(follower, ({ kind }) => kind === 'waiting')]);
    mkdirSync(directory);
    await tourAt(directory);
    await Promise.race([following, tourOf(follower)]);
    expect(follower.state.kind).toBe('attached');
  });

  it('leaves nothing behind with its notes screens, however often it changes', async () => {
    const { director, service } = await tourAt(directoryOfTest());
    const leave = new AbortController();
    const watch = service.watchTour({}, { signal: leave.signal } as CallContext);
    await watch.next();
    for (let change = 0; change < 5; change += 1) {
      const next = watch.next();
      director.command({ name: 'blank' });
      await next;
    }
    const waiting = watch.next();
    expect(getEventListeners(leave.signal, 'abort')).toHaveLength(1);
    leave.abort();
    expect((await waiting).done).toBe(true);
  });

  it('is reached by its address as well', async () => {
    const director = new Director(walkPlan(), new ServerDouble().host, systemClock);
    const service = new TourService(
      director,
      () => ({ columns: 80, rows: 24 }),
      () => {},
    );
    const listener = await listenRemote({ kind: 'tcp', host: '127.0.0.1', port: 0 }, service);
    const follower = new TourFollower({ kind: 'address', address: listener.address }, 'notes', systemClock);
    void follower.run();
    onTestFinished(async () => {
      follower.close();
      listener.close();
      await director.close();
    });
    expect((await tourOf(follower)).screen?.columns).toBe(80);
  });
});

describe('the socket', () => {
  it('is for its owner alone, and goes with the tour', async () => {
    const directory = directoryOfTest();
    const { path, close } = await tourAt(directory);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await close();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is in a folder for its owner alone', () => {
    const home = directoryOfTest();
    const directory = runtimeDirectory({ XDG_RUNTIME_DIR: home });
    expect(directory).toBe(join(home, 'bmdemo'));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('of a tour that was killed is taken away by the next one', () => {
    const directory = directoryOfTest();
    // No process has this number: it is above the most that a system gives.
    writeFileSync(join(directory, 'tour-99999999.sock'), '');
    writeFileSync(join(directory, `tour-${process.pid}.sock`), '');
    clearDeadSockets(directory);
    expect(tourSockets(directory)).toEqual([join(directory, `tour-${process.pid}.sock`)]);
  });
});
