import { shellQuote } from '../../client/grpcurl.ts';
import { printable } from '../../tui/format/printable.ts';
import { formatCountdown, formatDuration, millis } from '../../tui/format/time.ts';
import { machinePhaseWord, planName, runPhaseWord } from '../../tui/format/words.ts';
import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { Run_Phase, StepStatus_State } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { WaitingFor } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import { WaitingFor_Kind } from '../../wire/gen/baremetal/v1/waiting_pb.ts';
import { isFinished } from '../follow/transitions.ts';
import { phaseOf } from '../machine-words.ts';
import { timeText, tookText } from '../output/when.ts';

/** What is known of a machine or a run when somebody asks why nothing moves. */
export interface Situation {
  /** Null where a run's machine is there no more. */
  readonly machine: Machine | null;
  /** The run that was asked about; else the machine's active one, the one that holds it, or its last. */
  readonly run: Run | null;
  /** Whether the run was asked about, or the machine. */
  readonly about: 'machine' | 'run';
}

/** Something that somebody can do, and the command for it. */
export interface WayOut {
  readonly command: string;
  readonly effect: string;
}

/** What it waits for at this moment; null where it is nothing. */
export function waitingOf({ machine, run, about }: Situation): WaitingFor | null {
  if (run !== null && (about === 'run' || !isFinished(run))) return run.waitingFor ?? null;
  return machine?.status?.waitingFor ?? null;
}

/** What is going on, since when, and what it waits for, a sentence each. */
export function sentences(situation: Situation, now: number): readonly string[] {
  const { machine, run, about } = situation;
  const told: string[] = [];
  if (about === 'machine' && machine !== null) told.push(machineSentence(machine, now));
  if (run !== null) told.push(...runSentences(run, now));
  told.push(waitSentence(waitingOf(situation), now));
  const machineWaits = machine?.status?.waitingFor;
  if (about === 'run' && run !== null && isFinished(run) && machine !== null && machineWaits !== undefined) {
    const subject = `${machine.machineId} waits for`;
    if (run.waitingFor === undefined) told.push(`${subject} ${printable(machineWaits.detail)}.`);
  }
  return told;
}

function machineSentence(machine: Machine, now: number): string {
  const { status, machineId } = machine;
  const active = (status?.activeRunId ?? '') === '' ? ', and no run is under way' : '';
  return `${machineId} is ${machinePhaseWord(phaseOf(machine))} since ${timeText(status?.phaseSince, now)}${active}.`;
}

function runSentences(run: Run, now: number): string[] {
  const by = run.initiatedBy === '' ? '' : ` by ${printable(run.initiatedBy)}`;
  const who = `Run ${run.runId} (${planName(run.planId)}, started${by})`;
  if (isFinished(run)) {
    const why = run.error === undefined ? '' : `: ${printable(run.error.message)}`;
    const took = tookText(run.createdAt, run.finishedAt, now);
    return [
      `${who} of ${run.machineId} ${runPhaseWord(run.phase)} at ${timeText(run.finishedAt, now)} after ${took}${why}.`,
    ];
  }
  const accepted = timeText(run.createdAt, now);
  const server = run.server === '' ? '' : ` on server ${run.server}`;
  if (run.phase === Run_Phase.PENDING) {
    return [`${who} was accepted for ${run.machineId} at ${accepted} and has not begun.`];
  }
  // Between two steps the run is still at the one that has ended.
  const at = run.steps.findIndex(
    ({ state }) => state === StepStatus_State.RUNNING || state === StepStatus_State.WAITING,
  );
  const step = run.steps[at];
  const goesOn = `${who} goes on at ${run.machineId}${server} since ${timeText(run.startedAt, now)}.`;
  if (step === undefined) return [goesOn, 'Its steps are done.'];
  const attempt = `attempt ${step.retryCount + 1} of ${step.maxAttempts}`;
  const place = `step ${step.name} (${at + 1} of ${run.steps.length}), ${attempt}`;
  const since = timeText(step.startedAt, now);
  return [goesOn, since === '' ? `It comes to ${place}.` : `It is in ${place}; the step began at ${since}.`];
}

function waitSentence(waiting: WaitingFor | null, now: number): string {
  if (waiting === null) return 'It waits for nothing.';
  const since = millis(waiting.since);
  const until = millis(waiting.until);
  const long = since === undefined ? '' : `, for ${formatDuration(now - since)} so far`;
  const atMost = until === undefined ? '' : `, ${untilText(waiting.kind, until - now)}`;
  return `It waits for ${printable(waiting.detail)}${long}${atMost}.`;
}

