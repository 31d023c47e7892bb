import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { EventSchema } from '../../wire/gen/baremetal/v1/event_pb.ts';
import { PlanSchema, Step_OnFailure } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import { Run_Phase as Phase, RunSchema } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { LogLevel, ServerLogEntrySchema } from '../../wire/gen/baremetal/v1/server_service_pb.ts';
import { WaitingFor_Kind } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import { asciiGlyphs, unicodeGlyphs } from '../theme/glyphs.ts';
import { eventLines } from './event-lines.ts';
import { eventCells, eventColumns, eventText } from './event-row.ts';
import { planColumns } from './list-columns.ts';
import { planLines } from './plan-lines.ts';
import { planCells, planText } from './plan-row.ts';
import { runCells, runColumns, runText } from './run-row.ts';
import type { Line } from './segment.ts';
import { lineWidth } from './segment.ts';
import { isBad, serverLineText } from './server-line.ts';
import { formatStamp } from './time.ts';

const NOW = new Date(2026, 0, 2, 12, 0, 0).getTime();
const text = (line: Line) => line.map((one) => one.text).join('');
const titles = (columns: readonly { readonly title: string }[]) => columns.map(({ title }) => title).join(' ');

describe('the columns of a list', () => {
  test('leave in their order where there is no room, and the last takes what is left', () => {
    const at = (width: number) => planColumns(runColumns(9), width);
    expect(titles(at(116))).toBe('RUN MACHINE PLAN PHASE STEP BY AGE TOOK NOTE');
    expect(titles(at(115))).toBe('RUN MACHINE PLAN PHASE STEP AGE TOOK NOTE');
    expect(titles(at(73))).toBe('RUN MACHINE PLAN PHASE NOTE');
    expect(titles(at(40))).toBe('RUN MACHINE PHASE NOTE');
  });

  test('fill the width exactly, whatever it is', () => {
    for (const columns of [runColumns(9), runColumns(0), eventColumns(24)]) {
      for (let width = 60; width < 200; width++) {
        const planned = planColumns<string>(columns, width);
        expect(planned.reduce((sum, column) => sum + column.width + 2, -2)).toBe(width);
      }
    }
  });
});

describe('a run', () => {
  const run = create(RunSchema, {
    runId: '7f3a91kq00000000',
    machineId: 'machine-1',
    planId: 'plan/repave-join',
    phase: Phase.FAILED,
    initiatedBy: 'lin\x1b[2J',
    currentStep: 'repave-image',
    createdAt: timestampFromMs(NOW - 600_000),
    startedAt: timestampFromMs(NOW - 599_000),
    finishedAt: timestampFromMs(NOW - 569_000),
    error: { code: 'INTERNAL', message: 'the disk\x07 is full' },
  });

  test('says in its row what became of it, and nothing that a terminal would obey', () => {
    const cells = runCells(run, unicodeGlyphs, NOW);
    expect(Object.fromEntries(Object.entries(cells).map(([key, cell]) => [key, cell.text]))).toEqual({
      run: '7f3a91kq',
      machine: 'machine-1',
      plan: 'repave-join',
      phase: 'FAILED',
      step: 'repave-image',
      by: 'lin',
      age: '10m',
      took: '30.0s',
      note: 'the disk is full',
    });
    expect(cells.phase.tone).toBe('error');
  });

  test.each([
    [{ phase: Phase.CANCELED, canceledBy: 'lin' }, 'canceled by lin'],
    [{ phase: Phase.CANCELED, canceledBy: 'lin', stopping: true }, '▲ its last call has not returned'],
    [{ phase: Phase.RUNNING, waitingFor: { kind: WaitingFor_Kind.RECOVERY } }, '↻ recovering'],
    [{ phase: Phase.PENDING, waitingFor: { kind: WaitingFor_Kind.SLOT, queuePosition: 3 } }, '↻ queued, number 3'],
    [{ phase: Phase.SUCCEEDED, reason: 'new disks' }, 'new disks'],
  ])('%j has the note %s', (init, note) => {
    expect(runCells(create(RunSchema, init), unicodeGlyphs, NOW).note.text).toBe(note);
  });

  test('is found by its id, its phase and its error', () => {
    for (const word of ['7f3a91kq00000000', 'FAILED', 'disk is full', 'machine-1'])
      expect(runText(run)).toContain(word);
  });
});

