import type { Command } from 'commander';
import { parseAddress } from '../client/address.ts';
import { connect } from '../client/client.ts';
import { systemClock } from '../tour/clock.ts';
import { Director } from '../tour/director/director.ts';
import type { TourPlan } from '../tour/director/state.ts';
import { chapterNumbered, countOf, numberOf } from '../tour/director/state.ts';
import { plannedTimes, tellTime } from '../tour/director/timing.ts';
import type { ScreenSize } from '../tour/remote/service.ts';
import { formatScriptMistake } from '../tour/script/mistake.ts';
import { faultsOf } from '../tour/script/references.ts';
import type { Chapter, Script } from '../tour/script/script.ts';
import { wordsOf, wordsOfScript } from '../tour/script/words.ts';
import { formatCountdown } from '../tui/format/time.ts';
import { count } from '../tui/format/words.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { ownHost, remoteHost, requireHarmless } from './demo/host.ts';
import { readKeys } from './demo/keyboard.ts';
import type { DemoOptions, RawDemoOptions } from './demo/options.ts';
import { addDemoOptions, readDemoOptions, requireOneServer } from './demo/options.ts';
import type { Remotes } from './demo/remotes.ts';
import { takeRemotes } from './demo/remotes.ts';
import { readScriptFile, scriptToPlay } from './demo/script-file.ts';
import { TourServer } from './demo/tour-server.ts';
import { Transcript } from './demo/transcript.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { catchInterrupt, Interrupted } from './interrupt.ts';
import type { Output } from './output/io.ts';
import type { Column } from './output/table.ts';
import { tableLines } from './output/table.ts';
import { listenAddress } from './settings/resolve.ts';

/** `bmdemo demo [FILE]`: the guided tour. */
export function addDemoCommand(program: Command, ending: Ending): void {
  const command = program
    .command('demo [FILE]')
    .description('the guided tour: a talk of ten minutes on a live server, or your own walk in FILE')
    .addHelpText(
      'after',
      `
It tells the talk as text, with the commands that it carries out and what came of them. On a terminal
the presenter goes on with space, and the machines are slow enough to talk over; without a terminal it
plays by itself. The exit code says whether every chapter did what it says.

It starts a server of its own with nothing in it; where the port is taken it takes a free one. With
--server it shows one that is there already, whose providers are all fake and whose inventory is empty.

Keys: space next, r again, s skip, R a fresh server, number G to a chapter, number o a question, p pause,
q end.

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
      return playTranscript(context, script, options);
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
  return { script, minutes: options.minutes, from, auto: null, ownServer, recording: false };
}

/** Plays a script as plain text, with the presenter's keys where there is a terminal. */
async function playTranscript(context: Context, script: Script, options: DemoOptions): Promise<ExitCode> {
  const { settings, io, paint } = context;
  const user = settings.value('user');
  const remote = settings.given('server')?.value;
  const plan = tourPlan(script, options, remote === undefined);
  const isTerminal = io.inIsTerminal && io.out.isTerminal;
  const pace = options.auto ?? (isTerminal ? null : { kind: 'fixed' as const, ms: 0 });
  const interrupt = catchInterrupt();
  const server = new TourServer({
    settings,
    listen: listenAddress(settings).label,
    slow: settings.value('slow') ?? (isTerminal && !options.fast),
    faults: faultsOf(script),
    logOut: null,
  });
  if (remote !== undefined) await requireHarmless(remote.label, { user });
  const host = remote === undefined ? ownHost(server, { user }) : remoteHost(remote.label, { user });
  const director = new Director(plan, host, systemClock);
  const giveBack = pace === null ? readKeys(process.stdin, director, (text) => void context.note(text)) : () => {};
  let remotes: Remotes | null = null;
  try {
    if (isTerminal || options.notesListen !== null) {
      remotes = await takeRemotes(director, () => screenOf(io.out), options.notesListen, io.env);
      const where = remotes.address === '' ? '' : `, and takes others on ${remotes.address}`;
      await context.note(`\`bmdemo notes\` in another terminal shows what to say${where}`);
    }
    const transcript = new Transcript({
      director,
      io,
      paint,
      pace,
      connect: (address) => connect({ address: parseAddress(address), user }),
      signal: interrupt.signal,
    });
    const good = await transcript.play();
    if (pace === null) await context.note(timeText(director));
    return good ? EXIT.done : EXIT.failed;
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    throw error;
  } finally {
    giveBack();
    remotes?.close();
    interrupt.dispose();
    await director.close();
    await server.stop();
  }
}

/** How long the talk took, and how long it was to take. */
function timeText(director: Director): string {
  const { plan, state } = director.moment;
  const planned = plannedTimes(plan.script, plan.minutes);
  const told = tellTime(state.timing, planned, state.place.part, Date.now());
  return `the talk took ${formatCountdown(told.elapsed)}, and was planned for ${formatCountdown(told.planned)}`;
}

/** A terminal's size, as notes screens are told it; 0 where it is not known. */
function screenOf(out: Output): ScreenSize {
  const columns = out.columns();
  return { columns: Number.isFinite(columns) ? columns : 0, rows: process.stdout.rows ?? 0 };
}
