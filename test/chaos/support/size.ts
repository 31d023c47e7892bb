/** How large the storms are: a few and small with `npm test`, as large as BMDEMO_CHAOS says otherwise. */
export interface Size {
  /** Runs that are under way at once, each on a machine of its own. */
  readonly runs: number;
  readonly kills: number;
  /** How many logs are followed. */
  readonly logs: number;
  /** The fake provider is so many times as fast. */
  readonly speed: number;
  readonly seed: number;
  /** On which sides of each fault point a server dies. */
  readonly sides: readonly ('before' | 'after')[];
  /** The stores that fault points are tried with. */
  readonly stores: readonly ('SQLite' | 'PostgreSQL')[];
  readonly timeoutMs: number;
}

/** Half a size where it is a small one: two servers and a PostgreSQL share the processor with the test. */
export function shared(size: Size): Size {
  const isSmall = size.runs <= 100;
  return isSmall ? { ...size, runs: Math.ceil(size.runs / 2), kills: Math.min(2, size.kills) } : size;
}

/** The size that this process was asked for: BMDEMO_CHAOS=RUNSxKILLS, with BMDEMO_CHAOS_SEED to see the same again. */
export const SIZE: Size = sizeIn(process.env);

function sizeIn({ BMDEMO_CHAOS: text, BMDEMO_CHAOS_SEED: seed }: NodeJS.ProcessEnv): Size {
  if (text === undefined || text === '') {
    return {
      runs: 100,
      kills: 3,
      logs: 30,
      speed: 2,
      seed: Number(seed ?? 1),
      sides: ['after'],
      stores: ['SQLite'],
      timeoutMs: 120_000,
    };
  }
  const match = /^(\d+)x(\d+)$/.exec(text);
  if (match === null) throw new Error(`BMDEMO_CHAOS is "${text}", and not RUNSxKILLS, such as 1000x50`);
  return {
    runs: Number(match[1]),
    kills: Number(match[2]),
    logs: 200,
    speed: 1,
    seed: Number(seed ?? Date.now() % 1_000_000),
    sides: ['before', 'after'],
    stores: ['SQLite', 'PostgreSQL'],
    timeoutMs: 3_600_000,
  };
}
