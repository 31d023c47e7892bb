import { cellWidth } from '../../tui/format/cells.ts';
import { printable } from '../../tui/format/printable.ts';
import { runTone } from '../../tui/format/run-row.ts';
import { formatClock, formatCountdown, formatDuration, millis } from '../../tui/format/time.ts';
import { count, planName, runPhaseWord } from '../../tui/format/words.ts';
import type { LogChunk, Run, StepStatus } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { StepStatus_State } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { Paint } from '../output/paint.ts';
import { tookText } from '../output/when.ts';
import { stepStateWord, stepTone } from '../output/words.ts';
import type { Transition } from './transitions.ts';

/** How a run is told, line by line; every function is pure but for the colours. */
export class RunLines {
  readonly #paint: Paint;
  readonly #width: number;
  readonly #runId: string;

  constructor(run: Run, paint: Paint) {
    this.#paint = paint;
    this.#runId = run.runId;
    this.#width = Math.max(0, ...run.steps.map((step) => cellWidth(step.name)));
  }

  /** What is followed. */
  head(run: Run): string {
    return `${this.#paint('strong', `run ${run.runId}`)} of ${run.machineId}: ${planName(run.planId)}, ${count(run.steps.length, 'step')}`;
  }

  /** What became of a step, at a time in milliseconds since 1970. */
  transition(transition: Transition, at: number): string {
    const { step } = transition;
    const told = printable(step.message);
    switch (transition.kind) {
      case 'attempt-begins':
        return this.#line(at, step.name, this.#paint('busy', beginsText(step, transition.attempt)));
      case 'back-off': {
        const wait = formatDuration(transition.retryAt - at);
        // The server's own sentence begins so, too.
        const which = `attempt ${transition.attempt} of ${step.maxAttempts} failed`;
        const text = `${told.startsWith(which) ? told : `${which}: ${told}`}; next in ${wait}`;
        return this.#line(at, step.name, this.#paint('warn', text));
      }
      case 'held': {
        const text = `waits for approval: ${told}; \`bmdemo approve ${this.#runId} --reason TEXT\` lets it begin`;
        return this.#line(at, step.name, this.#paint('warn', text));
      }
      case 'ended': {
        const took = tookText(step.startedAt, step.finishedAt);
        return this.#line(at, step.name, this.#paint(stepTone(step.state), endedText(step, took, told)));
      }
    }
  }

  /** Something else that is said of a step, or of the run where `step` is empty. */
  note(step: string, message: string, at: number): string {
    return this.#line(at, step, this.#paint('warn', printable(message)));
  }

  /** A line of the log. */
  log(chunk: LogChunk): string {
    const text = printable(Buffer.from(chunk.data).toString('utf8'));
    const mark = chunk.stream === 'stderr' ? '!' : '|';
    return this.#line(millis(chunk.ts) ?? Date.now(), chunk.step, this.#paint('muted', `${mark} `) + text);
  }

  /** How the run ended. */
  outcome(run: Run): string[] {
    const word = this.#paint(runTone(run.phase), runPhaseWord(run.phase));
    const took = tookText(run.createdAt, run.finishedAt);
    const by = run.canceledBy === '' ? '' : ` by ${printable(run.canceledBy)}`;
    const { error } = run;
    const skipped = run.steps.filter((step) => step.state === StepStatus_State.SKIPPED).map((step) => step.name);
    return [
      `run ${run.runId} of ${run.machineId} ${word}${by} after ${took}`,
      ...(error === undefined ? [] : [`  ${error.code}: ${printable(error.message)}`]),
      ...(skipped.length === 0 ? [] : [`  not run: ${skipped.join(', ')}`]),
      ...stoppingLines(run),
    ];
  }

  #line(at: number, step: string, text: string): string {
    return `${this.#paint('muted', formatClock(at))}  ${step.padEnd(this.#width)}  ${text}`;
  }
}

/** What is still going on of a run that has ended: nothing, or its call to the hardware. */
export function stoppingLines({ stopping }: Run): string[] {
  if (!stopping) return [];
  return [
    '  its call to the hardware has been told to stop, and has not returned yet; the machine is held until it has',
  ];
}

/** What is under way, in one line: `repave-image 3/5, attempt 2 of 2, 72% layer 4 of 6`. */
export function underWayText(run: Run): string {
  const index = run.steps.findIndex((step) => step.state === StepStatus_State.RUNNING);
  const step = run.steps[index];
  if (step === undefined)
    return run.waitingFor === undefined ? 'waits to begin' : `waits for ${printable(run.waitingFor.detail)}`;
  const parts = [`${step.name} ${index + 1}/${run.steps.length}`];
  if (step.retryCount > 0) parts.push(`attempt ${step.retryCount + 1} of ${step.maxAttempts}`);
  const retryAt = millis(step.nextRetryAt);
  if (retryAt !== undefined) parts.push(`next attempt in ${formatCountdown(retryAt - Date.now())}`);
  return [...parts, ...progressText(step)].join(', ');
}

function progressText({ progress }: StepStatus): string[] {
  if (progress === undefined) return [];
  const share = progress.total > 0 ? `${Math.floor((progress.current / progress.total) * 100)}%` : '';
  return [`${share} ${printable(progress.note)}`.trim()].filter((text) => text !== '');
}

function beginsText(step: StepStatus, attempt: number): string {
  return `${attempt === 1 ? 'begins, ' : ''}attempt ${attempt} of ${step.maxAttempts}`;
}

function endedText(step: StepStatus, took: string, told: string): string {
  const tries = step.retryCount === 0 ? '' : `, attempt ${step.retryCount + 1} of ${step.maxAttempts}`;
  const why = step.state === StepStatus_State.SUCCEEDED || told === '' ? '' : `: ${told}`;
  return `${stepStateWord(step.state)} after ${took}${tries}${why}`;
}
