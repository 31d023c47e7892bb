import type { Aggregate } from '../aggregate.ts';
import { decisionTime } from '../aggregate.ts';
import type { BoundPlan } from '../bind.ts';
import { bindPlan } from '../bind.ts';
import type { ControlPlane } from '../control-plane.ts';
import { happen, happeningOfSuccess } from '../lifecycle.ts';
import type { Machine, MachinePhase } from '../machine.ts';
import type { Plan } from '../plan.ts';
import { planTraits } from '../plan.ts';
import type { Refusal } from '../refusal.ts';
import { refuse, refuseFields } from '../refusal.ts';
import { machineNotFound } from './decision.ts';
import { fingerprint, refuseReuse } from './request.ts';
import type { Starting } from './start-gates.ts';
import { START_GATES } from './start-gates.ts';

/** What one gate found. */
export interface GateFinding {
  readonly reason: string;
  readonly title: string;
  readonly passed: boolean;
  readonly message: string;
  /** False: it is a warning, and StartRun is not refused by it. */
  readonly blocking: boolean;
}

/** What StartRun would do. */
export interface Preview {
  readonly kind: 'preview';
  readonly machine: Machine;
  readonly bound: BoundPlan;
  readonly phaseAfter: MachinePhase;
  readonly gates: readonly GateFinding[];
  /** The run of the same request, which StartRun would answer. */
  readonly existingRunId: string | null;
  readonly token: string;
}

/** A request whose effect is asked for. */
export interface PreviewRun extends Starting {
  readonly params: Readonly<Record<string, string>>;
}

/** Works out what StartRun would do, with every gate and not only the first that refuses. */
export function previewStart(aggregate: Aggregate, asked: PreviewRun): Preview | Refusal {
  const { machine, request } = aggregate;
  const print = fingerprint({ plan_id: asked.planId, params: asked.params });
  if (request !== null) {
    const reused = refuseReuse(aggregate.machineId, request, 'StartRun', print);
    if (reused !== null) return reused;
  }
  if (asked.plan === null) {
    return refuse('NOT_FOUND', 'PLAN_NOT_FOUND', `there is no plan ${asked.planId}`, { plan_id: asked.planId });
  }
  if (machine === null) return machineNotFound(aggregate.machineId);
  const bound = bindPlan(asked.plan, asked.params, machine);
  if (!('plan' in bound)) return refuseFields(bound);
  const gates = START_GATES.map((gate): GateFinding => {
    const refusal = gate.check(aggregate, machine, asked);
    const { title } = gate;
    if (refusal !== null) {
      return { reason: refusal.reason, title, passed: false, message: refusal.message, blocking: true };
    }
    const warning = gate.warning?.(machine, asked) ?? null;
    const message = warning ?? gate.passed(machine, asked);
    return { reason: gate.reason, title, passed: warning === null, message, blocking: warning === null };
  });
  return {
    kind: 'preview',
    machine,
    bound,
    phaseAfter: phaseAfter(aggregate, machine, asked.plan),
    gates,
    existingRunId: request?.runId ?? null,
    token: tokenOf(machine, bound, asked.controlPlane),
  };
}

/** The phase that the lifecycle's table has for the good end of the plan on this machine. */
function phaseAfter(aggregate: Aggregate, machine: Machine, plan: Plan): MachinePhase {
  const context = { now: decisionTime(aggregate), reason: '', message: '', originPhase: machine.phase };
  return happen(machine, happeningOfSuccess(planTraits(plan)), context).phase;
}

/** Stands between the parts of a token. No shell takes it, or what is escaped, for anything. */
const SEPARATOR = ':';

/**
 * Everything a preview shows that can change: the machine by its revision, and by when it was registered, because one of the same
 * name that comes after it counts anew; the plan by its version, likewise; the params as they were bound, the control plane by its numbers.
 * It is no secret and proves nothing; it is compared.
 */
function tokenOf(machine: Machine, { plan, params }: BoundPlan, controlPlane: ControlPlane | null): string {
  const peers = controlPlane === null ? '' : `${controlPlane.serving}/${controlPlane.members}`;
  const ofMachine = `${machine.createdAt}.${machine.revision}`;
  const ofPlan = `${plan.createdAt}.${plan.version}`;
  return [machine.id, ofMachine, plan.id, ofPlan, fingerprint(params), peers].map(escaped).join(SEPARATOR);
}

function escaped(part: string | number): string {
  const hex = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(String(part)).replace(/[!'()*~]/g, hex);
}

/** Refuses a start that was previewed where what the preview showed has changed; null where it has not, or was not compared. */
export function refuseStalePreview(
  machine: Machine,
  { previewToken, controlPlane }: { readonly previewToken: string } & Pick<Starting, 'controlPlane'>,
  bound: BoundPlan,
): Refusal | null {
  const token = tokenOf(machine, bound, controlPlane);
  if (previewToken === '' || previewToken === token) return null;
  const names = ['machine', `machine ${machine.id}`, 'plan', `plan ${bound.plan.id}`, 'params', 'its control plane'];
  const now = token.split(SEPARATOR);
  const shown = previewToken.split(SEPARATOR);
  const changed = names.filter((_, at) => shown[at] !== now[at]);
  const isToken = shown.length === now.length && changed.length > 0;
  const why = isToken ? `the preview is out of date (${changed.join(', ')} changed since)` : 'that is no preview token';
  return refuse('ABORTED', 'PREVIEW_STALE', `${why}; look at a new preview and start with that`, {
    machine_id: machine.id,
  });
}
