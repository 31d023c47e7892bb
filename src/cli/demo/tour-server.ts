import type { Writable } from 'node:stream';
import { systemClock } from '../../server/clock.ts';
import type { ServerConfig } from '../../server/config.ts';
import { createServerLog } from '../../server/log.ts';
import { parseFaultFlag } from '../../server/providers/fake/faults/flag.ts';
import { formatFaultMistake } from '../../server/providers/fake/faults/mistake.ts';
import { createProviderRegistry } from '../../server/providers/registry.ts';
import type { Server, Started, Stopped } from '../../server/server.ts';
import { createServer } from '../../server/server.ts';
import { openStore } from '../../server/stores/open.ts';
import { CommandFailure } from '../failure.ts';
import { serverConfig } from '../server-config.ts';
import type { Settings } from '../settings/resolve.ts';
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
}

/** The tour's own server: each start is one with a fresh store and fresh machines, at the address that the first got. */
export class TourServer {
  readonly #config: ServerConfig;
  readonly #logOut: Writable | null;
  #listen: string;
  #server: Server | null = null;
  #hardware: HurryingProvider | null = null;
  #hurried = false;

  /** @throws CommandFailure where a setting or a fault is wrong */
  constructor({ settings, listen, slow, faults, logOut }: TourServerOptions) {
    const config = serverConfig(settings, listen, { kind: 'memory' }, logOut);
    const own = faults.flatMap((fault) => {
      const read = parseFaultFlag(fault);
      if (read.kind === 'faults') return read.faults;
      throw new CommandFailure(`a fault of the walk is wrong: ${read.mistakes.map(formatFaultMistake).join('; ')}`);
    });
    const { fake } = config;
    this.#config = { ...config, fake: { ...fake, speed: slow ? 'slow' : 'normal', faults: [...own, ...fake.faults] } };
    this.#logOut = logOut;
    this.#listen = listen;
  }

  /**
   * Starts it, and answers where it listens.
   *
   * @throws CommandFailure where it cannot listen
   */
  async start(): Promise<string> {
    let started = await this.#tryToListen(this.#listen);
    if (started.kind === 'fault' && started.code === 'ADDRESS_IN_USE') started = await this.#tryToListen('127.0.0.1:0');
    if (started.kind === 'fault') throw new CommandFailure(started.message);
    this.#listen = started.address;
    return started.address;
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

  async #tryToListen(listen: string): Promise<Started> {
    const config = { ...this.#config, listen };
    const log = createServerLog({ ...config.log, out: this.#logOut });
    const hardware = createHurryingProvider(config.fake);
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
