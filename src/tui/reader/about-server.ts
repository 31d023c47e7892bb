import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Run, StepStatus } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { fractionOf } from '../format/progress.ts';
import { count, machinePhaseWord, runPhaseWord, withShortRunIds } from '../format/words.ts';
import { conditionOf } from '../store/condition.ts';
import type { ConnectionState } from '../store/connection.ts';
import { keyFor } from '../store/key-names.ts';
import { isActive, runsSince } from '../store/runs.ts';
import { shownRun } from '../store/select.ts';
import { compareNatural } from '../store/sorted-ids.ts';
import type { ConsoleState } from '../store/state.ts';
import { runName, spoken, stepSentences, summarySentences } from './words.ts';

/** Of more things than these that change together, their number is said. */
const MAX_EACH = 6;

/** What the server has told: how the connection is, what became of machines and runs. */
export function serverNews(before: ConsoleState, after: ConsoleState): readonly string[] {
  return [...connectionNews(before, after), ...machineNews(before, after), ...runNews(before, after)];
}

function connectionNews({ connection: was }: ConsoleState, { connection: is }: ConsoleState): readonly string[] {
  const lines: string[] = [];
  // Its countdown is no news: that it is lost is said once.
  if (was.link.kind !== is.link.kind && is.link.kind !== 'connected') lines.push(linkSentence(is));
  if (was.link.kind === 'lost' && is.link.kind === 'connected') lines.push(`The server ${is.label} is back.`);
  if (was.server === undefined && is.server !== undefined) {
    const { user, storeKind, durable } = is.server;
    const who = user === '' ? '' : ` as ${user}`;
    const kept = durable ? '' : ', gone when the server ends';
    lines.push(`${is.attached ? 'Attached to' : 'Local server'} ${is.label}${who}. State is in ${storeKind}${kept}.`);
  }
  return lines;
}

/** How the connection is, in a sentence. */
export function linkSentence({ link, label }: ConnectionState): string {
  switch (link.kind) {
    case 'none':
      return 'There is no server yet.';
    case 'starting':
      return 'Starting the server in this process.';
    case 'connecting':
      return `Connecting to ${label}.`;
    case 'connected':
      return `Connected to ${label}.`;
    case 'lost':
      return spoken(
        `${link.reached ? 'Lost' : 'No server at'} ${label}: ${link.message}. Trying again until it answers.`,
      );
  }
}

function machineNews(before: ConsoleState, after: ConsoleState): readonly string[] {
  if (before.machines === after.machines || !after.machines.loaded) return [];
  if (!before.machines.loaded) return [inventorySentence(after)];
  const lines: string[] = [];
  let members = false;
  for (const id of after.machines.byId.changedSince(before.machines.byId).sort(compareNatural)) {
    const [was, is] = [before.machines.byId.get(id), after.machines.byId.get(id)];
    if (was === undefined || is === undefined) members = true;
    else lines.push(...changesOf(was, is));
  }
  if (members) lines.push(inventorySentence(after));
  return atMost(lines, 'changes of machines');
}

/** How many machines there are, or what to do where there is none. */
export function inventorySentence(state: ConsoleState): string {
  const { total, inService, busy, attention } = state.machines.tally.counts;
  const help = `${keyFor(state, 'program.help')} says what every key does.`;
  if (total === 0) {
    const fake = state.connection.server?.hasFake === true && !state.settings.readOnly;
    const demo = fake ? ` ${keyFor(state, 'machines.import-demo')} imports 3 demo machines.` : '';
    return `No machines yet.${demo} ${help}`;
  }
  const parts = [count(total, 'machine'), `${inService} in service`];
  if (busy > 0) parts.push(`${busy} busy`);
  if (attention > 0) parts.push(`${attention} need attention`);
  return `${parts.join(', ')}.`;
}

function changesOf(was: Machine, is: Machine): readonly string[] {
  const lines: string[] = [];
  const [from, to] = [was.status?.phase, is.status?.phase];
  if (from !== to && to !== undefined) lines.push(`${is.machineId} is ${machinePhaseWord(to)} now.`);
  const [asked, asks] = [was, is].map((machine) => conditionOf(machine, 'NeedsIntervention'));
  if (asked === undefined && asks !== undefined)
    lines.push(spoken(`${is.machineId} needs intervention: ${withShortRunIds(asks.message)}`));
  if (asked !== undefined && asks === undefined) lines.push(`${is.machineId} needs no intervention any more.`);
  const [held, holds] = [was, is].map((machine) => (machine.status?.stoppingRunId ?? '') !== '');
  if (!held && holds) lines.push(`${is.machineId} is held until the last call of its run has returned.`);
  if (held && !holds) lines.push(`${is.machineId} is not held any more.`);
  return lines;
}

function runNews(before: ConsoleState, after: ConsoleState): readonly string[] {
  if (before.runs === after.runs) return [];
  const shown = shownRun(after)?.runId;
  const begun: string[] = [];
  const steps: string[] = [];
  const ended: string[] = [];
  for (const run of runsSince(after.runs, before.runs)) {
    const known = before.runs.byId.get(run.runId);
    if (known === undefined) {
      if (isActive(run)) begun.push(`Begun: ${runName(run)}.`);
    } else if (isActive(known) && !isActive(run)) {
      const [end = runPhaseWord(run.phase)] = summarySentences(run, after).slice(-1);
      const why = run.error === undefined ? '' : spoken(`: ${run.error.message}`);
      ended.push(`Ended: ${runName(run)}, ${end}${why}`);
    }
    if (run.runId === shown) steps.push(...stepNews(known, run, after));
  }
  // In the order in which one led to the other.
  return [...atMost(begun, 'runs have begun'), ...steps, ...atMost(ended, 'runs have ended')];
}

function stepNews(was: Run | undefined, run: Run, state: ConsoleState): readonly string[] {
  if (was === undefined && !isActive(run)) return [];
  return stepSentences(run, state).filter((_, at) => {
    const [old, step] = [was?.steps[at], run.steps[at]];
    return step !== undefined && (old === undefined ? hasBegun(step) : saysSomethingNew(old, step));
  });
}

function hasBegun({ startedAt }: StepStatus): boolean {
  return startedAt !== undefined;
}

/** Parts of a step's way that are told: a quarter each. */
const QUARTERS = 4;

function saysSomethingNew(was: StepStatus, is: StepStatus): boolean {
  const quarter = ({ progress }: StepStatus) => Math.floor((fractionOf(progress) ?? 0) * QUARTERS);
  return (
    was.state !== is.state ||
    was.retryCount !== is.retryCount ||
    (was.nextRetryAt === undefined) !== (is.nextRetryAt === undefined) ||
    quarter(is) > quarter(was)
  );
}

function atMost(lines: readonly string[], what: string): readonly string[] {
  if (lines.length <= MAX_EACH) return lines;
  return [...lines.slice(0, MAX_EACH), `And ${lines.length - MAX_EACH} more ${what}.`];
}