describe('an event', () => {
  const event = create(EventSchema, {
    ts: timestampFromMs(NOW - 60_000),
    kind: 'RUN_ACCEPTED',
    actor: 'lin',
    machineId: 'machine-1',
    runId: '7f3a91kq00000000',
    message: 'run 7f3a91kq00000000 accepted',
    reason: 'new disks',
    method: 'RunService/StartRun',
    step: 'reboot',
    attempt: 2,
  });

  test('says in its row what happened and why, with the run by its short name', () => {
    const cells = eventCells(event, unicodeGlyphs, NOW);
    expect([cells.time.text, cells.run.text, cells.message.text]).toEqual([
      '11:59:00',
      '7f3a91kq',
      'run 7f3a91kq accepted (new disks)',
    ]);
    expect(eventCells(create(EventSchema, { planId: 'plan/mine' }), asciiGlyphs, NOW).machine.text).toBe('mine');
  });

  test('says below the list all that is known of it, and nothing of what is not', () => {
    const lines = eventLines(event, 60, unicodeGlyphs).map(text);
    expect(lines).toContain('run      7f3a91kq00000000');
    expect(lines).toContain('step     reboot, attempt 2');
    expect(lines).toContain('why      new disks');
    expect(lines.some((line) => line.startsWith('peer'))).toBe(false);
  });

  test('is found by who, why and how', () => {
    for (const word of ['lin', 'new disks', 'RunService/StartRun']) expect(eventText(event)).toContain(word);
  });
});

describe('a plan', () => {
  const plan = create(PlanSchema, {
    planId: 'plan/mine',
    description: 'Writes a fresh image and asks before that. '.repeat(3).trim(),
    version: 2,
    createdBy: 'lin',
    createdAt: timestampFromMs(Date.UTC(2026, 0, 2, 12, 41)),
    params: [{ name: 'image', required: true, help: 'the image', allowedValues: ['a', 'b'] }],
    steps: [
      { name: 'eject', kind: { case: 'ssh', value: { scriptRef: 'script/eject' } }, always: true, maxRetries: 2 },
      {
        name: 'write',
        kind: { case: 'repave', value: { imageRef: '{{image}}' } },
        timeoutSeconds: 60,
        onFailure: Step_OnFailure.STOP,
        hold: { prompt: 'is it empty?' },
      },
    ],
  });

  test('says in its row what it takes and does', () => {
    const cells = planCells(plan, unicodeGlyphs);
    expect([cells.plan.text, cells.type.text, cells.version.text, cells.params.text, cells.steps.text]).toEqual([
      'mine',
      '–',
      '2',
      'image',
      'eject, write',
    ]);
    expect(planText(plan)).toContain('script/eject');
  });

  test('says below the list all of it: steps, what they destroy, what they ask, params', () => {
    const lines = planLines(plan, 100, unicodeGlyphs).map(text);
    expect(lines).toContain('made by  lin, 2026-01-02 12:41 UTC');
    expect(lines).toContain('  1  eject ssh script/eject · 3 attempts, at most 300 s each · always done');
    expect(lines).toContain('  2  write repave {{image}} · 1 attempt, at most 60 s · asks first: is it empty?');
    expect(lines).toContain('           ▲ destroys everything on its disk');
    expect(lines).toContain('  image  default (required) · the image · one of a, b');
  });

  test('fits into any pane', () => {
    for (let width = 60; width < 120; width++) {
      expect(Math.max(...planLines(plan, width, unicodeGlyphs).map(lineWidth))).toBeLessThanOrEqual(width);
    }
  });
});

test("a line of the server's log is one text, with what it names behind it", () => {
  const fields = { run_id: 'r1', error: 'no way "out"' };
  const entry = create(ServerLogEntrySchema, { level: LogLevel.WARN, component: 'engine', message: 'stuck', fields });
  expect(serverLineText(entry)).toBe('warn   engine  stuck  run_id=r1  error="no way \\"out\\""');
  expect([isBad(entry), isBad(create(ServerLogEntrySchema, { level: LogLevel.INFO }))]).toEqual([true, false]);
});

test('a moment within a day is a time of day, one before that has its date', () => {
  expect(formatStamp(NOW - 3_600_000, NOW)).toBe('11:00:00');
  expect(formatStamp(NOW - 2 * 86_400_000, NOW)).toBe('12-31 12:00');
});
