import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { Run, StepStatus } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase as Phase, StepStatus_State as State } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { WaitingFor_Kind } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import type { Tone } from '../theme/theme.ts';
import { cellWidth, fitCells, wrap } from './cells.ts';
import { spinner } from './machine-row.ts';
import { printable } from './printable.ts';
import { formatPercent, fractionOf, progressBar } from './progress.ts';
import type { Line, Segment } from './segment.ts';
import { formatCountdown, formatDuration, millis } from './time.ts';
import { runPhaseWord, withShortRunIds } from './words.ts';

/** What a timeline depends on beside its run. */
export interface TimelineContext {
  readonly width: number;
  readonly glyphs: Glyphs;
  /** ms since 1970. */
  readonly now: number;
  readonly frame: number;
}

const DURATION = 7;
const BAR = 8;
/** Rows that a reason may take: a longer one is whole in the log. */
const MAX_REASON_ROWS = 4;

const LOOKS: Readonly<Record<string, { readonly glyph: keyof Glyphs; readonly tone: Tone }>> = {
  [State.WAITING]: { glyph: 'waiting', tone: 'muted' },
  [State.SUCCEEDED]: { glyph: 'done', tone: 'ok' },
  [State.FAILED]: { glyph: 'failed', tone: 'error' },
  [State.CANCELED]: { glyph: 'canceled', tone: 'warn' },
  [State.SKIPPED]: { glyph: 'skipped', tone: 'muted' },
};

/** A line for each step: its sign, name, duration, and what there is to say of it. */
export function stepLines(run: Run, context: TimelineContext): readonly Line[] {
  const name = Math.max(0, ...run.steps.map((step) => cellWidth(step.name)));
  return run.steps.map((step) => stepLine(step, run, Math.min(name, context.width - DURATION - 6), context));
}

/** What is to be said of the run as a whole, below its steps: what it waits for, why it failed, how it ended. */
export function summaryLines(run: Run, context: TimelineContext): readonly Line[] {
  const lines: Line[] = [];
  if (run.error !== undefined) {
    const { code, message } = run.error;
    lines.push(...reason(`${context.glyphs.failed} ${code}: ${printable(message)}`, 'error', context));
  }
  if (run.stopping) {
    const text = `${context.glyphs.attention} its last call to the hardware has not returned: the machine is held until it has`;
    lines.push(...reason(text, 'warn', context));
  }
  // What a run that has ended waits for is that call, which has been said.
  const waiting = run.stopping ? '' : waitingFor(run, context.now);
  if (waiting !== '') lines.push(...reason(waiting, 'muted', context));
  lines.push([outcome(run, context.now)]);
  return lines;
}

function stepLine(step: StepStatus, run: Run, nameWidth: number, context: TimelineContext): Line {
  const { glyphs, width } = context;
  const retryAt = step.state === State.RUNNING ? millis(step.nextRetryAt) : undefined;
  const look = LOOKS[step.state];
  const tone = look?.tone ?? (retryAt === undefined ? 'busy' : 'warn');
  const running = retryAt === undefined ? spinner(glyphs, context.frame) : glyphs.retrying;
  const sign = look === undefined ? running : String(glyphs[look.glyph]);
  const head: Segment[] = [
    { text: `${sign} `, tone },
    {
      text: fitCells(step.name, nameWidth, 'left', glyphs.ellipsis),
      ...(step.state === State.RUNNING ? {} : { tone }),
    },
    { text: fitCells(durationOf(step, run, context.now), DURATION + 1, 'right'), tone: 'muted' },
  ];
  const room = width - nameWidth - DURATION - 5;
  return [...head, { text: '  ' }, ...detail(step, retryAt, room, context)];
}

