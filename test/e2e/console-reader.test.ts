import { expect, test } from 'vitest';
import { startOnTerminal } from './console-terminal.ts';

const SIZE = { columns: 160, rows: 200 };
const OWN = ['tui', '--port', '0', '--store', 'memory', '--slow'];

test('import, repave, watch, cancel and resolve, by keys alone and by what is said', async () => {
  const terminal = await startOnTerminal([...OWN, '--screen-reader'], SIZE);
  const hears = (line: string | RegExp) => terminal.until(line);
  await hears('Starting the server in this process.');
  await hears(/^Local server 127\.0\.0\.1:\d+ as \S+ State is in memory/m);
  await hears('No machines yet. i imports 3 demo machines. ? says what every key does.');

  terminal.press('i');
  await hears('3 machines imported');
  await hears(/^machine-1, 1 of 3, FACTORY_READY, idle, rack \S+, cluster \S+$/m);

  terminal.press('r');
  await hears('Question: Repave machine-1?');
  await hears(/^destroys: everything on its disk/m);
  await hears('Tab moves, Enter presses, Esc cancels, y is for Repave.');
  terminal.press('y');
  await hears(/^run \w{8} accepted$/m);
  await hears(/^Begun: run \w{8}, repave-join on machine-1\.$/m);
  await hears('machine-1 is PROVISIONING now.');

  terminal.press('\t\t');
  await hears(/^Log, following/m);
  await hears(/^running: set-netboot/m);
  await hears(/^done: set-netboot/m);
  await hears(/^netboot: /m);
  await hears(/^running: reboot-to-netboot/m);

  terminal.press('c');
  await hears('Question: Cancel');
  await hears('y is for Cancel the run.');
  terminal.press('y');
  await hears(/^run \w{8} canceled; machine-1 needs intervention$/m);
  await hears(/^machine-1 needs intervention: /m);
  await hears(/^Ended: run \w{8}, repave-join on machine-1, CANCELED after/m);
  // A call that is under way holds its machine until it returns, or somebody says that it never will.
  await hears(/machine-1 is (MAINTENANCE|held)/);

  terminal.press('v');
  await hears(/^Question: .*machine-1/m);
  await hears('type the reason and Enter for');
  terminal.press('looked into it');
  await hears('textbox: reason: looked into it');
  terminal.press('\t\t');
  await hears(/^On the button (?!Cancel)/m);
  terminal.press('\r');
  await hears('machine-1 needs no intervention any more.');

  terminal.press('q');
  expect((await terminal.ended).exitCode).toBe(0);
  expect(terminal.written).not.toMatch(/\[\?1049h|\[\?25l|[⠁-⣿]|[╭│╯]/);
});

test('INK_SCREEN_READER asks for it as well, and the setting has the last word', async () => {
  const asked = await startOnTerminal(OWN, { ...SIZE, env: { INK_SCREEN_READER: 'true' } });
  await asked.until('bmdemo, for a screen reader: what changes is said in lines.');
  expect(asked.isFullScreen).toBe(false);
  const refused = await startOnTerminal(OWN, {
    ...SIZE,
    env: { INK_SCREEN_READER: 'true', BMDEMO_SCREEN_READER: 'false' },
  });
  await refused.until('No machines yet.');
  expect(refused.isFullScreen).toBe(true);
});

test('a guided tour is a transcript for who listens', async () => {
  const terminal = await startOnTerminal(['demo', '--port', '0', '--fast', '--screen-reader'], SIZE);
  await terminal.until(/machine-1/);
  expect(terminal.isFullScreen).toBe(false);
});
