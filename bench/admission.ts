import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { parseAddress } from '../src/client/address.ts';
import type { Client } from '../src/client/client.ts';
import { connect } from '../src/client/client.ts';
import { Run_Phase as Phase } from '../src/wire/gen/baremetal/v1/run_pb.ts';
import { startPostgres } from '../test/support/postgres.ts';
import type { Figure } from './figure.ts';
import { serve } from './serve.ts';

const MACHINES = 500;
const RACKS = 5;
const LIMIT = 20;
const CLIENTS = 10;
/** How long a place may be free while somebody waits for it, in milliseconds. */
const FREE_MS = 100;

/** 500 reboots in 5 racks of which each takes 20 at a time, started in bursts by 10 clients: how full, and how long a place is free. */
export async function admission(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bmdemo-admission-'));
  const postgres = await startPostgres();
  try {
    const [alone, shared] = [await postgres.createDatabase(), await postgres.createDatabase()];
    return [
      ...(await measured('memory', ['memory'])),
      ...(await measured('SQLite', [`sqlite:${join(folder, 'bench.db')}`])),
      ...(await measured('PostgreSQL', [alone.url])),
      ...(await measured('PostgreSQL, two servers', [shared.url, shared.url])),
    ];
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(name: string, stores: readonly string[]): Promise<readonly Figure[]> {
  const servers = [];
  for (const store of stores) servers.push(await serve('--store', store, '--limit', `rack=${LIMIT}`));
  const addresses = servers.map(({ client }) => client.address.label);
  const clients = Array.from({ length: CLIENTS }, (_, at) =>
    connect({ address: parseAddress(addresses[at % addresses.length] ?? ''), user: 'bench' }),
  );
  try {
    const [first] = clients;
    if (first === undefined) throw new Error('there are no clients');
    await first.machines.registerMachines({ machines: Array.from({ length: MACHINES }, (_, at) => machineAt(at)) });
    const history = follow(first);
    await Promise.all(clients.map((client, at) => burst(client, at)));
    const { most, freeMs } = await history;
    return [
      {
        name: `most runs of a rack, ${name}`,
        value: most,
        unit: 'runs',
        limit: LIMIT,
        against: 'its limit',
        target: 1,
      },
      {
        name: `longest a place was free while one waited, ${name}`,
        value: freeMs,
        unit: 'ms',
        limit: FREE_MS,
        against: 'what it may be',
        target: 1,
      },
    ];
  } finally {
    for (const client of clients) client.close();
    for (const server of servers) await server.stop();
  }
}

const rackOf = (at: number) => `r${at % RACKS}`;

function machineAt(at: number) {
  return { machineId: `machine-${at}`, spec: { provider: 'fake', rack: rackOf(at) } };
}

async function burst(client: Client, first: number): Promise<void> {
  for (let at = first; at < MACHINES; at += CLIENTS) {
    await client.runs.startRun({ machineId: `machine-${at}`, requestId: randomUUID(), type: 'REBOOT' });
  }
}

/** Reads off the events how many runs a rack had at most, and how long a place of one that had somebody waiting was free. */
async function follow(client: Client): Promise<{ readonly most: number; readonly freeMs: number }> {
  const racks = new Map<string, { under: number; waiting: number; freeSince: number | null }>();
  let most = 0;
  let freeMs = 0;
  let ended = 0;
  const phases = new Map<string, Phase>();
  for await (const { ts, snapshot } of client.watchRuns({})) {
    if (ts === undefined || snapshot === undefined) continue;
    const at = timestampMs(ts);
    const name = rackOf(Number(snapshot.machineId.slice('machine-'.length)));
    const rack = racks.get(name) ?? { under: 0, waiting: 0, freeSince: null };
    racks.set(name, rack);
    // Of what had begun when the watch was opened, only the state is told.
    const before = phases.get(snapshot.runId);
    if (before === snapshot.phase) continue;
    phases.set(snapshot.runId, snapshot.phase);
    if (before === Phase.PENDING) rack.waiting -= 1;
    if (before === Phase.RUNNING) rack.under -= 1;
    if (snapshot.phase === Phase.PENDING) rack.waiting += 1;
    else if (snapshot.phase === Phase.RUNNING) {
      rack.under += 1;
      if (rack.freeSince !== null) freeMs = Math.max(freeMs, at - rack.freeSince);
      rack.freeSince = null;
    } else ended += 1;
    most = Math.max(most, rack.under);
    if (rack.waiting > 0 && rack.under < LIMIT) rack.freeSince ??= at;
    else rack.freeSince = null;
    if (ended === MACHINES) return { most, freeMs };
  }
  throw new Error('the watch ended before the runs did');
}
