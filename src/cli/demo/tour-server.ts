import type { Writable } from 'node:stream';
import { systemClock } from '../../server/clock.ts';
import type { ServerConfig, StoreConfig } from '../../server/config.ts';
import { createServerLog } from '../../server/log.ts';
import type { Fault, FaultScript } from '../../server/providers/fake/faults/fault.ts';
import { parseFaultFlag } from '../../server/providers/fake/faults/flag.ts';
import { formatFaultMistake } from '../../server/providers/fake/faults/mistake.ts';
import { createMemoryWorld } from '../../server/providers/fake/world/memory.ts';
import type { FakeWorld } from '../../server/providers/fake/world/world.ts';
import { createProviderRegistry } from '../../server/providers/registry.ts';
import type { Server, Started, Stopped } from '../../server/server.ts';
import { createServer } from '../../server/server.ts';
import { openStore } from '../../server/stores/open.ts';
import type { KeptIn } from '../../tour/host.ts';
import { CommandFailure } from '../failure.ts';
import { serverConfig } from '../server-config.ts';
import type { Settings } from '../settings/resolve.ts';
import type { TourFolder } from './folder.ts';
import type { HurryingProvider } from './provider.ts';
import { createHurryingProvider } from './provider.ts';

/** How much of each back-off is waited, in place of chance: it is to be seen, and to be the same each time. */
const BACK_OFF_PART = 0.9;

/** What the server of a tour is to be. */
export interface TourServerOptions {
  readonly settings: Settings;
  /** Where it is to listen; if that is taken, it takes a free port. */
  readonly listen: string;
  readonly slow: boolean;
  /** The walk's own faults, as `--fault` takes them; those of the settings come behind them. */
  readonly faults: readonly string[];
  readonly logOut: Writable | null;
  /** Where a store is kept that is to outlive its server. */
  readonly folder: TourFolder;
}

/** What outlives a server that is stopped and started again: its store, and the machines. */
interface Ground {
  readonly store: StoreConfig;
  readonly world: FakeWorld;
  readonly walkFaults: FaultScript;
}

/** The tour's own server, always at the address that it got when it was first started. */
export class TourServer {
  readonly #config: ServerConfig;
  readonly #logOut: Writable | null;
  readonly #folder: TourFolder;
  readonly #walkFaults: FaultScript;
  #listen: string;
  #ground: Ground;
  #server: Server | null = null;
  #hardware: HurryingProvider | null = null;
  #hurried = false;

  /** @throws CommandFailure where a setting or a fault is wrong */
  constructor({ settings, listen, slow, faults, logOut, folder }: TourServerOptions) {
    const config = serverConfig(settings, listen, { kind: 'memory' }, logOut);
    const own = faults.flatMap((fault) => {
      const read = parseFaultFlag(fault);
      if (read.kind === 'faults') return read.faults;
      throw new CommandFailure(`a fault of the walk is wrong: ${read.mistakes.map(formatFaultMistake).join('; ')}`);
    });
    const { fake } = config;
    this.#config = { ...config, fake: { ...fake, speed: slow ? 'slow' : 'normal' } };
    this.#walkFaults = own;
    this.#logOut = logOut;
    this.#listen = listen;
    this.#folder = folder;
    this.#ground = this.#freshGround('memory');
  }

  /**
   * Starts it with a fresh store and fresh machines, and answers where it listens.
   *
   * @throws CommandFailure where it cannot listen
   */
  async start(keptIn: KeptIn): Promise<string> {
    this.#ground = this.#freshGround(keptIn);
    return this.#begin();
  }

  /**
   * Stops it without waiting for what it does, and starts it again with the same store and the same machines; of these, the
   * walk's own faults let none stand still any more.
   *
   * @throws CommandFailure where it cannot listen
   */
  async restart(machineIds: readonly string[]): Promise<void> {
    await this.stop();
    const { walkFaults } = this.#ground;
    const holdsUp = ({ machine, misbehaviour }: Fault) => misbehaviour.kind === 'hang' && machineIds.includes(machine);
    this.#ground = { ...this.#ground, walkFaults: walkFaults.filter((fault) => !holdsUp(fault)) };
    await this.#begin();
  }

  /** Stops it at once; one that does not run has lost nothing. */
  async stop(): Promise<Stopped> {
    const server = this.#server;
    this.#server = null;
    this.#hardware = null;
    return (await server?.stop({ graceMs: 0 })) ?? { interrupted: 0, runsLost: 0, machinesLost: 0 };
  }

  /** While it is on, what is begun on the machines takes no time. */
  hurry(on: boolean): void {
    this.#hurried = on;
    this.#hardware?.hurry(on);
  }

  #freshGround(keptIn: KeptIn): Ground {
    const store: StoreConfig =
      keptIn === 'memory' ? { kind: 'memory' } : { kind: 'sqlite', path: this.#folder.freshStore() };
    return { store, world: createMemoryWorld({ clock: systemClock }), walkFaults: this.#walkFaults };
  }

  async #begin(): Promise<string> {
    let started = await this.#tryToListen(this.#listen);
    if (started.kind === 'fault' && started.code === 'ADDRESS_IN_USE') started = await this.#tryToListen('127.0.0.1:0');
    if (started.kind === 'fault') throw new CommandFailure(started.message);
    this.#listen = started.address;
    return started.address;
  }

  async #tryToListen(listen: string): Promise<Started> {
    const { store, world, walkFaults } = this.#ground;
    const fake = { ...this.#config.fake, faults: [...walkFaults, ...this.#config.fake.faults] };
    const config = { ...this.#config, listen, store, fake };
    const log = createServerLog({ ...config.log, out: this.#logOut });
    const hardware = createHurryingProvider(config.fake, world);
    const server = createServer(config, {
      store: await openStore(config.store, systemClock, log.logger.child({ component: 'store' })),
      providers: createProviderRegistry([hardware.provider]),
      random: () => BACK_OFF_PART,
      log,
    });
    const started = await server.start();
    if (started.kind === 'listening') {
      hardware.hurry(this.#hurried);
      this.#server = server;
      this.#hardware = hardware;
    }
    return started;
  }
}
