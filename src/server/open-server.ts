import type { Clock } from '../core/ports/clock.ts';
import type { Store } from '../core/ports/store.ts';
import { systemClock } from './clock.ts';
import type { FakeConfig, ServerConfig, StoreConfig } from './config.ts';
import { createServerLog } from './log.ts';
import { createFakeProvider } from './providers/fake/provider.ts';
import { createMemoryWorld } from './providers/fake/world/memory.ts';
import { openFileWorld } from './providers/fake/world/sqlite.ts';
import type { FakeWorld } from './providers/fake/world/world.ts';
import { createProviderRegistry } from './providers/registry.ts';
import type { Server } from './server.ts';
import { createServer } from './server.ts';
import type { FaultPoint } from './stores/faulty/store.ts';
import { parseFaultPoint, withFaultPoint } from './stores/faulty/store.ts';
import { openStore } from './stores/open.ts';
import { announceAddress } from './stores/sqlite/lock.ts';

/** Why a server cannot use what it is told to keep its state in; UNAVAILABLE where that may pass by itself. */
export interface OpenFault {
  readonly kind: 'fault';
  readonly code: 'STORE_UNUSABLE' | 'STORE_UNAVAILABLE';
  /** One sentence: what, which, and what to do. */
  readonly message: string;
}

/** What came of opening a server; one that was opened holds its files until it is stopped, or its start fails. */
export type Opened = { readonly kind: 'opened'; readonly server: Server } | OpenFault;

/**
 * Names the mutation of the store at which this process kills itself, so that a test can have a server die between any
 * two writes (`N`, `N:before`, `N:after`). No server that reaches hardware can be made to: it is refused unless the
 * hardware is a simulated world in a file, which is there for tests.
 */
export const FAULT_POINT_VARIABLE = 'BMDEMO_TEST_FAULT_POINT';

/** Puts a server together with the store and the simulated hardware that its configuration names. */
export async function openServer(config: ServerConfig, env: NodeJS.ProcessEnv = process.env): Promise<Opened> {
  const point = faultPointIn(env, config.fake);
  if (point !== null && 'message' in point) return point;
  const log = createServerLog(config.log);
  const clock = systemClock;
  const release: (() => void)[] = [];
  try {
    const world = openWorld(config.fake, clock, release);
    const opened = await openStore(config.store, clock, log.logger.child({ component: 'store' }));
    const store: Store = point === null ? opened : withFaultPoint(opened, point, dieAtOnce);
    const providers = createProviderRegistry([createFakeProvider({ ...config.fake, clock, world })]);
    const listening = (address: string) => announce(config.store, address);
    const parts = { store, providers, clock, log, listening, release: () => letGo(release) };
    return { kind: 'opened', server: createServer(config, parts) };
  } catch (error) {
    letGo(release);
    const code = codeOf(error);
    if (code === null || !(error instanceof Error)) throw error;
    return { kind: 'fault', code, message: error.message };
  }
}

function openWorld({ worldFile }: FakeConfig, clock: Clock, release: (() => void)[]): FakeWorld {
  if (worldFile === null) return createMemoryWorld({ clock });
  const world = openFileWorld({ path: worldFile, clock });
  release.push(() => world.close());
  return world;
}

/** Others who want the same file are told where to find this server instead. */
function announce(store: StoreConfig, address: string): void {
  if (store.kind === 'sqlite') announceAddress(store.path, address);
}

function letGo(release: readonly (() => void)[]): void {
  for (const one of release) one();
}

function faultPointIn(env: NodeJS.ProcessEnv, { worldFile }: FakeConfig): FaultPoint | OpenFault | null {
  const text = env[FAULT_POINT_VARIABLE];
  if (text === undefined || text === '') return null;
  if (worldFile === null) {
    return unusable(`${FAULT_POINT_VARIABLE} is for tests, with the simulated world in a file; unset it`);
  }
  return parseFaultPoint(text) ?? unusable(`${FAULT_POINT_VARIABLE} is "${text}", and not N, N:before or N:after`);
}

/** As a crash would: no handler runs, nothing is flushed. */
function dieAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

function unusable(message: string): OpenFault {
  return { kind: 'fault', code: 'STORE_UNUSABLE', message };
}

/** Stores and worlds say by their errors' names that the fault is in what they were told to use. */
function codeOf(error: unknown): OpenFault['code'] | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'StoreUnavailable') return 'STORE_UNAVAILABLE';
  return error.name === 'StoreUnusable' || error.name === 'WorldUnusable' ? 'STORE_UNUSABLE' : null;
}
