import { describe, expect, test } from 'vitest';
import { withMachines, yes } from './console-terminal.ts';

describe('the main job', () => {
  test('import 3, repave machine-1: steps and log move, the phases pass by', async () => {
    const terminal = await withMachines();
    expect(terminal.text).toMatch(/machine-1 {2}FACTORY_READY/);
    terminal.press('r');
    await yes(terminal);
    await terminal.until(/run [0-9a-z]{8} accepted/);
    await terminal.until(/machine-1 {2}PROVISIONING/);
    await terminal.until(/[⠁-⣿] repave-image +\d\.\ds .*[#.]{8} +\d+%/);
    await terminal.until(/Log · repave-image · following · \d+ lines/);
    await terminal.until(/machine-1 {2}READY/);
    await terminal.until(/machine-1 {2}IN_SERVICE/);
    await terminal.until('repave-join on machine-1 is done');
    await terminal.until(/SUCCEEDED after \d\.\ds/);
    expect(terminal.text).toMatch(
      /✓ set-netboot.*\n.*✓ reboot-to-netboot.*\n.*✓ repave-image.*\n.*✓ join-cluster.*\n.*✓ verify/,
    );
    await terminal.until(/Log · verify-in-cluster · ended · \d+ lines/);
  });

  test('cancel in mid-image, then the next repave has to be acknowledged', async () => {
    const terminal = await withMachines('--slow', '--speed', '4');
    terminal.press('r');
    await yes(terminal);
    await terminal.until(/[⠁-⣿] repave-image +\d/);
    terminal.press('c');
    await terminal.until('left half written');
    await yes(terminal);
    await terminal.until(/machine-1 {2}MAINTENANCE .*▲ canceled by/);
    await terminal.until(/⊘ repave-image .* canceled/);
    expect(terminal.text).toMatch(/- join-cluster +not run/);
    await terminal.until((shown) => !shown.includes('has not returned'));
    terminal.press('r');
    await terminal.until('needs intervention since');
    await terminal.until('Acknowledge and repave');
    await yes(terminal);
    await terminal.until(/machine-1 {2}PROVISIONING/);
  });

  test('an RMA starts when the id is typed, and what is not possible then says why', async () => {
    const terminal = await withMachines();
    terminal.press('jm');
    await terminal.until('RMA machine-2?');
    await terminal.until('Enter press');
    terminal.press('machine-2\r');
    await terminal.until(/machine-2 {2}RMA /);
    terminal.press('r');
    await terminal.until('machine-2 is in RMA: it waits for new hardware');
  });
});
