import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { MachineStatus_Phase as MachinePhase, MachineSchema } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { Run_Phase as RunPhase, RunSchema, StepStatus_State as State } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind as Kind, WaitingForSchema } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import { unicodeGlyphs } from '../theme/glyphs.ts';
import { machineCells } from './machine-row.ts';

const NOW = Date.UTC(2026, 0, 2, 12, 0, 0);
const context = { run: undefined, glyphs: unicodeGlyphs, now: NOW, frame: 2, bar: true };

function machine(status: object) {
  return create(MachineSchema, {
    machineId: 'machine-1',
    spec: { rack: 'r1', targetCluster: { clusterId: 'prod-a' } },
    status: { phase: MachinePhase.IN_SERVICE, phaseSince: timestampFromMs(NOW - 240_000), ...status },
  });
}

function running(step: object) {
  return create(RunSchema, {
    runId: '7f3a91kq00000000',
    machineId: 'machine-1',
    phase: RunPhase.RUNNING,
    currentStep: 'image',
    steps: [{ name: 'netboot' }, { name: 'image', state: State.RUNNING, maxAttempts: 2, ...step }],
  });
}

const busy = { phase: MachinePhase.PROVISIONING, activeRunId: '7f3a91kq00000000' };

describe('the row of a machine', () => {
  test('says where it stands and for how long', () => {
    const cells = machineCells(machine({}), context);
    expect(Object.values(cells).map(({ text }) => text)).toEqual([
      'machine-1',
      'IN_SERVICE',
      '–',
      'r1',
      'prod-a',
      '4m',
      '',
    ]);
  });

  test('says what it is doing, with a bar where there is room', () => {
    const run = running({ progress: { current: 3, total: 6 } });
    expect(machineCells(machine(busy), { ...context, run }).doing.text).toBe('⠹ image 2/2  ####.... 50%');
    expect(machineCells(machine(busy), { ...context, run, bar: false }).doing.text).toBe('⠹ image 2/2   50%');
  });

  test('counts down to the next attempt', () => {
    const run = running({ nextRetryAt: timestampFromMs(NOW + 2_500) });
    expect(machineCells(machine(busy), { ...context, run }).doing.text).toBe('↻ image 2/2  retry in 3s');
  });

  test.each([
    [Kind.RECOVERY, '↻ recovering  image 2/2'],
    [Kind.APPROVAL, '↻ approve?  image 2/2'],
    [Kind.SLOT, '↻ queued, number 3  image 2/2'],
  ])('says what keeps the run from going on: %s', (kind, text) => {
    const run = { ...running({}), waitingFor: create(WaitingForSchema, { kind, queuePosition: 3 }) };
    expect(machineCells(machine(busy), { ...context, run }).doing.text).toBe(text);
  });

  test('names the run that it does not know yet', () => {
    expect(machineCells(machine(busy), context).doing.text).toBe('run 7f3a91kq');
  });

  test('says why somebody has to look, without the controls in it', () => {
    const conditions = [{ type: 'NeedsIntervention', status: true, message: 'verify failed:\x1b[2J NotReady' }];
    expect(machineCells(machine({ conditions }), context).note.text).toBe('▲ verify failed: NotReady');
    expect(machineCells(machine({ conditions: [{ ...conditions[0], status: false }] }), context).note.text).toBe('');
  });

  test('says who canceled, and in which step, not in which run', () => {
    const message = 'run 7f3a91kq00000000 canceled by lin in repave-image: wrong machine';
    const conditions = [{ type: 'NeedsIntervention', status: true, message }];
    const { note } = machineCells(machine({ conditions }), context);
    expect(note.text).toBe('▲ canceled by lin in repave-image: wrong machine');
  });

  test('says that a call still holds it', () => {
    const { note } = machineCells(machine({ stoppingRunId: '7f3a91kq00000000' }), context);
    expect(note.text).toBe('▲ held by run 7f3a91kq');
  });

  test('says which attempt it is, if not the first', () => {
    const run = running({ retryCount: 1 });
    expect(machineCells(machine(busy), { ...context, run }).note.text).toBe('attempt 2 of 2');
  });

  test('survives a phase that it does not know', () => {
    expect(machineCells(machine({ phase: 99 }), context).phase.text).toBe('PHASE_99');
  });
});
