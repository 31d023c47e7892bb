import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { ServerConfig } from './config.ts';
import { DEFAULT_FAKE } from './config.ts';
import { FAULT_POINT_VARIABLE, openServer } from './open-server.ts';
import type { Server } from './server.ts';

function aConfig(folder: string, differs: Partial<ServerConfig> = {}): ServerConfig {
  return {
    listen: '127.0.0.1:0',
    store: { kind: 'sqlite', path: join(folder, 'state', 'store.db') },
    fake: { ...DEFAULT_FAKE, worldFile: join(folder, 'world.db') },
    maxRuns: 10,
    log: { level: 'error', format: 'text', out: null },
    version: '0.0.0-test',
    ...differs,
  };
}

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bmdemo-open-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(config: ServerConfig): Promise<Server> {
  const answer = await openServer(config, {});
  if (answer.kind === 'fault') throw new Error(answer.message);
  onTestFinished(async () => {
    await answer.server.stop({ graceMs: 0 });
  });
  return answer.server;
}

async function faultOf(config: ServerConfig, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const answer = await openServer(config, env);
  if (answer.kind === 'fault') return answer.message;
  await answer.server.stop({ graceMs: 0 });
  return 'opened';
}

it('makes its files, and gives them back when it ends', async () => {
  const config = aConfig(aFolder());
  const server = await opened(config);
  expect(await server.start()).toMatchObject({ kind: 'listening' });
  await server.stop({ graceMs: 0 });
  expect(await (await opened(config)).start()).toMatchObject({ kind: 'listening' });
});

it('refuses a second server its files, and says who has them and where that listens', async () => {
  const config = aConfig(aFolder());
  const started = await (await opened(config)).start();
  if (started.kind === 'fault') throw new Error(started.message);
  const { path } = config.store as { path: string };
  const message = await faultOf(config);
  expect(message).toContain(`${path} is in use by process ${process.pid} on `);
  expect(message).toContain(`, listening on ${started.address}; stop that server or name another --store`);
});

it('gives its files back where it cannot listen', async () => {
  const config = aConfig(aFolder());
  const server = await opened({ ...config, listen: 'nowhere' });
  expect(await server.start()).toMatchObject({ kind: 'fault', code: 'ADDRESS_MALFORMED' });
  expect(await faultOf(config)).toBe('opened');
});

it('says which file it cannot use', async () => {
  const folder = aFolder();
  const letter = join(folder, 'letter');
  writeFileSync(letter, 'a letter to somebody, and no database at all\n'.repeat(50));
  const { fake } = aConfig(folder);
  expect(await faultOf(aConfig(folder, { store: { kind: 'sqlite', path: letter } }))).toContain(`${letter} cannot be`);
  expect(await faultOf(aConfig(folder, { fake: { ...fake, worldFile: letter } }))).toContain(`${letter} cannot be`);
  const below = join(letter, 'store.db');
  expect(await faultOf(aConfig(folder, { store: { kind: 'sqlite', path: below } }))).toContain(`${below} cannot be`);
  expect(await faultOf(aConfig(folder))).toBe('opened');
});

it('takes a fault point only where the hardware is a file for tests', async () => {
  const config = aConfig(aFolder());
  const inMemory = { ...config, fake: DEFAULT_FAKE };
  expect(await faultOf(inMemory, { [FAULT_POINT_VARIABLE]: '1' })).toMatch(/^BMDEMO_TEST_FAULT_POINT is for tests/);
  expect(await faultOf(config, { [FAULT_POINT_VARIABLE]: 'soon' })).toMatch(
    /is "soon", and not N, N:before or N:after$/,
  );
  expect(await faultOf(config, { [FAULT_POINT_VARIABLE]: '1000:after' })).toBe('opened');
});
