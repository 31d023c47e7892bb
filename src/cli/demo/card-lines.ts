import type { Card, PhaseMeaning } from '../../tour/cards.ts';
import type { ImportedRow } from '../../tour/host.ts';
import { runTone } from '../../tui/format/run-row.ts';
import { formatClock, millis } from '../../tui/format/time.ts';
import { planName, runPhaseWord, shortRunId } from '../../tui/format/words.ts';
import type { Plan } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { Paint } from '../output/paint.ts';
import type { Column } from '../output/table.ts';
import { tableLines } from '../output/table.ts';
import { tookText } from '../output/when.ts';

const PLANS: readonly Column<Plan>[] = [
  { title: 'PLAN', text: ({ planId }) => planName(planId) },
  { title: 'STEPS', text: ({ steps }) => steps.map(({ name }) => name).join(', ') },
];

const PHASES: readonly Column<PhaseMeaning>[] = [
  { title: 'PHASE', text: ({ phase }) => phase },
  { title: 'MEANS', text: ({ meaning }) => meaning },
  { title: 'MACHINES', text: ({ machines }) => machines.join(', ') || '–' },
];

const RUNS: readonly Column<Run>[] = [
  { title: 'RUN', text: ({ runId }) => shortRunId(runId) },
  { title: 'MACHINE', text: ({ machineId }) => machineId },
  { title: 'PLAN', text: ({ planId }) => planName(planId) },
  { title: 'BY', text: ({ initiatedBy }) => initiatedBy || '–' },
  { title: 'STARTED', text: ({ createdAt }) => formatClock(millis(createdAt) ?? 0) },
  { title: 'TOOK', text: (run) => tookText(run.createdAt, run.finishedAt), align: 'right' },
  { title: 'OUTCOME', text: ({ phase }) => runPhaseWord(phase), tone: ({ phase }) => runTone(phase) },
];

const ROWS: readonly Column<ImportedRow>[] = [
  { title: 'LINE', text: ({ line }) => String(line), align: 'right' },
  { title: 'MACHINE', text: ({ machineId }) => machineId || '–' },
  { title: 'OUTCOME', text: ({ outcome }) => outcome },
  { title: 'NOTE', text: ({ note }) => note || '–' },
];

interface Answer {
  readonly call: string;
  readonly run: Run;
}

const ANSWERS: readonly Column<Answer>[] = [
  { title: 'CALL', text: ({ call }) => call },
  { title: 'REQUEST ID', text: ({ run }) => run.requestId },
  { title: 'RUN ID', text: ({ run }) => run.runId, tone: () => 'strong' },
];

/** A card as lines of a transcript; the title card has none, because the transcript begins with it. */
export function cardLines(card: Card, width: number, paint: Paint): readonly string[] {
  switch (card.kind) {
    case 'title':
      return [];
    case 'orders':
      return card.orders.map(({ text, state }) => `$ ${text}${state === 'done' ? '' : `  (${state})`}`);
    case 'plans':
      return tableLines(PLANS, card.plans, width, paint);
    case 'phases':
      return tableLines(PHASES, card.phases, width, paint);
    case 'answers': {
      const answers = [
        { call: 'first', run: card.first },
        { call: 'second', run: card.second },
      ];
      return tableLines(ANSWERS, answers, width, paint);
    }
    case 'history':
      return tableLines(RUNS, card.runs, width, paint);
    case 'file':
      return card.imported === null ? card.lines : tableLines(ROWS, card.imported.rows, width, paint);
    case 'closing':
      return [
        ...card.summary.map((point, at) => `${at + 1}. ${point}`),
        ...card.questions.map((question, at) => `Question ${at + 1}: ${question}`),
      ];
  }
}
