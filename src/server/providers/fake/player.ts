import type { StepCall, StepOutcome } from '../../../core/ports/provider.ts';
import type { Dice } from './dice.ts';
import { type Fault, faultStage } from './faults/fault.ts';
import type { Standstills } from './faults/standstill.ts';
import type { Pace } from './pace.ts';
import type { LogLine, Procedure, Stage } from './procedure.ts';
import type { FakeWorld, MachineState, WrittenBy } from './world/world.ts';

/** What it takes to play a procedure for one call. */
export interface Play {
  readonly call: StepCall;
  readonly callId: number;
  readonly by: WrittenBy;
  readonly procedure: Procedure;
  readonly fault: Fault | null;
  readonly pace: Pace;
  readonly dice: Dice;
  readonly world: FakeWorld;
  readonly standstills: Standstills;
}

/** Longer lines are cut; what goes into a line may come from a caller's params. */
const LONGEST_LINE = 4_000;

/**
 * Carries a step out, stage by stage: log lines and progress spread over its time, effects at the end of their stages,
 * and the fault, if there is one, where it begins. Says done only after the state was read back.
 */
export async function play(it: Play): Promise<StepOutcome> {
  const { stages } = it.procedure;
  const faultAt = it.fault === null ? -1 : faultStage(it.fault, stages.length);
  let pretending = false;
  for (const [index, stage] of stages.entries()) {
    tellProgress(it, index, 0);
    if (index === faultAt) {
      const ended = await misbehave(it, index);
      if (ended !== null) return ended;
      pretending = it.fault?.misbehaviour.kind === 'lie';
    }
    const ended = (await playLines(it, index, stage)) ?? (pretending ? null : await write(it, stage.effect));
    if (ended !== null) return ended;
  }
  tellProgress(it, stages.length, 0);
  if (faultAt === stages.length) {
    const ended = await misbehave(it, stages.length - 1);
    if (ended !== null) return ended;
  }
  return readBack(it);
}

async function playLines(it: Play, index: number, { lines }: Stage): Promise<StepOutcome | null> {
  const beats = Math.max(1, lines.length);
  for (let beat = 0; beat < beats; beat += 1) {
    const line = lines[beat];
    if (line !== undefined) log(it, line);
    if (!(await it.pace.reach(partOver(it.procedure, index, (beat + 1) / beats)))) return stopped(it, index);
    if (beat + 1 < beats) tellProgress(it, index, (beat + 1) / beats);
  }
  return null;
}

/** Does what the fault says at the beginning of a stage; null where the step goes on after it. */
async function misbehave(it: Play, index: number): Promise<StepOutcome | null> {
  const misbehaviour = it.fault?.misbehaviour;
  switch (misbehaviour?.kind) {
    case undefined:
    case 'lie':
      return null;
    case 'fail': {
      const { usualFailure } = it.procedure;
      const message = misbehaviour.message || usualFailure.message;
      return failed(it, misbehaviour.code || usualFailure.code, message, misbehaviour.terminal);
    }
    case 'hang':
      await whenAborted(it.call.signal);
      return stopped(it, index);
    case 'ignore-abort':
      await it.standstills.stand(it.call.machine.id, it.call.signal, misbehaviour.forMs);
      it.pace.rush();
      return null;
    case 'late':
      return (await it.pace.pause(misbehaviour.byMs)) ? null : stopped(it, index);
    case 'throw':
      throw it.dice.pick(NONSENSE)();
    case 'unknown': {
      const message = `lost contact in ${whereabouts(it, index)}: what became of it is not known`;
      log(it, { stderr: message });
      const stale = misbehaviour.effect === 'done' ? await writeRest(it, index) : null;
      return stale ?? { kind: 'unknown', message };
    }
  }
}

/** What a driver from somewhere else might reject with. */
const NONSENSE: readonly [() => unknown, ...(() => unknown)[]] = [
  () => undefined,
  () => null,
  () => 42,
  () => 'segmentation fault',
  () => Symbol('nonsense'),
  () => Object.create(null),
  () => new Error(''),
];

async function writeRest(it: Play, from: number): Promise<StepOutcome | null> {
  for (const { effect } of it.procedure.stages.slice(from)) {
    const stale = await write(it, effect);
    if (stale !== null) return stale;
  }
  return null;
}

async function write(it: Play, effect: Partial<MachineState> | undefined): Promise<StepOutcome | null> {
  if (effect === undefined) return null;
  const answer = await it.world.write(it.callId, effect);
  return answer === 'written' ? null : staleToken(it.call);
}

async function readBack(it: Play): Promise<StepOutcome> {
  const state = await it.world.read(it.call.machine.id);
  const { runId, step, attempt } = it.by;
  const mine = (by: WrittenBy | null) => by?.runId === runId && by.step === step && by.attempt === attempt;
  const lack =
    state === null ? { code: 'READ_BACK', message: 'nothing is known of it' } : it.procedure.lacks(state, mine);
  if (lack !== null) return failed(it, lack.code, lack.message, false);
  return { kind: 'done', message: oneLine(it.procedure.done) };
}

/** The answer to a token that is older than one seen before; nothing can make it good. */
export function staleToken({ token, machine }: StepCall): StepOutcome {
  const message = `${machine.id} has seen a newer fence than ${token.fence}: this call has lost the machine`;
  return { kind: 'failed', terminal: true, code: 'STALE_TOKEN', message };
}

function stopped(it: Play, index: number): StepOutcome {
  return failed(it, 'ABORTED', `aborted in ${whereabouts(it, index)}`, false);
}

function failed(it: Play, code: string, message: string, terminal: boolean): StepOutcome {
  log(it, { stderr: message });
  return { kind: 'failed', terminal, code, message: oneLine(message) };
}

function whereabouts({ procedure }: Play, index: number): string {
  return `stage ${index + 1} of ${procedure.stages.length}, ${procedure.stages[index]?.note ?? ''}`;
}

function log({ call }: Play, line: LogLine): void {
  if (typeof line === 'string') call.log('stdout', oneLine(line));
  else call.log('stderr', oneLine(line.stderr));
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, LONGEST_LINE);
}

function tellProgress({ call, procedure }: Play, index: number, within: number): void {
  const { stages, unit } = procedure;
  const stage = stages[index];
  const note = stage === undefined ? 'done' : `${index + 1}/${stages.length} ${stage.note}`;
  if (unit === '%') call.progress(Math.floor(100 * partOver(procedure, index, within)), 100, unit, note);
  else if (within === 0) call.progress(index, stages.length, unit, note);
}

/** How much of the step is over when a stage is `within` of its way, from 0 to 1. */
function partOver({ stages }: Procedure, index: number, within: number): number {
  const sum = (some: readonly Stage[]) => some.reduce((total, { share }) => total + share, 0);
  return (sum(stages.slice(0, index)) + within * (stages[index]?.share ?? 0)) / sum(stages);
}

function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
