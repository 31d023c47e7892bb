import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { pictureOf } from '../../scripts/terminal-picture.ts';
import { MachineStatus_Phase as P } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { ago, logLine, machine, repave } from './samples.ts';

const out = '/tmp/pics';
mkdirSync(out, { recursive: true });
const save = (t: any, name: string) => {
  writeFileSync(`${out}/${name}.png`, pictureOf(t.screen.emulator));
  writeFileSync(`${out}/${name}.txt`, t.text);
};

for (const [columns, rows] of [
  [120, 40],
  [80, 24],
  [200, 60],
  [100, 30],
  [80, 34],
] as const) {
  test(`${columns}x${rows}`, async () => {
    const backend = new BackendDouble([
      machine('machine-1', { phase: P.PROVISIONING, effectiveState: P.PROVISIONING, activeRunId: '7f3a91kq00000000' }),
      machine('machine-2', {
        phase: P.MAINTENANCE,
        effectiveState: P.MAINTENANCE,
        phaseSince: ago(250_000),
        conditions: [
          {
            type: 'NeedsIntervention',
            status: true,
            reason: 'StepFailed',
            message: 'step verify-in-cluster failed: node is NotReady',
            lastTransitionTime: ago(250_000),
          },
        ],
      }),
      machine('machine-3', { phase: P.IN_SERVICE, effectiveState: P.IN_SERVICE, phaseSince: ago(3700_000) }),
    ]);
    const { terminal } = openConsole({ columns, rows, backend });
    await terminal.until('machine-3');
    backend.tellRun(repave('7f3a91kq00000000', 'machine-1', 2));
    for (let i = 1; i < 60; i++)
      backend
        .log('7f3a91kq00000000')
        .push(
          logLine(
            '7f3a91kq00000000',
            i,
            i === 20 ? 'warning: retrying layer download' : `image  layer ${i % 6}/6 sha256:9c1${i}fe2a7d  61 MB/s`,
            i < 10 ? 'set-netboot' : 'repave-image',
            i === 20 ? 'stderr' : 'stdout',
          ),
        );
    if (columns >= 100) await terminal.until(/59 lines/);
    await terminal.until(/72%/);
    save(terminal, `main-${columns}x${rows}`);
    terminal.press('j');
    await terminal.until('machine-2 has had');
    terminal.press('r');
    await terminal.until('Enter press');
    save(terminal, `dialog-${columns}x${rows}`);
    terminal.press('\x1b');
    await terminal.until('q quit');
    terminal.press('m');
    await terminal.until('Enter press');
    terminal.press('mach');
    await terminal.until('mach ');
    save(terminal, `rma-${columns}x${rows}`);
    terminal.press('\x1b');
    await terminal.until('q quit');
    terminal.press('?');
    await terminal.until('Keys');
    save(terminal, `help-${columns}x${rows}`);
  });
}
test('empty', async () => {
  const { terminal } = openConsole();
  await terminal.until('No machines');
  save(terminal, 'empty');
});
