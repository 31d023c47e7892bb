import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/server/clock.ts';
import { DEFAULT_FAKE } from '../../src/server/config.ts';
import { createProviderRegistry } from '../../src/server/providers/registry.ts';
import { createServer } from '../../src/server/server.ts';
import { createMemoryStore } from '../../src/server/stores/memory/store.ts';
import { startGrpc } from '../support/grpc.ts';

async function inTempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'bmdemo-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

function serverAt(listen: string) {
  return createServer(
    {
      listen,
      store: { kind: 'memory' },
      fake: DEFAULT_FAKE,
      maxRuns: 10,
      log: { level: 'error', format: 'text', out: null },
      version: '0',
    },
    { store: createMemoryStore({ clock: systemClock }), providers: createProviderRegistry([]) },
  );
}

/** Connects until the system takes no more connections for a server that accepts none. */
async function fillBacklog(path: string): Promise<void> {
  for (;;) {
    const socket = connect(path);
    onTestFinished(() => void socket.destroy());
    const taken = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (!taken) return;
  }
}

describe('where a server listens', () => {
  it('is told, with the port that it got', async () => {
    const grpc = await startGrpc({ listen: 'localhost:0' });
    expect(grpc.address).toMatch(/^127\.0\.0\.1:[1-9]\d+$/);
    expect((await grpc.info.getServerInfo({})).api).toBe('baremetal.v1');
  });

  it.each([
    ['0.0.0.0:50051', 'ADDRESS_REFUSED'],
    ['192.0.2.1:50051', 'ADDRESS_REFUSED'],
    ['[::]:0', 'ADDRESS_REFUSED'],
    ['example.com:1', 'ADDRESS_REFUSED'],
    ['127.0.0.1', 'ADDRESS_MALFORMED'],
    [':50051', 'ADDRESS_MALFORMED'],
    ['127.0.0.1:65536', 'ADDRESS_MALFORMED'],
    ['unix:', 'ADDRESS_MALFORMED'],
    [`unix:/${'x'.repeat(120)}`, 'ADDRESS_MALFORMED'],
    ['unix:/no/such/directory/socket', 'ADDRESS_UNUSABLE'],
  ])('%s: %s', async (listen, code) => {
    expect(await serverAt(listen).start()).toMatchObject({ kind: 'fault', code });
  });

  it('is refused where the port is in use', async () => {
    const { address } = await startGrpc();
    const started = await serverAt(address).start();
    expect(started).toMatchObject({ kind: 'fault', code: 'ADDRESS_IN_USE' });
    expect(started.kind === 'fault' && started.message).toContain(address);
  });

  it('may be a socket that nobody else can open, with peers told as unix', async () => {
    const path = join(await inTempDir(), 'socket');
    const grpc = await startGrpc({ listen: `unix:${path}` });
    expect(grpc.address).toBe(`unix:${path}`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const before = await grpc.store.head();
    await grpc.register('machine-1');
    expect(await grpc.store.tail(before, 1)).toMatchObject({ events: [{ kind: 'REGISTERED', peer: 'unix' }] });
    expect(await serverAt(`unix:${path}`).start()).toMatchObject({ kind: 'fault', code: 'ADDRESS_IN_USE' });
    await grpc.server.stop();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  it('may be a socket file that a dead server left, but no other file', async () => {
    const dir = await inTempDir();
    const stale = join(dir, 'stale');
    const holder = createSocketServer().listen(stale);
    await new Promise((resolve) => holder.once('listening', resolve));
    // A server that is killed leaves its file: closing without unlinking comes to the same.
    const copy = join(dir, 'copy');
    await link(stale, copy);
    await new Promise((resolve) => holder.close(resolve));
    const grpc = await startGrpc({ listen: `unix:${copy}` });
    expect((await grpc.info.getServerInfo({})).api).toBe('baremetal.v1');
    const file = join(dir, 'file');
    await writeFile(file, 'precious');
    expect(await serverAt(`unix:${file}`).start()).toMatchObject({ kind: 'fault', code: 'ADDRESS_UNUSABLE' });
    expect((await stat(file)).size).toBe(8);
  });

  it('leaves the socket of a server alone that is there and takes no more connections', async () => {
    const path = join(await inTempDir(), 'socket');
    const listening = `require('net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => console.log())`;
    const frozen = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void frozen.kill('SIGKILL'));
    await once(frozen.stdout, 'data');
    frozen.kill('SIGSTOP');
    await fillBacklog(path);
    expect(await serverAt(`unix:${path}`).start()).toMatchObject({ kind: 'fault', code: 'ADDRESS_UNUSABLE' });
    expect((await stat(path)).isSocket()).toBe(true);
  });
});
