import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { parseAddress } from '../../src/client/address.ts';
import type { Client } from '../../src/client/client.ts';
import { connect } from '../../src/client/client.ts';
import type { MachineSpecSchema } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { Run_Phase } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { ServerProcess } from '../chaos/support/server-process.ts';
import type { PtyOptions, PtyTerminal } from '../support/pty-terminal.ts';
import { startOnTerminal } from './console-terminal.ts';

/** What a machine is registered with. */
type Spec = Exclude<MessageInitShape<typeof MachineSpecSchema>, { $typeName: string }>;

/** How a server for consoles is started. */
interface Serving {
  /** What is to go wrong, as in a fault script. */
  readonly faults?: readonly Readonly<Record<string, unknown>>[];
  readonly options?: readonly string[];
}

/** A server in a process of its own that many consoles attach to, and somebody who works on it beside them. */
export class ConsoleServer {
  readonly #folder: string;
  readonly #options: readonly string[];
  #process: ServerProcess;
  readonly address: string;
  readonly client: Client;

  private constructor(folder: string, options: readonly string[], process: ServerProcess, address: string) {
    this.#folder = folder;
    this.#options = options;
    this.#process = process;
    this.address = address;
    this.client = connect({ address: parseAddress(address), user: 'lin', waitForServer: true });
  }

  /** Starts one with a SQLite store of its own; resolves when it listens. */
  static async start({ faults = [], options = [] }: Serving = {}): Promise<ConsoleServer> {
    const folder = await mkdtemp(join(tmpdir(), 'bmdemo-console-'));
    const script = join(folder, 'faults.yaml');
    await writeFile(script, JSON.stringify({ faults }));
    const all = ['--store', `sqlite:${join(folder, 'store.db')}`, '--faults', script, ...options];
    const process = new ServerProcess(['--port', '0', ...all]);
    const address = await process.listening();
    if (address === null) throw new Error(`the server does not start: ${process.notes.join('\n')}`);
    return new ConsoleServer(folder, all, process, address);
  }

  /** Ends it as a crash would. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  /** Starts it again where it was, on the same store. */
  async startAgain(): Promise<void> {
    this.#process = new ServerProcess(['--listen', this.address, ...this.#options]);
    await this.#process.listening();
  }

  /** Ends it and takes its files away. */
  async close(): Promise<void> {
    this.client.close();
    await this.#process.kill();
    await rm(this.#folder, { recursive: true });
  }

  /** Registers machines of the fake provider. */
  async register(...ids: readonly string[]): Promise<void> {
    for (const machineId of ids) await this.registerAs(machineId, {});
  }

  /** Registers a machine that differs from others in some way. */
  async registerAs(machineId: string, spec: Spec): Promise<void> {
    await this.client.machines.registerMachine({
      machine: { machineId, spec: { provider: 'fake', rack: 'r1', targetCluster: { clusterId: 'prod-a' }, ...spec } },
    });
  }

  /** Starts a run of a built-in plan, or of another one, and tells its id. */
  async startRun(machineId: string, planId = 'plan/repave-join'): Promise<string> {
    const { runId } = await this.client.runs.startRun({ machineId, planId, requestId: `${machineId} ${planId}` });
    return runId;
  }

  /** Carries a run out to its end. */
  async carryOut(machineId: string, planId?: string): Promise<void> {
    const runId = await this.startRun(machineId, planId);
    for await (const { snapshot } of this.client.watchRuns({ filter: `run_id=${runId}` })) {
      const phase = snapshot?.phase ?? Run_Phase.RUN_PHASE_UNSPECIFIED;
      if (phase !== Run_Phase.PENDING && phase !== Run_Phase.RUNNING) return;
    }
  }

  /** Opens a console on it that has its machines. */
  async console(args: readonly string[] = [], options?: PtyOptions): Promise<PtyTerminal> {
    const terminal = await startOnTerminal(['tui', '--server', this.address, ...args], options);
    await terminal.until(/ ▸ Machines \d/);
    return terminal;
  }

  /** Opens a console with the cursor on a machine. */
  async consoleOn(machineId: string, args?: readonly string[], options?: PtyOptions): Promise<PtyTerminal> {
    const terminal = await this.console(args, options);
    await goTo(terminal, machineId);
    return terminal;
  }
}

/** Puts the cursor of a console on a machine, by its filter. */
async function goTo(terminal: PtyTerminal, machineId: string): Promise<void> {
  terminal.press(`/${machineId}\r`);
  await terminal.until(new RegExp(`Machines 1 of .*/${machineId} .*\n.*\n│ > {2}${machineId} `));
}
