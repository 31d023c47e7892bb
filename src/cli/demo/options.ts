import type { Command } from 'commander';
import { Option } from 'commander';
import type { Pace } from '../../tour/director/state.ts';
import type { RemoteTarget } from '../../tour/remote/listener.ts';
import { usageFailure } from '../failure.ts';
import type { Settings } from '../settings/resolve.ts';
import { addSettings } from '../settings/resolve.ts';
import type { SettingName } from '../settings/settings.ts';
import { flagOf, LISTEN_SETTINGS, SERVER_SETTINGS, SETTINGS } from '../settings/settings.ts';
import { CONSOLE_SETTINGS } from '../tui.ts';
import { readNotesListen } from './remotes.ts';

/** What a tour settles itself: a fresh store takes none of the hardware that an older one has fenced off. */
const NOT_FOR_TOURS: readonly SettingName[] = ['store', 'fake-world'];

const isForTours = (name: SettingName) => !NOT_FOR_TOURS.includes(name);

/** What the tour's own server can be told. */
const TOUR_SERVER_SETTINGS = SERVER_SETTINGS.filter(isForTours);

/** What `demo` understands beside its own options: what the console does. */
const DEMO_SETTINGS: readonly SettingName[] = CONSOLE_SETTINGS.filter(isForTours);

/** The options of `demo` itself, as commander gives them. */
export interface RawDemoOptions {
  readonly list?: boolean;
  readonly check?: boolean;
  readonly fast?: boolean;
  readonly auto?: string | true;
  readonly from?: string;
  readonly minutes?: string;
  readonly notesListen?: string;
  readonly rehearse?: boolean;
  readonly loop?: boolean;
  readonly record?: string;
  readonly force?: boolean;
  readonly idleLimit?: string;
  readonly store?: string;
  readonly fakeWorld?: string;
}

/** The same, read. */
export interface DemoOptions {
  readonly fast: boolean;
  /** Null: it does not play by itself. */
  readonly auto: Pace | null;
  /** The number of the chapter to begin with; null: the first. */
  readonly from: number | null;
  readonly minutes: number;
  /** The times of the chapters are written down. */
  readonly rehearse: boolean;
  /** It plays by itself, and begins again after its end. */
  readonly loop: boolean;
  /** The recording that is made of the audience's screen; null: none. */
  readonly record: { readonly file: string; readonly force: boolean; readonly idleLimitS: number } | null;
  /** Where notes screens are taken beside the user's socket; null: nowhere. */
  readonly notesListen: RemoteTarget | null;
}

/** Gives the command its options. */
export function addDemoOptions(command: Command): void {
  command
    .option('--list', 'the chapters, with their numbers and times')
    .option('--check', 'look through FILE, tell every mistake in it, and play nothing')
    .option('--from <N>', 'begin with chapter N; 0 is the opening')
    .option('--minutes <N>', 'how long the talk is to take: 10 or 15 (default 10)')
    .option('--auto [SECONDS]', 'plays by itself; a beat stays so long, or as long as it takes to say it')
    .option('--notes-listen <PORT>', 'takes notes screens on this port of the loopback as well')
    .option('--rehearse', 'writes down how long each chapter took, and compares it with the last times')
    .option('--loop', 'plays by itself, and begins again after its end: for a booth')
    .option('--record <FILE>', "records the audience's screen for asciinema, with the chapters as markers")
    .option('--idle-limit <SECONDS>', 'with --record, how long a pause is played at most (default 2)')
    .option('--force', 'with --record, write over a file that is there')
    .option('--fast', 'the usual timings, where a terminal would have the slow ones');
  // Hands that know `tui` and `serve` write them, and are told why they are not taken.
  for (const name of NOT_FOR_TOURS) command.addOption(new Option(SETTINGS[name].flags).hideHelp());
  addSettings(command, DEMO_SETTINGS);
}

/** Reads them. @throws CommandFailure that says which is wrong */
export function readDemoOptions(raw: RawDemoOptions): DemoOptions {
  const settled = raw.store === undefined ? (raw.fakeWorld === undefined ? null : 'fake-world') : 'store';
  if (settled !== null) {
    throw usageFailure(
      `${flagOf(settled)} is not for a talk, which begins with a fresh store and fresh hardware each time; --server shows a server that you have started with it`,
    );
  }
  const minutes = raw.minutes === undefined ? 10 : Number(raw.minutes);
  if (minutes !== 10 && minutes !== 15) throw usageFailure(`--minutes must be 10 or 15, and is "${raw.minutes}"`);
  if (raw.from !== undefined && !/^\d{1,2}$/.test(raw.from)) {
    throw usageFailure(`--from must be the number of a chapter, and is "${raw.from}"; --list has them`);
  }
  return {
    fast: raw.fast === true,
    auto: readPace(raw.auto ?? (raw.loop === true ? true : undefined)),
    from: raw.from === undefined ? null : Number(raw.from),
    minutes,
    rehearse: raw.rehearse === true,
    loop: raw.loop === true,
    record: readRecord(raw),
    notesListen: raw.notesListen === undefined ? null : readNotesListen(raw.notesListen),
  };
}

const DEFAULT_IDLE_LIMIT_S = 2;

function readRecord({ record, force = false, idleLimit, loop }: RawDemoOptions): DemoOptions['record'] {
  if (record === undefined) {
    if (force || idleLimit !== undefined) throw usageFailure('--force and --idle-limit go with --record');
    return null;
  }
  if (loop === true) throw usageFailure('--record and --loop do not go together: a recording has an end');
  const idleLimitS = idleLimit === undefined ? DEFAULT_IDLE_LIMIT_S : Number(idleLimit);
  if (!(idleLimitS > 0 && idleLimitS <= 3_600) || !/^[\d.]+$/.test(idleLimit ?? '2')) {
    throw usageFailure(`--idle-limit must be a number of seconds, at most 3600, and is "${idleLimit}"`);
  }
  return { file: record, force, idleLimitS };
}

function readPace(auto: RawDemoOptions['auto']): Pace | null {
  if (auto === undefined) return null;
  if (auto === true) return { kind: 'spoken' };
  const seconds = Number(auto);
  if (/^\d+(\.\d+)?$/.test(auto) && seconds <= 3_600) return { kind: 'fixed', ms: Math.round(seconds * 1_000) };
  throw usageFailure(`--auto must be a number of seconds, at most 3600, and is "${auto}"`);
}

/**
 * Makes sure that a server which is named is not also told what to be.
 *
 * @throws CommandFailure that names both
 */
export function requireOneServer(settings: Settings): void {
  const server = settings.given('server');
  if (server === undefined) return;
  for (const name of [...LISTEN_SETTINGS, ...TOUR_SERVER_SETTINGS]) {
    const given = settings.given(name);
    if (given === undefined || given.source === 'file') continue;
    throw usageFailure(
      `${server.label} and ${given.label} do not go together: ${flagOf('server')} names a server that runs, the other is for the tour's own`,
    );
  }
}
