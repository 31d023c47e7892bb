import { durationMs } from '@bufbuild/protobuf/wkt';
import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Plan, Step } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { DurationEstimate, PreviewRunResponse } from '../../wire/gen/baremetal/v1/run_service_pb.ts';
import type { DialogFact } from '../store/dialog.ts';
import { formatClock, formatDuration } from './time.ts';
import { count, machinePhaseWord, planName } from './words.ts';

/** What a run would do to a machine: as far as it is known here, then as the server works it out. */
export interface Proposal {
  readonly machine: Machine;
  /** What is carried out; undefined: the server has not told of its plans yet. */
  readonly plan: Plan | undefined;
  /** How the plan is called where it is not known. */
  readonly planId: string;
  readonly params: Readonly<Record<string, string>>;
  /** The phases that the machine goes through, by their words. */
  readonly phases: readonly string[];
  /** How long it took before. */
  readonly took: string;
  /** What speaks against it, as sentences. */
  readonly warnings: readonly string[];
}

/** The proposal as far as it is known without asking. */
export function proposalOf(machine: Machine, plan: Plan | undefined, planId: string): Proposal {
  const now = machine.status === undefined ? 'unknown' : machinePhaseWord(machine.status.phase);
  const end = endPhase(plan) ?? now;
  const params = Object.fromEntries((plan?.params ?? []).map(({ name, defaultValue = '' }) => [name, defaultValue]));
  return { machine, plan, planId, params, phases: through(now, end, plan), took: '…', warnings: [] };
}

/** The proposal as the server has worked it out. */
export function proposalFrom(preview: PreviewRunResponse, before: Proposal): Proposal {
  const { machine = before.machine, plan = before.plan, params, phaseBefore, phaseAfter, gates } = preview;
  return {
    machine,
    plan,
    planId: before.planId,
    params,
    phases: through(machinePhaseWord(phaseBefore), machinePhaseWord(phaseAfter), plan),
    took: tookBefore(preview.estimate),
    warnings: gates.filter(({ passed }) => !passed).map(({ message }) => message),
  };
}

/** What a dialog says of a proposal. @param shown the params that the dialog has fields for */
export function proposalFacts(proposal: Proposal, shown: readonly string[]): readonly DialogFact[] {
  const { machine, plan, params, phases, took, warnings } = proposal;
  const facts: DialogFact[] = [
    { name: 'machine', text: describeMachine(machine) },
    { name: 'plan', text: describePlan(proposal) },
  ];
  const image = plan?.steps.find(({ kind }) => kind.case === 'repave');
  if (image?.kind.case === 'repave') {
    const ref = filled(image.kind.value.imageRef, params);
    facts.push({ name: 'destroys', text: `everything on its disk: ${image.name} writes ${ref}`, tone: 'error' });
  }
  const does = [...new Set((plan?.steps ?? []).flatMap(effectOf))].join(', ');
  if (does !== '') facts.push({ name: 'does', text: does });
  const given = Object.entries(params).filter(([name, value]) => value !== '' && !shown.includes(name));
  if (given.length > 0) facts.push({ name: 'with', text: given.map(([name, value]) => `${name}=${value}`).join(' ') });
  facts.push({ name: 'phase', text: phases.join(' → ') }, { name: 'took', text: took });
  return [...facts, ...warnings.map((text) => ({ name: 'attention', text, tone: 'warn' as const }))];
}

/** Why a machine needs intervention, and that going on acknowledges it. @param since in ms since 1970 */
export function interventionFacts(message: string, since: number | undefined): readonly DialogFact[] {
  const when = since === undefined ? '' : ` since ${formatClock(since)}`;
  return attentionFacts(`needs intervention${when}: ${message}`);
}

/** What has to be seen before one goes on, and that going on acknowledges it. */
export function attentionFacts(text: string): readonly DialogFact[] {
  return [
    { name: 'attention', text, tone: 'warn' },
    { name: '', text: 'Going on says that you have seen this.', tone: 'warn' },
  ];
}

/** A machine in a line: its id, where it stands, and where it belongs. */
export function describeMachine({ machineId, spec, status }: Machine): string {
  const parts = [machineId];
  if (spec?.rack) parts.push(`rack ${spec.rack}`);
  if (spec?.targetCluster?.clusterId) parts.push(`cluster ${spec.targetCluster.clusterId}`);
  if (status !== undefined) parts.push(machinePhaseWord(status.phase));
  return parts.join(' · ');
}

/** Whether what is on the machine's disk is lost. */
export function isDestructive(plan: Plan | undefined): boolean {
  return plan?.steps.some(({ kind }) => kind.case === 'repave') === true;
}

function describePlan({ plan, planId }: Proposal): string {
  if (plan === undefined) return planName(planId);
  return `${planName(plan.planId)}, ${count(plan.steps.length, 'step')}: ${plan.steps.map(({ name }) => name).join(', ')}`;
}

/** What people in front of the machine notice of a step; nothing for those that only look or prepare. */
function effectOf({ kind }: Step): readonly string[] {
  switch (kind.case) {
    case 'reboot':
      return ['restarts it'];
    case 'drain':
      return ['moves its workloads away'];
    case 'powerOff':
      return ['shuts it down'];
    case 'rma':
      return ['marks it for replacement'];
    case 'net':
      return ['changes its network'];
    case 'join':
      return ['joins its cluster'];
    default:
      return [];
  }
}

function endPhase(plan: Plan | undefined): string | undefined {
  const kinds = new Set(plan?.steps.map(({ kind }) => kind.case) ?? []);
  if (kinds.has('rma')) return 'RMA';
  if (!kinds.has('repave')) return undefined;
  return kinds.has('join') ? 'IN_SERVICE' : 'READY';
}

/** From one phase to the other by PROVISIONING; with a fresh image also by READY. */
function through(before: string, after: string, plan: Plan | undefined): readonly string[] {
  const between = isDestructive(plan) && after !== 'READY' ? ['PROVISIONING', 'READY'] : ['PROVISIONING'];
  return [before, ...between, after];
}

function tookBefore(estimate: DurationEstimate | undefined): string {
  if (estimate?.median === undefined) return 'no run of this plan has succeeded so far';
  const model = estimate.model === '' ? '' : ` on ${estimate.model}`;
  return `${formatDuration(durationMs(estimate.median))}${model}, the median of ${count(estimate.samples, 'run')}`;
}

/** `{{name}}` with the value that it stands for. */
function filled(text: string, params: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{([a-z0-9_]+)\}\}/g, (whole, name: string) => params[name] || whole);
}
