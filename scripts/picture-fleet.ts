import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoMachine } from '../src/cli/demo-machines.ts';
import { parseAddress } from '../src/client/address.ts';
import type { Client } from '../src/client/client.ts';
import { connect } from '../src/client/client.ts';
import { Run_Phase } from '../src/wire/gen/baremetal/v1/run_pb.ts';
import { ServerProcess } from '../test/chaos/support/server-process.ts';

/** What is to go wrong, so that there is something to be seen, and so that it stays as it is. */
const FAULTS = [
  {
    machine: 'machine-1',
    step: 'repave-image',
    fault: 'fail',
    attempts: '1',
    at: '3/6',
    message: 'layer 3 of 6 has another digest',
  },
  { machine: 'machine-1', step: 'repave-image', fault: 'hang', at: '5/6' },
  { machine: 'machine-2', step: 'restart', fault: 'fail', attempts: 1, message: 'the BMC does not answer' },
  { machine: 'machine-3', step: 'verify-in-cluster', fault: 'fail', terminal: true, message: 'node is NotReady' },
  { machine: 'machine-7', step: 'reboot', fault: 'hang', at: '2/3' },
  { machine: 'machine-8', step: 'repave-image', fault: 'ignore-abort' },
];

/** A plan whose back-off is longer than any look at it. */
const PATIENT = {
  planId: 'plan/patient',
  displayName: 'Restart, patiently',
  steps: [
    {
      name: 'restart',
      kind: { case: 'reboot' as const, value: {} },
      maxRetries: 2,
      retry: { initial: { seconds: 1_800n }, cap: { seconds: 1_800n }, jitter: false },
    },
  ],
};

/** A server whose machines are in every state there is, behind a line that can be cut. */
export class PictureFleet {
  readonly #server: ServerProcess;
  readonly #folder: string;
  readonly #line: Line;
  readonly client: Client;

  private constructor(server: ServerProcess, folder: string, line: Line, client: Client) {
    this.#server = server;
    this.#folder = folder;
    this.#line = line;
    this.client = client;
  }

  /** Where consoles find it. */
  get address(): string {
    return this.#line.address;
  }

  /** @param strange whether there are machines as well whose names take more room than others */
  static async start(strange: boolean): Promise<PictureFleet> {
    const folder = await mkdtemp(join(tmpdir(), 'bmdemo-pictures-'));
    const faults = join(folder, 'faults.yaml');
    await writeFile(faults, JSON.stringify({ faults: FAULTS }));
    const server = new ServerProcess([
      '--port',
      '0',
      '--store',
      `sqlite:${join(folder, 'store.db')}`,
      '--faults',
      faults,
    ]);
    const address = await server.listening();
    if (address === null) throw new Error(`the server does not start: ${server.notes.join('\n')}`);
    const fleet = new PictureFleet(
      server,
      folder,
      await Line.to(address),
      connect({ address: parseAddress(address), user: 'lin' }),
    );
    await fleet.#live(strange);
    return fleet;
  }

  /** Nobody comes through any more. */
  cut(): void {
    this.#line.cut();
  }

  /** Everybody comes through again. */
  mend(): void {
    this.#line.mend();
  }

  async close(): Promise<void> {
    this.client.close();
    this.#line.close();
    await this.#server.kill();
    await rm(this.#folder, { recursive: true });
  }

  /** Brings every machine where it is to be seen. */
  async #live(strange: boolean): Promise<void> {
    const { machines, plans, runs } = this.client;
    for (let n = 1; n <= 12; n += 1) await machines.registerMachine({ machine: demoMachine(n) });
    if (strange) {
      const spec = { provider: 'fake', targetCluster: { clusterId: 'prod-a', kubeconfigSecretRef: '' } };
      await machines.registerMachine({ machine: { machineId: 'rack-tokyo-1', spec: { ...spec, rack: '東京-第七' } } });
      await machines.registerMachine({ machine: { machineId: 'rack-seoul-1', spec: { ...spec, rack: '서울 2' } } });
      await machines.registerMachine({
        machine: {
          machineId: 'storage-node-with-a-long-name',
          spec: { ...spec, rack: 'r-17-left-behind-the-pillar' },
        },
      });
    }
    await plans.createPlan({
      requestId: 'patient',
      reason: 'for machines whose BMC sleeps',
      source: { form: { case: 'plan', value: PATIENT } },
    });
    const well = [4, 5, 6].map((n) => this.#ended(`machine-${n}`, 'plan/repave-join'));
    const reason = 'memory errors on channel B';
    await Promise.all([
      ...well,
      this.#ended('machine-3', 'plan/repave-join'),
      this.#ended('machine-9', 'plan/rma', { reason }),
    ]);
    await machines.enterMaintenance({ machineId: 'machine-11', requestId: 'fan', reason: 'a fan is loud' });
    const held = await this.#begun('machine-8', 'plan/repave-join');
    await this.#at('machine-8', 'repave-image');
    await runs.cancelRun({ runId: held, reason: 'wrong machine' });
    await this.#begun('machine-2', 'plan/patient');
    await this.#begun('machine-7', 'plan/reboot');
    await this.#begun('machine-1', 'plan/repave-join');
    await this.#hangs('machine-1');
    await this.#hangs('machine-7');
  }

  async #begun(machineId: string, planId: string, params: Record<string, string> = {}): Promise<string> {
    const { runId } = await this.client.runs.startRun({ machineId, planId, params, requestId: machineId });
    return runId;
  }

  async #ended(machineId: string, planId: string, params?: Record<string, string>): Promise<void> {
    const runId = await this.#begun(machineId, planId, params);
    for await (const { snapshot } of this.client.watchRuns({ filter: `run_id=${runId}` })) {
      const phase = snapshot?.phase ?? Run_Phase.PENDING;
      if (phase !== Run_Phase.PENDING && phase !== Run_Phase.RUNNING) return;
    }
  }

  /** Resolves when its run has come to where it hangs: a third of the way, or more. */
  async #hangs(machineId: string): Promise<void> {
    for await (const { snapshot } of this.client.watchRuns({ filter: `machine_id=${machineId}` })) {
      const { progress, retryCount = 0 } = snapshot?.steps.find(({ name }) => name === snapshot.currentStep) ?? {};
      if ((progress?.current ?? 0) > 0 && (machineId !== 'machine-1' || retryCount > 0)) return;
    }
  }

  async #at(machineId: string, step: string): Promise<void> {
    for await (const { snapshot } of this.client.watchRuns({ filter: `machine_id=${machineId}` })) {
      if (snapshot?.currentStep === step) return;
    }
  }
}

/** A port that leads to another one, until it is cut. */
class Line {
  readonly #server = createServer((near) => this.#join(near));
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #isCut = false;

  static async to(address: string): Promise<Line> {
    const line = new Line();
    line.#port = Number(address.split(':').at(-1));
    await new Promise<void>((resolve) => line.#server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket): void {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = dial(this.#port, '127.0.0.1');
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  }
}
