import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseAddress } from '../src/client/address.ts';
import type { Client } from '../src/client/client.ts';
import { connect } from '../src/client/client.ts';

/** The executable. */
export const LAUNCHER = join(import.meta.dirname, '..', 'bin', 'bmdemo.js');

/** `bmdemo serve` in a process of its own, and a client of it. */
export interface Served {
  readonly process: ChildProcess;
  readonly client: Client;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts a server on a free port; resolves when it listens. */
export async function serve(...options: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, [LAUNCHER, 'serve', '--port', '0', '--log-level', 'error', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const label = /listens on (\S+)/.exec(line)?.[1] ?? '';
  const client = connect({ address: parseAddress(label), user: 'bench' });
  return {
    process: child,
    client,
    async stop() {
      client.close();
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
