import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '../../../src/client/address.ts';
import type { Client } from '../../../src/client/client.ts';
import { connect } from '../../../src/client/client.ts';
import type { Cursor, Store } from '../../../src/core/ports/store.ts';
import { systemClock } from '../../../src/server/clock.ts';
import type { StoreConfig } from '../../../src/server/config.ts';
import { DEFAULT_LEASE_MS } from '../../../src/server/config.ts';
import { createServerLog } from '../../../src/server/log.ts';
import { openFileWorld } from '../../../src/server/providers/fake/world/sqlite.ts';
import type { JournalEntry } from '../../../src/server/providers/fake/world/world.ts';
import { openStore } from '../../../src/server/stores/open.ts';
import type { TestPostgres } from '../../support/postgres.ts';
import { freeze } from './freeze.ts';
import type { Allowed } from './judge.ts';
import { judge } from './judge.ts';
import { ServerProcess } from './server-process.ts';

/** What a test judges at its end is looked at from its beginning: a long storm has more runs than are kept by default. */
const KEEP_ALL = ['runs', 'events', 'logs'].flatMap((what) => [`--keep-${what}`, 'all']);

/** What the servers of a cluster are told. */
export interface ClusterOptions {
  /** Options of `serve`. */
  readonly args?: readonly string[];
}

/** How long servers that share a store may be silent, in milliseconds. */
interface Lease {
  readonly leaseMs?: number;
}

/** What one start of a server is told beside that. */
export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Servers over one store and one simulated world, each at a place that it has again after a restart; and their clients. */
export class Cluster {
  readonly folder: string;
  readonly store: StoreConfig;
  readonly #args: readonly string[];
  readonly #drop: () => Promise<void>;
  readonly #servers: ServerProcess[] = [];
  readonly #clients: Client[] = [];
  #disposed = false;

  private constructor(folder: string, store: StoreConfig, { args = [] }: ClusterOptions, drop: () => Promise<void>) {
    this.folder = folder;
    this.store = store;
    this.#args = args;
    this.#drop = drop;
  }

  /** A new one with an empty SQLite file. */
  static async onSqlite(options: ClusterOptions = {}): Promise<Cluster> {
    const folder = await aFolder();
    return new Cluster(folder, { kind: 'sqlite', path: join(folder, 'store.db') }, options, async () => {});
  }

  /** A new one with an empty PostgreSQL database. */
  static async onPostgres(postgres: TestPostgres, options: ClusterOptions & Lease = {}): Promise<Cluster> {
    const { leaseMs = DEFAULT_LEASE_MS, args = [] } = options;
    const { url, drop } = await postgres.createDatabase();
    const lease = ['--lease', String(leaseMs / 1_000)];
    return new Cluster(await aFolder(), { kind: 'postgres', url, leaseMs }, { args: [...lease, ...args] }, drop);
  }

  /** All servers that were ever started, with their logs. */
  get servers(): readonly ServerProcess[] {
    return this.#servers;
  }

  /** Starts a server that may die before it listens. */
  launch(name: string, { args = [], env = {} }: StartOptions = {}): ServerProcess {
    if (this.#disposed) throw new Error('the cluster is gone');
    const own = ['--listen', this.addressOf(name), '--store', storeText(this.store), '--fake-world', this.#worldPath];
    const server = new ServerProcess([...own, ...KEEP_ALL, ...this.#args, ...args], {
      XDG_CONFIG_HOME: this.folder,
      ...env,
    });
    this.#servers.push(server);
    return server;
  }

  /** Starts a server; resolves when it listens. */
  async start(name: string, options?: StartOptions): Promise<ServerProcess> {
    const server = this.launch(name, options);
    if ((await server.listening()) === null) throw new Error(`server ${name} ended: ${server.notes.join('; ')}`);
    return server;
  }

  /** A client of a server, which waits for it whenever it is away. */
  client(name: string): Client {
    const client = connect({
      address: parseAddress(this.addressOf(name)),
      user: 'chaos',
      timeoutMs: 60_000,
      waitForServer: true,
      backOff: { initialMs: 20, capMs: 100 },
    });
    this.#clients.push(client);
    return client;
  }

  /** Stops a server until SIGCONT, at a moment at which the hardware can go on without it. */
  freeze(server: ServerProcess): void {
    freeze(server, this.#worldPath);
  }

  /** The calls to hardware so far. */
  async journal(): Promise<readonly JournalEntry[]> {
    const world = openFileWorld({ path: this.#worldPath, clock: Date });
    try {
      return (await world.journal({})).entries;
    } finally {
      world.close();
    }
  }

  /** Where the event log ends. Where the store is a file, no server may have it. */
  async headOfLog(): Promise<Cursor> {
    return this.#withStore((store) => store.head());
  }

  /** Says what is wrong with what the storm has left, as `judge` has it. */
  judge(from: Cursor, allowed: Allowed = {}): Promise<readonly string[]> {
    return this.#withStore(async (store) => {
      const world = openFileWorld({ path: this.#worldPath, clock: Date });
      try {
        return await judge({ store, world, from }, allowed);
      } finally {
        world.close();
      }
    });
  }

  /** Kills what still runs, and takes the files away. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const client of this.#clients) client.close();
    await Promise.all(this.#servers.map((server) => server.kill()));
    await this.#drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
    const { logger } = createServerLog({ level: 'fatal', format: 'text', out: null });
    const store = await openStore(this.store, systemClock, logger);
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  }

  /** Where a server of that name listens. A socket and no port: what has it again after a restart cannot be taken by anybody else in between. */
  addressOf(name: string): string {
    return `unix:${join(this.folder, `${name}.sock`)}`;
  }

  get #worldPath(): string {
    return join(this.folder, 'world.db');
  }
}

function aFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'bmdemo-chaos-'));
}

function storeText(store: StoreConfig): string {
  switch (store.kind) {
    case 'memory':
      return 'memory';
    case 'sqlite':
      return `sqlite:${store.path}`;
    case 'postgres':
      return store.url;
  }
}
