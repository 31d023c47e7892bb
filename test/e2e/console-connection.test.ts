import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startOnTerminal } from './console-terminal.ts';

describe('a server elsewhere', () => {
  test('its loss and its return are seen', async () => {
    const first = await startOnTerminal(['serve', '--port', '0', '--store', 'memory']);
    const [, address = ''] = /(127\.0\.0\.1:\d+)/.exec(await first.until(/127\.0\.0\.1:\d+/)) ?? [];
    const terminal = await startOnTerminal(['tui', '--server', address]);
    await terminal.until(`● attached to ${address}`);
    await terminal.until('No machines yet.');
    terminal.press('i');
    await terminal.until('3 machines imported');
    process.kill(first.pid, 'SIGKILL');
    await terminal.until(`○ lost ${address}`);
    await terminal.until('trying again in');
    terminal.press('r');
    await terminal.until('no server');
    await startOnTerminal(['serve', '--listen', address, '--store', 'memory']);
    await terminal.until('No machines yet.');
    terminal.press('i');
    await terminal.until('3 machines imported');
    terminal.press('q');
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test('that is not there: it says so at once, goes on trying, and finds it when it is', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    holder.close();
    await once(holder, 'close');
    const address = `127.0.0.1:${port}`;
    const terminal = await startOnTerminal(['tui', '--server', address, '--user', 'kim']);
    await terminal.until(new RegExp(`○ no server at ${address} · trying again in \\ds`));
    expect(terminal.text).toContain(`no bmdemo server answers at ${address}`);
    await startOnTerminal(['serve', '--listen', address, '--store', 'memory']);
    await terminal.until('No machines yet.');
    await terminal.until(new RegExp(`● attached to ${address} · (<1|\\d+) ms · plaintext · as kim · memory · fake`));
  });
});
