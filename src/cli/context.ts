import type { Command } from 'commander';
import { DEFAULT_ADDRESS, parseAddress } from '../client/address.ts';
import type { Client, ConnectOptions } from '../client/client.ts';
import { connect } from '../client/client.ts';
import type { ClientError } from '../client/client-error.ts';
import { printable } from '../tui/format/printable.ts';
import type { ExitCode } from './exit-code.ts';
import { tellFailure } from './failure.ts';
import type { Io } from './output/io.ts';
import type { Paint } from './output/paint.ts';
import { paintFor } from './output/paint.ts';
import type { Settings } from './settings/resolve.ts';
import { readSettings } from './settings/resolve.ts';

/** What a command works with. */
export class Context {
  readonly io: Io;
  readonly settings: Settings;
  /** Colours what goes to stdout. */
  readonly paint: Paint;
  /** Colours what goes to stderr. */
  readonly paintErr: Paint;
  readonly #clients: Client[] = [];
  readonly #waitsTold = new Set<string>();

  constructor(io: Io, settings: Settings) {
    this.io = io;
    this.settings = settings;
    const color = settings.value('color');
    this.paint = paintFor(io.out, io, color);
    this.paintErr = paintFor(io.err, io, color);
  }

  /** How the answer is to be written. */
  get form() {
    return this.settings.value('output') ?? 'table';
  }

  /** A client of the server that the settings name; closed when the command ends. */
  client(options: Partial<ConnectOptions> = {}): Client {
    const address = this.settings.value('server') ?? parseAddress(DEFAULT_ADDRESS);
    // Who waits for its server for as long as it is open has its own way of saying so.
    const onWait = options.waitForServer === true ? undefined : (error: ClientError) => this.#tellWait(error.message);
    const client = connect({ address, user: this.settings.value('user'), onWait, ...options });
    this.#clients.push(client);
    return client;
  }

  /** Says why nothing comes at the moment, once for each reason. */
  #tellWait(reason: string): void {
    if (this.#waitsTold.has(reason)) return;
    this.#waitsTold.add(reason);
    void this.note(`${reason}; trying again`);
  }

  /** Tells people something that is no result: a line on stderr. */
  async note(text: string): Promise<void> {
    await this.io.err.line(this.paintErr('muted', printable(text)));
  }

  /** Closes the clients. */
  close(): void {
    for (const client of this.#clients.splice(0)) client.close();
  }
}

/** What a command does, given its operands and its own options. */
export type Handler<Operands extends readonly unknown[], Options> = (
  context: Context,
  operands: Operands,
  options: Options,
) => Promise<ExitCode>;

/** How a command hands its exit code on. */
export interface Ending {
  readonly io: Io;
  exit(code: ExitCode): void;
}

/**
 * Makes commander's action out of a handler: settings before it, the exit code and one sentence for a failure behind.
 *
 * @param manner `unread`: the configuration file is not looked at, for a command that is about the file itself
 */
export function action<Operands extends readonly unknown[], Options>(
  { io, exit }: Ending,
  handler: Handler<Operands, Options>,
  { unread = false }: { readonly unread?: boolean } = {},
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.at(-1) as Command;
    const options = args.at(-2) as Options;
    const operands = args.slice(0, -2) as unknown as Operands;
    let context: Context | null = null;
    try {
      context = new Context(io, readSettings(lineage(command), io.env, unread));
      exit(await handler(context, operands, options));
    } catch (error) {
      exit(await reportFailure(io, error, context));
    } finally {
      context?.close();
    }
  };
}

/** Says on stderr what failed, and answers the exit code that goes with it. */
export async function reportFailure(io: Io, error: unknown, context: Context | null): Promise<ExitCode> {
  const { exitCode, sentence, lines, details } = tellFailure(error);
  const paint = context?.paintErr ?? paintFor(io.err, io, undefined);
  await io.err.line(`${paint('error', 'error:')} ${sentence}`);
  for (const line of lines) await io.err.line(`  ${line}`);
  if (context?.settings.value('verbose') === true) {
    for (const detail of details) await io.err.line(paint('muted', `  ${detail}`));
  }
  return exitCode;
}

/** The command and those around it, the outermost first. */
function lineage(command: Command): Command[] {
  return command.parent === null ? [command] : [...lineage(command.parent), command];
}
