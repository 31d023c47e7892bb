import type { ServerLogEntry } from '../../wire/gen/baremetal/v1/server_service_pb.ts';
import { LogLevel } from '../../wire/gen/baremetal/v1/server_service_pb.ts';

const LEVELS: Readonly<Record<LogLevel, string>> = {
  [LogLevel.UNSPECIFIED]: '',
  [LogLevel.TRACE]: 'trace',
  [LogLevel.DEBUG]: 'debug',
  [LogLevel.INFO]: 'info',
  [LogLevel.WARN]: 'warn',
  [LogLevel.ERROR]: 'error',
  [LogLevel.FATAL]: 'fatal',
};
const LEVEL_CELLS = 5;

/** A line of the server's log as one text: how much it matters, which part says it, what, and what it names. */
export function serverLineText({ level, component, message, fields }: ServerLogEntry): string {
  const named = Object.entries(fields).map(
    ([name, value]) => `${name}=${/[\s="]/.test(value) ? JSON.stringify(value) : value}`,
  );
  return [(LEVELS[level] ?? '').padEnd(LEVEL_CELLS), component, message, ...named]
    .filter((part) => part !== '')
    .join('  ');
}

/** Whether a line says that something is not as it should be. */
export function isBad({ level }: ServerLogEntry): boolean {
  return level >= LogLevel.WARN;
}
