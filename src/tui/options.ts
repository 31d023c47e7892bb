import type { ConsoleBackend } from './backend.ts';
import type { Keymap } from './keys/keymap.ts';
import type { ScreenStream, ScreenTap } from './terminal/output.ts';
import type { ThemeName } from './theme/theme.ts';
import type { ConsoleGuest } from './tour/guest.ts';

/** The way to a server, once it is open. */
export interface OpenedServer {
  readonly backend: ConsoleBackend;
  /** The server's address, as people write it. */
  readonly label: string;
}

/** The terminal that a console is drawn on and typed into. */
export interface ConsoleStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: ScreenStream;
  /** Gets one message after a crash, when the screen is back. */
  readonly stderr: { write(text: string): boolean };
}

/** How to run a console. */
export interface ConsoleOptions {
  /**
   * Opens the way to the server, and starts it first where it runs in this process. Called when the console has been
   * drawn. Where it rejects, the console ends with `open-failed`. Who gives it closes it again, after the console's end.
   */
  readonly open: (signal: AbortSignal) => Promise<OpenedServer>;
  /** The server's address as far as it is known before. */
  readonly label: string;
  /** True: the server runs in another process, and its runs go on without this console. */
  readonly attached: boolean;
  /** Nothing can be changed from this console. */
  readonly readOnly?: boolean | undefined;
  /** For somebody who listens: no full screen and nothing that moves, but what changes said in lines. */
  readonly screenReader?: boolean | undefined;
  /** What made it read-only, as people write it; `--read-only` if not given. */
  readonly readOnlyBy?: string | undefined;
  /** The keys that somebody has given to actions; every action has its own if not given. */
  readonly keymap?: Keymap | undefined;
  /** `dark` if not given. */
  readonly theme?: ThemeName | undefined;
  /** Where crash files go. */
  readonly stateDirectory: string;
  /** Who uses the console as a stage; nobody if not given. */
  readonly guest?: ConsoleGuest | undefined;
  /** Also gets what is drawn; nobody if not given. */
  readonly tap?: ScreenTap | undefined;
  /** The process's own if not given. */
  readonly streams?: ConsoleStreams | undefined;
}

/** How a console ended, and the exit code for it. The terminal is as it was before. */
export type ConsoleExit =
  | { readonly kind: 'quit'; readonly code: 0 }
  /** There is no terminal to draw on; the message is on stderr. */
  | { readonly kind: 'no-terminal'; readonly code: 2 }
  /** The server could not be started or reached for a reason that waiting does not mend; nothing was said yet. */
  | { readonly kind: 'open-failed'; readonly code: 1; readonly error: unknown }
  | { readonly kind: 'signal'; readonly code: number; readonly signal: NodeJS.Signals }
  /** It failed; the message is on stderr and names the crash file. */
  | { readonly kind: 'crash'; readonly code: 1; readonly crashFile: string | undefined };
