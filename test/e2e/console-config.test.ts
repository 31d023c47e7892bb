import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startOnTerminal } from './console-terminal.ts';

/** A console whose configuration file says that. */
async function withConfig(text: string, ...options: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'bmdemo-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'config.yaml');
  await writeFile(file, text);
  const env = { BMDEMO_CONFIG: file };
  return { file, terminal: await startOnTerminal(['tui', '--port', '0', ...options], { env, columns: 160 }) };
}

test('keys, theme and store are those of the configuration file', async () => {
  const { terminal } = await withConfig(
    'store: memory\ntheme: ascii\nkeys:\n  machines.import-demo: I\n  run.repave: [R, ctrl-r]\n  run.cancel: X\n',
  );
  await terminal.until(/I {3}import 3 demo machines/);
  await terminal.until('@ local 127.0.0.1');
  terminal.press('iI');
  await terminal.until('3 machines imported');
  await terminal.until(/> {2}machine-1 /);
  await terminal.until(/ R repave .* X cancel /);
  terminal.press('r');
  terminal.press('\x12');
  await terminal.until('Repave machine-1?');
  await terminal.until('Esc cancel');
  terminal.press('\x1b');
  await terminal.until((text) => !text.includes('Repave machine-1?'));
  terminal.press('?');
  await terminal.until(/R Ctrl-R +repave/);
});

test('a console is read-only by the file, and says by which line', async () => {
  const { terminal, file } = await withConfig('store: memory\nread-only: true\n');
  await terminal.until('memory');
  expect(terminal.rows[0]).toContain('read-only');
  terminal.press('i');
  await terminal.until('read-only: started with read-only in');
  expect(terminal.text.replaceAll(/\s/g, '')).toContain(`${file}line2`);
});

test('a file that is wrong opens no console: every mistake is told with its place, and the exit code is 2', async () => {
  const { terminal, file } = await withConfig('theme: pink\nkeys:\n  run.repave: b\n');
  expect((await terminal.ended).exitCode).toBe(2);
  expect(terminal.written).not.toContain('\x1b[?1049h');
  const text = terminal.text.replaceAll('\n', '');
  expect(text).toContain(`${file} cannot be used: 2 mistakes`);
  expect(text).toContain(`${file}:1:8: theme must be dark, light, high-contrast, mono or ascii`);
  expect(text).toContain(`${file}:3:15: keys.run.repave is "b", which run.reboot has by itself`);
});
