import { join } from 'node:path';
import type { Command } from 'commander';
import { parseAddress } from '../client/address.ts';
import { connect } from '../client/client.ts';
import { systemClock } from '../tour/clock.ts';
import { Director } from '../tour/director/director.ts';
import type { TourPlan } from '../tour/director/state.ts';
import { chapterNumbered, countOf, numberOf } from '../tour/director/state.ts';
import { plannedTimes } from '../tour/director/timing.ts';
import { formatScriptMistake } from '../tour/script/mistake.ts';
import { faultsOf } from '../tour/script/references.ts';
import type { Chapter, Script } from '../tour/script/script.ts';
import { wordsOf, wordsOfScript } from '../tour/script/words.ts';
import { formatCountdown } from '../tui/format/time.ts';
import { count } from '../tui/format/words.ts';
import { refuseTerminal } from '../tui/terminal/fit-terminal.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { TourFolder } from './demo/folder.ts';
import { ownHost, remoteHost, requireHarmless } from './demo/host.ts';
import { playOnConsole } from './demo/on-console.ts';
import type { DemoOptions, RawDemoOptions } from './demo/options.ts';
import { addDemoOptions, readDemoOptions, requireOneServer } from './demo/options.ts';
import { keepRehearsal } from './demo/rehearsal-file.ts';
import { readScriptFile, scriptToPlay } from './demo/script-file.ts';
import { TourServer } from './demo/tour-server.ts';
import { Transcript } from './demo/transcript.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { catchInterrupt, Interrupted } from './interrupt.ts';
import { LogFile } from './log-file.ts';
import type { Column } from './output/table.ts';
import { tableLines } from './output/table.ts';
import { listenAddress } from './settings/resolve.ts';
import { stateDirectory } from './state-directory.ts';
import { wantsScreenReader } from './tui.ts';

/** `bmdemo demo [FILE]`: the guided tour. */
export function addDemoCommand(program: Command, ending: Ending): void {
  const command = program
    .command('demo [FILE]')
    .description('the guided tour: a talk of ten minutes on the real console, or your own walk in FILE')
    .addHelpText(
      'after',
      `
It runs on the real console, with a strip that has the chapter, the command and the next key; space goes
on, ? has the keys. \`bmdemo notes\` in a second terminal shows what to say, and drives the talk as well.
It starts a server of its own with nothing in it, slow enough to talk over; where the port is taken it
takes a free one. With --server it shows one that is there already, whose providers are all fake and whose
inventory is empty. Where there is no terminal it plays the same script as plain text, and the exit code
says whether every chapter did what it says.

Examples:
  $ bmdemo demo
  $ bmdemo demo --from 5 --minutes 15
  $ bmdemo demo --check my-walk.yaml
  $ bmdemo demo --auto 0 --speed 20 | less`,
    );
  addDemoOptions(command);
  command.action(
    action<[string | undefined], RawDemoOptions>(ending, async (context, [file], raw) => {
      if (raw.check === true) return checkScript(context, file);
      const script = scriptToPlay(file);
      const options = readDemoOptions(raw);
      if (raw.list === true) return listChapters(context, script, options.minutes);
      requireOneServer(context.settings);
      return play(context, script, options);
    }),
  );
}

/** Tells every mistake of a script, one a line; a good one is told in a sentence. */
async function checkScript({ io }: Context, file: string | undefined): Promise<ExitCode> {
  if (file === undefined) throw usageFailure('--check needs the file to look through: `bmdemo demo --check FILE`');
  const read = readScriptFile(file);
  if (read.kind === 'mistakes') {
    for (const mistake of read.mistakes) await io.out.line(formatScriptMistake(mistake));
    return EXIT.usage;
  }
  const { chapters, questions } = read.script;
  const words = wordsOfScript(read.script);
  await io.out.line(
    `${file} is good: ${count(chapters.length, 'chapter')}, ${count(questions.length, 'question')}, ${count(words.talk, 'word')} to be spoken`,
  );
  return EXIT.done;
}

interface ListedChapter {
  readonly chapter: Chapter;
  readonly number: number;
  readonly count: string;
  readonly plannedMs: number;
}

