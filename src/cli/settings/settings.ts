import { z } from 'zod';
import { DEFAULT_ADDRESS, parseAddress } from '../../client/address.ts';
import type { AdmissionLimit } from '../../core/domain/admission.ts';
import { MAX_LIMITS, parseLimit } from '../../core/domain/admission.ts';
import { DEFAULT_KEEP } from '../../server/config.ts';
import { LOG_LEVELS } from '../../server/log-ring.ts';
import { THEME_NAMES } from '../../tui/theme/theme.ts';
import { keep, keepText } from './keep.ts';
import { parseStore } from './store-location.ts';

/** How a command's answer is written. */
const OUTPUT_FORMS = ['table', 'json', 'yaml', 'name'] as const;

/** One thing that can be said by a flag, an environment variable or the configuration file. */
export interface Setting<T = unknown> {
  /** As commander reads it. */
  readonly flags: string;
  readonly help: string;
  /** What the configuration file says of it, where the flag says the opposite; `help` if not given. */
  readonly about?: string;
  /** Reads what was given: text, or what YAML makes of it. Its message goes on behind `--flag` or `line 3: key`. */
  readonly schema: z.ZodType<T>;
  /** The flag may be given several times; the file has a list, the variable a line for each. */
  readonly repeats?: true;
}

const address = z.string('must be HOST:PORT or unix:PATH').transform((text, context) => {
  try {
    return parseAddress(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as RangeError).message });
    return z.NEVER;
  }
});

const port = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], 'must be a port, 0 to 65535')
  .pipe(
    z
      .number()
      .int('must be a port, 0 to 65535')
      .min(0, 'must be a port, 0 to 65535')
      .max(65_535, 'must be a port, 0 to 65535'),
  );

const yes = z.union(
  [z.boolean(), z.stringbool({ truthy: ['true', 'yes', 'on', '1'], falsy: ['false', 'no', 'off', '0'] })],
  'must be true or false',
);

const number = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^\d+(\.\d+)?$/)
      .transform(Number),
  ],
  'must be a number',
);

const STORE_FORMS = 'must be memory, sqlite:PATH or postgres://…';

const store = z.string(STORE_FORMS).transform((text, context) => {
  const location = parseStore(text);
  if (location !== null) return location;
  context.addIssue({ code: 'custom', message: STORE_FORMS });
  return z.NEVER;
});

/** The path of a file. */
const file = z.string('must be the path of a file').min(1, 'must be the path of a file');

/** The longest name that a server takes for its caller, and its letters. */
const user = z
  .string('must be a name')
  .regex(/^[A-Za-z0-9._@+\\:/-]{1,64}$/, 'may hold letters, digits and . _ @ + - \\ : / alone, at most 64 of them');

function oneOf<const W extends readonly string[]>(words: W) {
  return z.enum(words, `must be ${words.slice(0, -1).join(', ')}${words.length > 1 ? ' or ' : ''}${words.at(-1)}`);
}

/** A number of things, from 1 to `max`. */
function countUpTo(max: number) {
  const message = `must be a whole number from 1 to ${max}`;
  return number.pipe(z.number().int(message).min(1, message).max(max, message));
}

const LIMIT_FORMS = 'must be rack=N, cluster=N or provider=N, as rack:r1=N for one of them, or none';

/** Limits of runs under way; `none`, alone, is no limit at all. */
const limits = z
  .union([z.string().transform((text) => text.split('\n')), z.array(z.string())], LIMIT_FORMS)
  .transform((texts, context): readonly AdmissionLimit[] => {
    if (texts.length === 1 && texts[0]?.trim() === 'none') return [];
    const read = texts.map((text) => ({ text, limit: parseLimit(text.trim()) }));
    for (const { text } of read.filter(({ limit }) => limit === null)) {
      context.addIssue({ code: 'custom', message: `${LIMIT_FORMS}, and is "${text}"` });
    }
    const known = read.flatMap(({ limit }) => limit ?? []);
    const twice = known.find(
      (one, at) => known.findIndex(({ kind, name }) => kind === one.kind && name === one.name) < at,
    );
    if (twice !== undefined) context.addIssue({ code: 'custom', message: `says ${twice.kind} ${twice.name} twice` });
    if (known.length > MAX_LIMITS) context.addIssue({ code: 'custom', message: `has more than ${MAX_LIMITS} limits` });
    return known;
  });

