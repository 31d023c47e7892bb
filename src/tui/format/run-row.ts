import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase as Phase } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { ListColumn } from './list-columns.ts';
import { standstill } from './machine-row.ts';
import { printable } from './printable.ts';
import type { Segment } from './segment.ts';
import { formatAge, formatDuration, millis } from './time.ts';
import { planName, runPhaseWord, shortRunId } from './words.ts';

/** The columns of a list of runs. */
export type RunColumn = 'run' | 'machine' | 'plan' | 'phase' | 'step' | 'by' | 'age' | 'took' | 'note';

/** The columns of a list of runs. @param machine cells of the longest machine id; 0: all are of one machine */
export function runColumns(machine: number): readonly ListColumn<RunColumn>[] {
  const ids: ListColumn<RunColumn> = { key: 'machine', title: 'MACHINE', width: machine };
  return [
    { key: 'run', title: 'RUN', width: 8 },
    ...(machine === 0 ? [] : [ids]),
    { key: 'plan', title: 'PLAN', width: 14, leaves: 5 },
    { key: 'phase', title: 'PHASE', width: 9 },
    { key: 'step', title: 'STEP', width: 20, leaves: 3 },
    { key: 'by', title: 'BY', width: 10, leaves: 1 },
    { key: 'age', title: 'AGE', width: 4, align: 'right', leaves: 2 },
    { key: 'took', title: 'TOOK', width: 7, align: 'right', leaves: 4 },
    { key: 'note', title: 'NOTE', width: 19, flexible: true },
  ];
}

/** What a row of a list of runs says. @param now the server's time, in ms since 1970 */
export function runCells(run: Run, glyphs: Glyphs, now: number): Readonly<Record<RunColumn, Segment>> {
  const [created, started] = [millis(run.createdAt), millis(run.startedAt)];
  const took = started === undefined ? '' : formatDuration((millis(run.finishedAt) ?? now) - started);
  return {
    run: { text: shortRunId(run.runId) },
    machine: { text: run.machineId },
    plan: { text: planName(run.planId) },
    phase: { text: runPhaseWord(run.phase), tone: runTone(run.phase) },
    step: { text: run.currentStep === '' ? glyphs.nothing : run.currentStep, tone: 'muted' },
    by: { text: run.initiatedBy === '' ? glyphs.nothing : printable(run.initiatedBy), tone: 'muted' },
    age: { text: created === undefined ? '' : formatAge(now - created), tone: 'muted' },
    took: { text: took, tone: 'muted' },
    note: note(run, glyphs),
  };
}

/** All that can be read of a run in a list, for free text. */
export function runText(run: Run): string {
  const { runId, machineId, planId, phase, type, currentStep, initiatedBy, reason, error } = run;
  const said = [error?.code ?? '', error?.message ?? '', reason];
  return printable([runId, machineId, planId, runPhaseWord(phase), type, currentStep, initiatedBy, ...said].join(' '));
}

/** The tone of a run's phase; the word says the same. */
export function runTone(phase: Phase): 'ok' | 'error' | 'warn' | 'busy' {
  switch (phase) {
    case Phase.SUCCEEDED:
      return 'ok';
    case Phase.FAILED:
      return 'error';
    case Phase.CANCELED:
      return 'warn';
    default:
      return 'busy';
  }
}

function note(run: Run, glyphs: Glyphs): Segment {
  if (run.stopping) return { text: `${glyphs.attention} its last call has not returned`, tone: 'warn' };
  if (run.error !== undefined) return { text: printable(run.error.message), tone: 'error' };
  if (run.canceledBy !== '') return { text: `canceled by ${printable(run.canceledBy)}`, tone: 'muted' };
  const isOver = run.phase !== Phase.PENDING && run.phase !== Phase.RUNNING;
  const waits = isOver ? undefined : standstill(run);
  if (waits !== undefined) return { text: `${glyphs.retrying} ${waits}`, tone: 'warn' };
  return { text: printable(run.reason), tone: 'muted' };
}
