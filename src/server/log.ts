import type { Writable } from 'node:stream';
import type { Logger } from 'pino';
import { pino } from 'pino';
import { formatText, withoutPasswords } from './log-format.ts';
import type { LogLevel, ServerLogLine } from './log-ring.ts';
import { LOG_LEVELS, LogRing } from './log-ring.ts';

/** Where the log goes, and how much of it. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  /** Null: to the ring alone. */
  readonly out: Writable | null;
}

/** The server's log: a pino logger, and the last lines of what it wrote. */
export interface ServerLog {
  readonly logger: Logger;
  readonly ring: LogRing;
}

/** So many lines are kept for who looks at the log while the server runs. */
export const RING_LINES = 2_000;
/** Bytes that may wait in an output that is not read; lines past it are dropped, and counted. */
const MAX_WAITING_BYTES = 1024 * 1024;

const SECRETS = ['password', 'passwd', 'token', 'secret', 'authorization', 'cookie', 'credentials', 'privateKey'];

/** Makes the server's log. Secrets are taken out before a line reaches the output or the ring. */
export function createServerLog(config: LogConfig): ServerLog {
  const ring = new LogRing(RING_LINES);
  const inFormat = (json: string) => (config.format === 'json' ? json : formatText(lineOf(json)));
  const write = config.out === null ? null : boundedWriter(config.out, inFormat);
  const destination = {
    write(json: string) {
      const clean = withoutPasswords(json);
      ring.push(lineOf(clean));
      write?.(clean);
    },
  };
  const logger = pino(
    {
      level: config.level,
      base: null,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
    },
    destination,
  );
  return { logger, ring };
}

/** Writes to a stream without ever waiting for it, and without gathering what it does not take. */
function boundedWriter(out: Writable, inFormat: (json: string) => string): (json: string) => void {
  let dropped = 0;
  if (!out.listeners('error').includes(goOn)) out.on('error', goOn);
  return (json) => {
    if (out.destroyed || out.writableLength > MAX_WAITING_BYTES) {
      dropped += 1;
      return;
    }
    if (dropped > 0) out.write(inFormat(noticeOf(dropped)));
    dropped = 0;
    out.write(inFormat(json));
  };
}

/** An output that breaks, such as a pipe whose reader has gone, is no reason to end. */
function goOn(): void {}

function noticeOf(dropped: number): string {
  const msg = 'lines of this log were dropped, because its output did not take them';
  return `${JSON.stringify({ level: 40, time: Date.now(), component: 'log', dropped, msg })}\n`;
}

function lineOf(json: string): ServerLogLine {
  const { level, time, msg, component, ...rest } = JSON.parse(json) as Record<string, unknown>;
  return {
    at: typeof time === 'number' ? time : 0,
    level: LOG_LEVELS[Math.floor(Number(level) / 10) - 1] ?? 'info',
    component: textOf(component),
    message: textOf(msg),
    fields: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, textOf(value)])),
  };
}

/** An error is told by its stack, which begins with its message. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  if ('stack' in value && typeof value.stack === 'string') return value.stack;
  return JSON.stringify(value);
}