/** All settings under the key of the configuration file; the variable of `max-runs` is BMDEMO_MAX_RUNS. */
export const SETTINGS = {
  server: {
    flags: '--server <HOST:PORT>',
    help: `the server to speak to, or unix:PATH (default ${DEFAULT_ADDRESS})`,
    schema: address,
  },
  user: { flags: '--user <NAME>', help: 'who you are for the server (default: your login name)', schema: user },
  output: {
    flags: '-o, --output <FORM>',
    help: 'table for people; json, yaml or name for programs (default table)',
    schema: oneOf(OUTPUT_FORMS),
  },
  color: {
    flags: '--no-color',
    help: 'no colours, as with NO_COLOR in the environment',
    about: 'colours on a terminal; false: none, as with NO_COLOR in the environment',
    schema: yes,
  },
  verbose: { flags: '-v, --verbose', help: 'say more about what goes wrong', schema: yes },
  theme: {
    flags: '--theme <NAME>',
    help: `the console's colours: ${THEME_NAMES.join(', ')}`,
    schema: oneOf(THEME_NAMES),
  },
  'screen-reader': {
    flags: '--screen-reader',
    help: 'a console for who listens: no full screen, nothing that moves, what changes said in lines (as INK_SCREEN_READER=true)',
    schema: yes,
  },
  'read-only': { flags: '--read-only', help: 'a console that can change nothing', schema: yes },
  listen: {
    flags: '--listen <HOST:PORT>',
    help: `where the server listens, or unix:PATH (default ${DEFAULT_ADDRESS}; port 0 picks a free one)`,
    schema: address,
  },
  port: { flags: '--port <N>', help: 'short for --listen with the default host', schema: port },
  store: {
    flags: '--store <STORE>',
    help: 'where state is kept: sqlite:PATH, postgres://…, or memory, gone when the server ends (default: a file of yours)',
    schema: store,
  },
  lease: {
    flags: '--lease <SECONDS>',
    help: 'how long a server may be silent before others that share the store take its runs (default 5)',
    schema: number.pipe(z.number().min(1, 'must be 1 to 600 seconds').max(600, 'must be 1 to 600 seconds')),
  },
  provider: {
    flags: '--provider <NAME>',
    help: 'what reaches the hardware: fake, which plays it and touches none (default fake)',
    schema: oneOf(['fake']),
  },
  slow: { flags: '--slow', help: 'the fake provider takes ten times as long, for who watches', schema: yes },
  speed: {
    flags: '--speed <N>',
    help: 'the fake provider is N times as fast (default 1)',
    schema: number.pipe(
      z.number().min(0.01, 'must be a number from 0.01 to 1000').max(1_000, 'must be a number from 0.01 to 1000'),
    ),
  },
  faults: {
    flags: '--faults <FILE>',
    help: 'what the fake provider is to do wrong, and when (YAML)',
    schema: file,
  },
  fault: {
    flags: '--fault <FAULT>',
    help: 'one such fault: MACHINE/STEP=FAULT[:ATTEMPTS][@STAGE]; may be given several times',
    schema: z.union([z.string().transform((text) => text.split('\n')), z.array(z.string())], 'must be faults, as text'),
    repeats: true,
  },
  seed: {
    flags: '--seed <N>',
    help: 'the same seed gives the same random choices',
    schema: number.pipe(
      z
        .number()
        .int('must be a whole number, at most 2147483647')
        .max(2_147_483_647, 'must be a whole number, at most 2147483647'),
    ),
  },
  'fake-world': {
    flags: '--fake-world <FILE>',
    help: "keep the fake provider's hardware in a file, which outlives the server (default: in memory)",
    schema: file,
  },
  plans: {
    flags: '--plans <DIR>',
    help: 'plans of your own, a YAML file each; one that has changed is a new version (docs/plans.md)',
    schema: z.string('must be the path of a folder').min(1, 'must be the path of a folder'),
  },
  'max-runs': {
    flags: '--max-runs <N>',
    help: 'how many runs the server carries out at once (default 1000)',
    schema: countUpTo(100_000),
  },
  limit: {
    flags: '--limit <SCOPE=N>',
    help:
      'how many runs may be under way: rack=20 in each rack, rack:r1=5 in that one, likewise cluster and provider; none lifts ' +
      'all limits; may be given several times, and holds for every server of the store',
    schema: limits,
    repeats: true,
  },
  'keep-events': {
    flags: '--keep-events <KEEP>',
    help: `how much of the audit trail is kept, by age and number (default ${keepText(DEFAULT_KEEP.events)})`,
    schema: keep,
  },
  'keep-logs': {
    flags: '--keep-logs <KEEP>',
    help: `of how many finished runs the log is kept (default ${keepText(DEFAULT_KEEP.logs)})`,
    schema: keep,
  },
  'keep-runs': {
    flags: '--keep-runs <KEEP>',
    help: `how many finished runs are kept (default ${keepText(DEFAULT_KEEP.runs)})`,
    schema: keep,
  },
  'log-level': {
    flags: '--log-level <LEVEL>',
    help: `how much the log says: ${LOG_LEVELS.join(', ')} (default info)`,
    schema: oneOf(LOG_LEVELS),
  },
  'log-format': { flags: '--log-format <FORM>', help: 'text or json (default text)', schema: oneOf(['text', 'json']) },
} as const satisfies Record<string, Setting>;

/** The key of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** What a setting says once it is read. */
export type SettingValue<N extends SettingName> = z.output<(typeof SETTINGS)[N]['schema']>;

/** What every command understands. */
export const COMMON_SETTINGS = ['color', 'verbose'] as const satisfies readonly SettingName[];

/** What commands understand that speak to a server. */
export const CLIENT_SETTINGS = [
  'server',
  'user',
  'output',
  ...COMMON_SETTINGS,
] as const satisfies readonly SettingName[];

/** Where a server listens: no matter of what it does. */
export const LISTEN_SETTINGS = ['listen', 'port'] as const satisfies readonly SettingName[];

/** What a server does; a server that runs already has its own mind about these. */
export const SERVER_SETTINGS = [
  'store',
  'lease',
  'provider',
  'slow',
  'speed',
  'faults',
  'fault',
  'seed',
  'fake-world',
  'plans',
  'max-runs',
  'limit',
  'keep-events',
  'keep-logs',
  'keep-runs',
  'log-level',
  'log-format',
] as const satisfies readonly SettingName[];

/** The environment variable of a setting. */
export function variableOf(name: SettingName): string {
  return `BMDEMO_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** How a setting's flag is written: `--max-runs`. */
export function flagOf(name: SettingName): string {
  return /--[a-z-]+/.exec(SETTINGS[name].flags)?.[0] ?? `--${name}`;
}