const CHAPTERS: readonly Column<ListedChapter>[] = [
  { title: 'N', text: ({ number }) => String(number), align: 'right' },
  { title: 'CHAPTER', text: ({ chapter }) => chapter.title },
  { title: 'COUNTS AS', text: (listed) => listed.count || '–', leaves: 2 },
  { title: 'TIME', text: ({ plannedMs }) => formatCountdown(plannedMs), align: 'right' },
  {
    title: 'WORDS',
    text: ({ chapter }) => String(chapter.beats.reduce((sum, { say }) => sum + wordsOf(say), 0)),
    align: 'right',
    leaves: 1,
  },
];

async function listChapters({ io, paint }: Context, script: Script, minutes: number): Promise<ExitCode> {
  const planned = plannedTimes(script, minutes);
  const rows = script.chapters.map((chapter, at) => ({
    chapter,
    number: numberOf(script, at),
    count: countOf(script, at),
    plannedMs: planned[at] ?? 0,
  }));
  for (const line of tableLines(CHAPTERS, rows, io.out.columns(), paint)) await io.out.line(line);
  return EXIT.done;
}

/** What the options make of a tour. @throws CommandFailure where there is no such chapter */
function tourPlan(script: Script, options: DemoOptions, ownServer: boolean): TourPlan {
  const from = options.from === null ? 0 : chapterNumbered(script, options.from);
  if (from === undefined) throw usageFailure(`there is no chapter ${options.from}; --list has them`);
  return {
    script,
    minutes: options.minutes,
    from,
    auto: options.auto,
    ownServer,
    loop: options.loop,
    recording: options.record !== null,
  };
}

/** Plays a script: on the console where there is a terminal that it can be drawn on and somebody who looks, else as plain text. */
async function play(context: Context, script: Script, options: DemoOptions): Promise<ExitCode> {
  const { settings, io } = context;
  const user = settings.value('user');
  const remote = settings.given('server')?.value;
  const onTerminal =
    io.out.isTerminal && refuseTerminal(process, io.env.TERM) === undefined && !wantsScreenReader(context);
  const slow = settings.value('slow') ?? (onTerminal && !options.fast);
  const listen = listenAddress(settings).label;
  const logOut = onTerminal ? new LogFile(join(stateDirectory(io.env), 'demo-server.log')) : null;
  const folder = new TourFolder();
  const server = new TourServer({ settings, listen, slow, faults: faultsOf(script), logOut, folder });
  if (remote !== undefined) await requireHarmless(remote.label, { user });
  const parts = { user, folder };
  const host = remote === undefined ? ownHost(server, parts) : remoteHost(remote.label, parts);
  const plan = tourPlan(script, options, remote === undefined);
  if (options.loop && (!onTerminal || remote !== undefined)) {
    throw usageFailure('--loop is for a terminal and a server of its own: it starts the server anew each time');
  }
  if (options.record !== null && !onTerminal) {
    throw usageFailure('--record records a screen, and there is none: start it on a terminal');
  }
  // The transcript presses for itself, because what it tells has to be written before it goes on.
  const director = new Director(onTerminal ? plan : { ...plan, auto: null }, host, systemClock);
  try {
    if (!onTerminal) {
      const code = await tellAsText(context, director, options);
      if (options.rehearse) await keepRehearsal(context, director.moment);
      return code;
    }
    const exit = await playOnConsole({
      context,
      director,
      address: remote?.label ?? listen,
      slow,
      notesListen: options.notesListen,
      record: options.record,
    });
    if (exit.kind === 'open-failed') throw exit.error;
    if (options.rehearse && exit.kind === 'quit') await keepRehearsal(context, director.moment);
    return exit.code as ExitCode;
  } finally {
    context.close();
    await director.close();
    await server.stop();
    folder.remove();
  }
}

async function tellAsText(context: Context, director: Director, options: DemoOptions): Promise<ExitCode> {
  const { settings, io, paint } = context;
  const interrupt = catchInterrupt();
  try {
    const transcript = new Transcript({
      director,
      io,
      paint,
      pace: options.auto ?? { kind: 'fixed', ms: 0 },
      connect: (address) => connect({ address: parseAddress(address), user: settings.value('user') }),
      signal: interrupt.signal,
    });
    return (await transcript.play()) ? EXIT.done : EXIT.failed;
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    throw error;
  } finally {
    interrupt.dispose();
  }
}
