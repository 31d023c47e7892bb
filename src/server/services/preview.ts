import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { Preview } from '../../core/domain/decide/preview.ts';
import { previewStart } from '../../core/domain/decide/preview.ts';
import type { Estimate, Estimates, PastRun } from '../../core/domain/estimate.ts';
import { estimatesFrom } from '../../core/domain/estimate.ts';
import type { Filter } from '../../core/domain/filter.ts';
import { effectiveState } from '../../core/domain/machine.ts';
import { STEP_KINDS } from '../../core/domain/plan.ts';
import type { RunType } from '../../core/domain/run.ts';
import { capabilitiesIn } from '../../core/ports/provider.ts';
import type { ListQuery, PageKey, RunOrder, RunRow, Store } from '../../core/ports/store.ts';
import { phaseToWire } from '../../wire/convert/machine.ts';
import { planToWire } from '../../wire/convert/plan.ts';
import type { PreviewRunRequest, PreviewRunResponse } from '../../wire/gen/baremetal/v1/run_service_pb.ts';
import { PreviewRunResponseSchema } from '../../wire/gen/baremetal/v1/run_service_pb.ts';
import { answered } from './answers.ts';
import type { ServiceContext } from './context.ts';
import { controlPlaneOf, otherMembers } from './control-plane.ts';
import { machineAnswer } from './machines.ts';
import { findPlan } from './plans.ts';
import { findRun } from './runs.ts';

/** Runs of a plan that its estimates are taken from, the newest ones. */
const HISTORY = 100;
/** So many pages are read for them at most, so that a preview does not read the whole history of other plans. */
const PAGES = 10;

/** Works out what StartRun would do now, and writes nothing. */
export async function previewRun(
  context: ServiceContext,
  request: PreviewRunRequest,
  { type, planId }: { readonly type: RunType; readonly planId: string },
): Promise<PreviewRunResponse> {
  const { store, providers, hub } = context;
  const { machineId, requestId, params, acknowledgeIntervention, acknowledgeCluster } = request;
  const aggregate = await store.load(machineId, requestId === '' ? {} : { requestId });
  const preview = answered(
    previewStart(aggregate, {
      planId,
      plan: await findPlan(store, planId),
      params,
      acknowledgeIntervention,
      acknowledgeCluster,
      controlPlane: controlPlaneOf(aggregate.machine, await otherMembers(store, aggregate.machine)),
      capabilitiesOf: (provider) => capabilitiesIn(providers, provider),
    }),
  );
  const { machine, bound, existingRunId } = preview;
  const estimates = await estimatesOf(store, bound.plan.id, machine.spec.model);
  const existing = existingRunId === null ? null : await findRun(context, existingRunId);
  return create(PreviewRunResponseSchema, {
    machine: await machineAnswer(hub, machine),
    plan: planToWire(bound.plan),
    type,
    params: { ...bound.params },
    steps: stepsToWire(preview, estimates),
    phaseBefore: phaseToWire(effectiveState(machine)),
    phaseAfter: phaseToWire(preview.phaseAfter),
    gates: [...preview.gates],
    allowed: existing !== null || preview.gates.every(({ passed, blocking }) => passed || !blocking),
    ...durationToWire(estimates.whole),
    previewToken: preview.token,
    ...(existing === null ? {} : { existingRun: existing }),
  });
}

function stepsToWire({ bound }: Preview, estimates: Estimates) {
  return bound.plan.steps.map((step) => {
    const { capabilities, destroys } = STEP_KINDS[step.action.kind];
    return {
      name: step.name,
      kind: step.action.kind,
      destroys: destroys ?? '',
      capabilities: [...capabilities],
      ...durationToWire(estimates.steps.get(step.name) ?? null),
    };
  });
}

function durationToWire(estimate: Estimate | null) {
  if (estimate === null) return {};
  const { medianMs, p95Ms, samples, model } = estimate;
  return { estimate: { median: durationFromMs(medianMs), p95: durationFromMs(p95Ms), samples, model } };
}

async function estimatesOf(store: Store, planId: string, model: string): Promise<Estimates> {
  const clauses: Filter['clauses'] = [
    { field: 'plan_id', key: '', op: '=', value: planId },
    { field: 'phase', key: '', op: '=', value: 'SUCCEEDED' },
  ];
  const rows: RunRow[] = [];
  let after: PageKey | null = null;
  // A page may be short where many runs of other plans lie between.
  for (let page = 0; page < PAGES && rows.length < HISTORY; page += 1) {
    const limit = HISTORY - rows.length;
    const query: ListQuery<RunOrder> = { filter: { clauses }, orderBy: 'created_at', descending: true, limit, after };
    const found = await store.runs(query);
    rows.push(...found.rows);
    after = found.next;
    if (after === null) break;
  }
  const ids = [...new Set(rows.map(({ run }) => run.machineId))];
  const machines = await Promise.all(ids.map((id) => store.machine(id)));
  const models = new Map(ids.map((id, at) => [id, machines[at]?.spec.model ?? '']));
  const past = rows.map(({ run }): PastRun => ({ run, model: models.get(run.machineId) ?? '' }));
  return estimatesFrom(past, model);
}
