import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { PreviewRunResponseSchema } from '../../src/wire/gen/baremetal/v1/run_service_pb.ts';
import { BackendDouble } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { machine, repave } from './samples.ts';

async function opened() {
  const backend = new BackendDouble([
    machine('machine-1', { phase: Phase.IN_SERVICE }),
    machine('machine-2', { phase: Phase.READY }),
    machine('machine-3', { phase: Phase.READY }),
  ]);
  const under = openConsole({ backend });
  await under.terminal.until('machine-3');
  await under.terminal.until('memory');
  return under;
}

test('f shows the phases with how many machines, follows them, and sets the filter that / shows', async () => {
  const { terminal, backend } = await opened();
  terminal.press('f');
  await terminal.until(/> 1 READY +2 /);
  backend.tellMachine(machine('machine-3', { phase: Phase.IN_SERVICE }));
  await terminal.until(/1 READY +1 /);
  expect(terminal.text).toMatch(/2 IN_SERVICE +2 /);
  terminal.press('j\r');
  await terminal.until('/phase=IN_SERVICE');
  terminal.press('f1');
  await terminal.until('/phase=READY');
  terminal.press('f\x1b');
  await terminal.until((text) => !text.includes('Machines by phase') && text.includes('/phase=READY'));
});

test('the cursor among the phases stays on its own while others come above it, and is never beyond the last', async () => {
  const { terminal, backend } = await opened();
  terminal.press('fj');
  await terminal.until(/> 2 IN_SERVICE +1 /);
  backend.tellMachine(machine('machine-3', { phase: Phase.FACTORY_READY }));
  await terminal.until(/1 FACTORY_READY +1 /);
  expect(terminal.text).toMatch(/> 3 IN_SERVICE +1 /);
  backend.tellMachine(machine('machine-1', { phase: Phase.READY }));
  await terminal.until(/> 2 READY +2 /);
  terminal.press('\r');
  await terminal.until('/phase=READY');
});

test('what is busy and what needs intervention are rows of their own behind the phases, in the words of the server', async () => {
  const backend = new BackendDouble([
    machine('machine-1', { phase: Phase.IN_SERVICE, effectiveState: Phase.PROVISIONING, activeRunId: 'r1' }),
    machine('machine-2', {
      phase: Phase.MAINTENANCE,
      effectiveState: Phase.MAINTENANCE,
      conditions: [{ type: 'NeedsIntervention', status: true }],
    }),
    machine('machine-3'),
  ]);
  const { terminal } = openConsole({ backend });
  await terminal.until('machine-3');
  await terminal.until('memory');
  terminal.press('f');
  await terminal.until(/4 busy +1 [^\n]*\n.*5 needs intervention +1 /);
  terminal.press('4');
  await terminal.until('/effective_state=PROVISIONING');
  terminal.press('f5');
  await terminal.until('/NeedsIntervention=true');
});

test('a start whose answer was lost says that it was accepted before', async () => {
  const { terminal, backend } = await opened();
  backend.onStart = () => Promise.reject(new Error('the connection was lost'));
  terminal.press('b');
  await terminal.until('y yes');
  terminal.press('y');
  await terminal.until('The connection was lost');
  const run = repave('7f3a91kq00000000', 'machine-1', 0);
  backend.onStart = () => run;
  backend.onPreview = () => Promise.resolve(create(PreviewRunResponseSchema, { existingRun: run }));
  terminal.press('y');
  await terminal.until('already accepted as run 7f3a91kq');
  expect(new Set(backend.started.map(({ requestId }) => requestId)).size).toBe(1);
});
