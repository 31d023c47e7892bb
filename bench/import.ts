import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { LAUNCHER, serve } from './serve.ts';

const ROWS = 10_000;
/** How long an import of so many may take, in seconds. */
const LIMIT_S = 10;

/** A file of 10,000 machines imported by the command, on SQLite; then the same file again, which changes nothing. */
export async function importRows(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bmdemo-import-bench-'));
  const file = join(folder, 'machines.csv');
  writeFileSync(
    file,
    ['machine_id,provider,mac,serial,bmc,rack', ...Array.from({ length: ROWS }, (_, at) => rowAt(at))].join('\n'),
  );
  const served = await serve('--store', `sqlite:${join(folder, 'bench.db')}`);
  try {
    const first = await timed(file, served.client.address.label);
    const { cursor } = await served.client.events.listEvents({ pageSize: 1 });
    const again = await timed(file, served.client.address.label);
    const { events } = await served.client.events.listEvents({ pageSize: 1, afterCursor: cursor });
    if (events.length > 0) throw new Error('a file that was imported before made events');
    const limit = { unit: 's', limit: LIMIT_S, against: 'what it may take', target: 1 };
    return [
      { name: `import of ${ROWS} rows, SQLite`, value: first, ...limit },
      { name: 'the same file again: nothing changed, no event', value: again, ...limit },
    ];
  } finally {
    await served.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowAt(at: number): string {
  const hex = at.toString(16).padStart(6, '0');
  return `node-${at},fake,02:aa:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)},SN-${at},bmc-${at}.example,r${at % 40}`;
}

/** Seconds that the command takes, its start included. */
async function timed(file: string, address: string): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, [LAUNCHER, 'import', file, '--server', address, '-o', 'name'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the import ended with ${code}`);
  return (performance.now() - begun) / 1_000;
}
