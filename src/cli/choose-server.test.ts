import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { Command } from 'commander';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { StoreConfig } from '../server/config.ts';
import { announceAddress, lockFile } from '../server/stores/sqlite/lock.ts';
import { GetServerInfoResponseSchema } from '../wire/gen/baremetal/v1/server_service_pb.ts';
import { chooseServer } from './choose-server.ts';
import type { PortOwner } from './port-owner.ts';
import { addSettings, readSettings } from './settings/resolve.ts';
import { CONSOLE_SETTINGS } from './tui.ts';

const info = { version: '1.0', instance: 'server-x', store: { kind: 'memory' } };
const bmdemo: PortOwner = { kind: 'bmdemo', info: create(GetServerInfoResponseSchema, info) };

function choose(
  words: readonly string[],
  owner: PortOwner,
  env: NodeJS.ProcessEnv = {},
  store: StoreConfig = { kind: 'memory' },
) {
  const command = new Command('tui').exitOverride();
  addSettings(command, CONSOLE_SETTINGS);
  command.parse(words, { from: 'user' });
  const settings = readSettings([command], { XDG_CONFIG_HOME: '/nonexistent', ...env });
  return chooseServer(settings, store, async () => owner);
}

describe('the server of a console', () => {
  it('is the one that was named', async () => {
    const choice = await choose(['--server', 'host:7'], { kind: 'nobody' });
    expect(choice).toMatchObject({ kind: 'attach', address: { label: 'host:7' } });
  });

  it('is one of its own where nobody has the port', async () => {
    const choice = await choose(['--slow'], { kind: 'nobody' });
    expect(choice).toMatchObject({ kind: 'own', address: { label: '127.0.0.1:50051' } });
  });

  it('is the bmdemo that has the port, where nothing was said about what a server should do', async () => {
    expect(await choose(['--theme', 'light'], bmdemo)).toMatchObject({ kind: 'attach' });
    expect(await choose(['--port', '7'], bmdemo)).toMatchObject({ kind: 'attach', address: { label: '127.0.0.1:7' } });
  });

  it('is its own on a free port, whoever has the usual one', async () => {
    expect(await choose(['--port', '0', '--slow'], bmdemo)).toMatchObject({ kind: 'own' });
  });

  it('cannot be one that runs and do what was said for a new one', async () => {
    await expect(choose(['--slow'], bmdemo)).rejects.toThrow(
      'bmdemo 1.0 (memory store, instance server-x) already has 127.0.0.1:50051, and --slow is for a new server',
    );
    await expect(choose([], bmdemo, { BMDEMO_SEED: '3' })).rejects.toThrow('BMDEMO_SEED is for a new server');
    await expect(choose(['--server', 'host:7', '--slow'], bmdemo)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('--server and --slow do not go together'),
    });
  });

  it('is not to be had where something else has the port', async () => {
    await expect(choose([], { kind: 'other' })).rejects.toThrow(
      '127.0.0.1:50051 is taken by something that is not bmdemo; --port 0 takes a free port',
    );
  });

  it('is the one that has the file of the store, unless something was said for a new one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bmdemo-choose-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const store = { kind: 'sqlite', path: join(folder, 'bmdemo.db') } as const;
    expect(await choose([], { kind: 'nobody' }, {}, store)).toMatchObject({ kind: 'own' });
    const lock = lockFile(store.path, 'other');
    onTestFinished(() => lock.release());
    announceAddress(store.path, '127.0.0.1:4711');
    const choice = await choose([], { kind: 'nobody' }, {}, store);
    expect(choice).toMatchObject({ kind: 'attach', address: { label: '127.0.0.1:4711' } });
    await expect(choose(['--slow'], { kind: 'nobody' }, {}, store)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/bmdemo\.db is in use by .*4711, and --slow is for a new server/),
    });
  });
});