function detail(step: StepStatus, retryAt: number | undefined, room: number, { now }: TimelineContext): Line {
  const attempts = step.maxAttempts > 1 ? `attempt ${step.retryCount + 1} of ${step.maxAttempts}` : '';
  switch (step.state) {
    case State.RUNNING: {
      if (retryAt !== undefined) {
        const next = `attempt ${step.retryCount + 2} of ${step.maxAttempts} in ${formatCountdown(retryAt - now)}`;
        return [{ text: next, tone: 'warn' }];
      }
      const fraction = fractionOf(step.progress);
      const attempt: Segment = { text: attempts, tone: step.retryCount > 0 ? 'warn' : 'muted' };
      if (fraction === undefined) return [attempt];
      const bar = `${progressBar(fraction, BAR)}${formatPercent(fraction)}`;
      const both = attempts.length + 2 + bar.length <= room && attempts !== '';
      return both ? [attempt, { text: '  ' }, { text: bar, tone: 'busy' }] : [{ text: bar, tone: 'busy' }];
    }
    case State.SUCCEEDED:
      return step.retryCount > 0 ? [{ text: `at ${attempts}`, tone: 'warn' }] : [];
    case State.FAILED:
      return [{ text: step.maxAttempts > 1 ? `failed at ${attempts}` : 'failed', tone: 'error' }];
    case State.CANCELED:
      return [{ text: 'canceled', tone: 'warn' }];
    case State.SKIPPED:
      return [{ text: 'not run', tone: 'muted' }];
    default:
      return [];
  }
}

function durationOf(step: StepStatus, run: Run, now: number): string {
  const start = millis(step.startedAt);
  if (start === undefined) return '';
  // A step of a run that has ended does not go on counting, whatever it lacks.
  return formatDuration((millis(step.finishedAt) ?? millis(run.finishedAt) ?? now) - start);
}

/** What the run waits for: as the server says, or, where an event came without it, as its step under way does. */
function waitingFor(run: Run, now: number): string {
  const { detail = '', until, kind } = run.waitingFor ?? {};
  const step = isOver(run) ? undefined : run.steps.find(({ state }) => state === State.RUNNING);
  if (detail !== '') {
    // A back-off ends then; everything else ends then at the latest.
    const when = kind === WaitingFor_Kind.BACK_OFF ? backOffLeft(until, now) : left(until, now);
    return `waiting for: ${withShortRunIds(printable(detail))}${when}`;
  }
  if (step === undefined) return '';
  if (step.nextRetryAt !== undefined) return `the last attempt failed: ${printable(step.message)}`;
  const note = step.progress?.note ?? '';
  return `waiting for: ${step.name}${note === '' ? '' : `, ${printable(note)}`}${left(step.deadline, now)}`;
}

function left(until: Timestamp | undefined, now: number): string {
  const at = millis(until);
  return at === undefined ? '' : `, at most ${formatCountdown(at - now)} more`;
}

function backOffLeft(until: Timestamp | undefined, now: number): string {
  const at = millis(until);
  return at === undefined ? '' : `, in ${formatCountdown(at - now)}`;
}

function isOver({ phase }: Run): boolean {
  return phase !== Phase.PENDING && phase !== Phase.RUNNING;
}

function outcome(run: Run, now: number): Segment {
  const start = millis(run.startedAt);
  const end = millis(run.finishedAt);
  const word = runPhaseWord(run.phase);
  switch (run.phase) {
    case Phase.PENDING:
      return { text: `${word}: accepted, not begun`, tone: 'busy' };
    case Phase.RUNNING:
      return { text: start === undefined ? word : `${word} for ${formatDuration(now - start)}`, tone: 'busy' };
    default: {
      const took = start === undefined || end === undefined ? '' : ` after ${formatDuration(end - start)}`;
      const by = run.canceledBy === '' ? '' : ` by ${printable(run.canceledBy)}`;
      const tone = run.phase === Phase.SUCCEEDED ? 'ok' : run.phase === Phase.FAILED ? 'error' : 'warn';
      return { text: `${word}${took}${by}`, tone };
    }
  }
}

function reason(text: string, tone: Tone, { width, glyphs }: TimelineContext): readonly Line[] {
  return wrap(text, width, MAX_REASON_ROWS, glyphs.ellipsis).map((line) => [{ text: line, tone }]);
}
