import type { Copied } from '../store/copied.ts';
import type { Dialog } from '../store/dialog.ts';

/** What actions do beside changing what is shown. */
export interface ConsoleEffects {
  /** Does what a dialog asks about; its outcome is a toast, or a notice in the dialog. */
  carryOut(dialog: Dialog): void;
  /** Asks the server what a dialog's run would do; the dialog then says so. */
  preview(dialog: Dialog): void;
  /** Skips the back-off that a run waits in; a toast tells what became of it. */
  retryNow(runId: string): void;
  /** Registers demo machines; a toast tells what became of it. */
  importDemoMachines(count: number): void;
  /** Asks about importing a file, once the server has said what that would do. */
  askToImport(file: string): void;
  /** Keeps a command line that was typed. */
  remember(line: string): void;
  /** Sends a text to the terminal's clipboard and to a file; a toast tells where it is. */
  copy(copied: Copied): void;
  /** Writes what the log shows to a file; a toast tells where it is. */
  saveLog(): void;
  /** A request id that nobody has used. */
  newRequestId(): string;
  /** Ends the console. */
  quit(): void;
  /** Gives the terminal back to the shell until the process is continued. */
  suspend(): void;
  /** Draws the whole screen anew. */
  redraw(): void;
}
