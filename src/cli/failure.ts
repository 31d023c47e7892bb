import { ClientError } from '../client/client-error.ts';
import { printable } from '../tui/format/printable.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, exitCodeOfError } from './exit-code.ts';

/** A command that cannot go on, and why: one sentence for people, and the program's exit code. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  /** What the sentence sums up, a line each. */
  readonly lines: readonly string[];

  constructor(message: string, exitCode: ExitCode = EXIT.failed, lines: readonly string[] = []) {
    super(message);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
    this.lines = lines;
  }
}

/** A command line that is wrong. */
export function usageFailure(message: string): CommandFailure {
  return new CommandFailure(message, EXIT.usage);
}

/** A failure as people are told it: the sentence with the lines that belong to it, and what `--verbose` adds, a line each. */
export interface ToldFailure {
  readonly exitCode: ExitCode;
  readonly sentence: string;
  readonly lines: readonly string[];
  readonly details: readonly string[];
}

/** Tells a failure: one sentence with the gRPC code where there is one, never a stack trace. */
export function tellFailure(error: unknown): ToldFailure {
  if (error instanceof ClientError) {
    const { message, code } = error;
    const sentence = `${clause(message)} (${code})`;
    return { exitCode: exitCodeOfError(error), sentence, lines: [], details: detailsOf(error) };
  }
  if (error instanceof CommandFailure) {
    const { exitCode, lines } = error;
    return { exitCode, sentence: clause(error.message), lines: lines.map(printable), details: [] };
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return {
    exitCode: EXIT.failed,
    sentence: `${clause(message)} (this is a fault of bmdemo's own)`,
    lines: [],
    // The place in the program, for a report; without the message, which is said already.
    details: (stack ?? '')
      .split('\n')
      .slice(1, 4)
      .map((line) => line.trim()),
  };
}

/** A sentence without its full stop, so that something in brackets may follow, and in the words of the command line. */
function clause(message: string): string {
  return inWordsOfCommands(printable(message).trim().replace(/\.$/, ''));
}

/** A sentence of the server's in the words of the command line, where it names a field that is an option here. */
export function inWordsOfCommands(message: string): string {
  return message
    .replaceAll('acknowledge_intervention', '--acknowledge')
    .replaceAll('acknowledge_cluster', '--acknowledge-cluster')
    .replaceAll('release_stuck', '`bmdemo resolve --release-stuck`');
}

function detailsOf({ method, address, reason, description }: ClientError): string[] {
  const { metadata, fieldViolations, preconditions, resource, retryAfterMs } = description;
  return [
    `call: ${method} at ${address}`,
    ...(reason === '' ? [`transport: ${description.message}`] : [`reason: ${reason}`]),
    ...Object.entries(metadata).map(([key, value]) => `${key}: ${value}`),
    ...fieldViolations.map((violation) => `field ${violation.field}: ${violation.description}`),
    ...preconditions.map(({ type, subject, description: text }) => `${type} ${subject}: ${text}`),
    ...(resource === null ? [] : [`${resource.type}: ${resource.name}`]),
    ...(retryAfterMs === null ? [] : [`retry after: ${retryAfterMs} ms`]),
  ].map(printable);
}