function untilText(kind: WaitingFor_Kind, leftMs: number): string {
  if (kind === WaitingFor_Kind.BACK_OFF)
    return leftMs <= 0 ? 'which is due' : `which comes in ${formatCountdown(leftMs)}`;
  return leftMs <= 0 ? 'and its time is up' : `and at most ${formatCountdown(leftMs)} more`;
}

/** What would unblock it, the most fitting first; none where nothing keeps it. */
export function waysOut(situation: Situation): readonly WayOut[] {
  const { machine, run } = situation;
  const waiting = waitingOf(situation) ?? machine?.status?.waitingFor ?? null;
  const machineId = machine?.machineId ?? run?.machineId ?? '';
  const runId = waiting?.runId || run?.runId || '';
  const cancel: WayOut = { command: `bmdemo cancel ${runId} --reason TEXT`, effect: 'ends the run' };
  switch (waiting?.kind) {
    case undefined:
      return machine === null ? [] : withoutWaiting(machine);
    case WaitingFor_Kind.PROVIDER:
      return [
        {
          command: `bmdemo logs ${runId} --follow`,
          effect: 'shows what the call does; it ends by itself or at its deadline',
        },
        cancel,
      ];
    case WaitingFor_Kind.BACK_OFF:
      return [{ command: `bmdemo retry-now ${runId}`, effect: 'begins the next attempt at once' }, cancel];
    case WaitingFor_Kind.SLOT:
      return [{ command: whoHas(waiting.scope), effect: 'shows who has the places; one that ends makes room' }, cancel];
    case WaitingFor_Kind.STOPPING:
      return [
        {
          command: `bmdemo resolve ${machineId} --release-stuck --reason TEXT`,
          effect: 'frees the machine by hand, where nothing works on the hardware any more',
        },
      ];
    case WaitingFor_Kind.INTERVENTION:
      return [
        ...(run === null ? [] : [{ command: `bmdemo logs ${run.runId}`, effect: 'shows what the last run did' }]),
        { command: `bmdemo resolve ${machineId} --reason TEXT`, effect: 'says that somebody has looked' },
        { command: `bmdemo repave ${machineId} --acknowledge`, effect: 'begins anew all the same' },
        { command: `bmdemo rma ${machineId} --reason TEXT`, effect: 'gives the hardware up for replacement' },
      ];
    case WaitingFor_Kind.RECOVERY:
      return [
        { command: 'bmdemo serve --store …', effect: 'a server on the same store takes the run up again by itself' },
        cancel,
      ];
    case WaitingFor_Kind.APPROVAL:
      return [{ command: `bmdemo approve ${runId} --reason TEXT`, effect: 'lets the step begin' }, cancel];
    case WaitingFor_Kind.REPLACEMENT:
      return [
        {
          command: `bmdemo complete-rma ${machineId} --serial TEXT --mac ADDRESS --bmc ADDRESS --reason TEXT`,
          effect: 'says that new hardware is there',
        },
        { command: `bmdemo retire ${machineId} --reason TEXT`, effect: 'takes it out of the fleet for good' },
      ];
    default:
      return [];
  }
}

/** The command that shows the runs with a place in a scope; also a run that has ended keeps it while its call holds the machine. */
function whoHas(scope: string): string {
  const [, kind, name] = /^(rack|cluster|provider)=(.*)$/.exec(scope) ?? [];
  if (kind === undefined || name === undefined) return 'bmdemo runs --filter phase=RUNNING';
  if (/^[\w.-]+$/.test(name)) return `bmdemo list --filter ${kind}=${name}`;
  return `bmdemo list --filter ${shellQuote(`${kind}="${name.replace(/["\\]/g, '\\$&')}"`)}`;
}

/** Nobody has to be waited for, and yet the machine may be where it does no work. */
function withoutWaiting(machine: Machine): readonly WayOut[] {
  const { machineId } = machine;
  if (phaseOf(machine) !== MachineStatus_Phase.MAINTENANCE) return [];
  return [
    { command: `bmdemo maintenance exit ${machineId} --reason TEXT`, effect: 'puts it back where its conditions say' },
    { command: `bmdemo repave ${machineId}`, effect: 'brings it back with a fresh image' },
  ];
}
