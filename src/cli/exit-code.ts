import type { ClientError } from '../client/client-error.ts';
import { Run_Phase } from '../wire/gen/baremetal/v1/run_pb.ts';

/** What the program's exit code says. */
export const EXIT = {
  /** It is done. */
  done: 0,
  /** A run FAILED, or a call failed. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The run was CANCELED. */
  canceled: 3,
  /** No server is there. */
  noServer: 4,
  /** The server refused: busy, intervention needed, RMA … */
  refused: 5,
  /** Ctrl-C ended it before its own end; a shell's number for that signal. */
  interrupted: 130,
  /** Nobody reads the output any more; a shell's number for that signal. */
  brokenPipe: 141,
} as const;

/** One of the codes that the program ends with. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The code that tells how a run ended. */
export function exitCodeOfRun(phase: Run_Phase): ExitCode {
  if (phase === Run_Phase.SUCCEEDED) return EXIT.done;
  return phase === Run_Phase.CANCELED ? EXIT.canceled : EXIT.failed;
}

const OF_CODES: Readonly<Record<string, ExitCode>> = {
  INVALID_ARGUMENT: EXIT.usage,
  FAILED_PRECONDITION: EXIT.refused,
  ALREADY_EXISTS: EXIT.refused,
  ABORTED: EXIT.refused,
  UNAVAILABLE: EXIT.noServer,
};

/** The code that tells why a call failed. */
export function exitCodeOfError(error: ClientError): ExitCode {
  // A server that says itself that it cannot is there.
  if (error.code === 'UNAVAILABLE' && error.reason !== '') return EXIT.failed;
  return OF_CODES[error.code] ?? EXIT.failed;
}

const MILD_TO_BAD: readonly ExitCode[] = [
  EXIT.done,
  EXIT.canceled,
  EXIT.refused,
  EXIT.usage,
  EXIT.failed,
  EXIT.noServer,
  EXIT.interrupted,
  EXIT.brokenPipe,
];

/** The worst of several: a run that failed is worse than one that was refused, and that worse than a canceled one. */
export function worstOf(codes: Iterable<ExitCode>): ExitCode {
  let worst: ExitCode = EXIT.done;
  for (const code of codes) if (MILD_TO_BAD.indexOf(code) > MILD_TO_BAD.indexOf(worst)) worst = code;
  return worst;
}
