import { create } from '@bufbuild/protobuf';
import type { Aggregate } from '../../core/domain/aggregate.ts';
import { runOf } from '../../core/domain/aggregate.ts';
import { decideApprove, refuseFinished } from '../../core/domain/decide/approve-step.ts';
import { decideCancel, decideRetryNow } from '../../core/domain/decide/cancel-run.ts';
import type { Decision } from '../../core/domain/decide/decision.ts';
import type { StartRun } from '../../core/domain/decide/start-run.ts';
import { decideStartRun } from '../../core/domain/decide/start-run.ts';
import type { Refusal } from '../../core/domain/refusal.ts';
import { refuse } from '../../core/domain/refusal.ts';
import { resolveTypeAndPlan } from '../../core/domain/run-type.ts';
import { capabilitiesIn } from '../../core/ports/provider.ts';
import type { RunOrder, SweptRun } from '../../core/ports/store.ts';
import { refusalToRpcError } from '../../wire/convert/refusal.ts';
import { runPlanOf, runRemainsToWire, runToWire } from '../../wire/convert/run.ts';
import type { Run as RunMessage } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { PreviewRunRequest, RunService, StartRunRequest } from '../../wire/gen/baremetal/v1/run_service_pb.ts';
import { ListRunsResponseSchema } from '../../wire/gen/baremetal/v1/run_service_pb.ts';
import { newRunId } from '../ids.ts';
import type { Call, Handlers } from '../interceptors/call.ts';
import { originOf } from '../interceptors/call.ts';
import { runLogs } from '../watch/run-logs.ts';
import { watchRuns } from '../watch/watch.ts';
import { noSuchRun } from './answers.ts';
import { FieldChecks } from './checks.ts';
import { carryOut } from './command.ts';
import type { ServiceContext } from './context.ts';
import { controlPlaneOf, otherMembers } from './control-plane.ts';
import type { Orders } from './lists.ts';
import { planList, readFilter } from './lists.ts';
import { findPlan } from './plans.ts';
import { previewRun } from './preview.ts';
import { countRuns, findRun, runRowsToWire, runRowToWire } from './runs.ts';

const ORDERS: Orders<RunOrder> = {
  fields: ['created_at', 'finished_at', 'machine_id'],
  standard: { orderBy: 'created_at', descending: true },
};

/** Carries out plans on machines, one run a machine at a time. */
export function runService(context: ServiceContext): Handlers<typeof RunService> {
  const { store, hub } = context;
  return {
    startRun: (request, call) => startRun(context, request, call),

    async getRun({ runId }) {
      new FieldChecks().runId(runId).orRefuse();
      const run = await findRun(context, runId);
      if (run === null) throw noSuchRun(runId);
      return run;
    },

    async listRuns(request) {
      const { query, tokenOf } = planList(request, 'run', ORDERS);
      const page = await store.runs(query);
      return create(ListRunsResponseSchema, {
        runs: await runRowsToWire(context, page.rows),
        nextPageToken: tokenOf(page.next),
        totalSize: await countRuns(store, query.filter, query.after === null ? page : null),
      });
    },

    cancelRun: ({ runId, reason }, call) =>
      steerRun(context, call, {
        runId,
        reason,
        decide: (aggregate) => decideCancel(aggregate, { runId, by: call.caller.user, reason }),
        swept: refuseCancelOfSwept,
      }),

    retryNow: ({ runId, reason }, call) =>
      steerRun(context, call, {
        runId,
        reason,
        decide: (aggregate) => decideRetryNow(aggregate, runId),
        swept: () => null,
      }),

    watchRuns: ({ filter, afterCursor }, { signal }) =>
      watchRuns(hub, { filter: readFilter(filter, 'run'), afterCursor, signal }),

    async *streamRunLogs({ runId, afterSequence, noFollow }, { signal }) {
      new FieldChecks().runId(runId).orRefuse();
      if ((await store.run(runId)) === null) throw await noSuchLog(context, runId);
      const after = afterSequence > MAX_SEQUENCE ? Number(MAX_SEQUENCE) : Number(afterSequence);
      yield* runLogs(hub, { runId, after, follow: !noFollow, signal });
    },

    previewRun: (request) => previewRun(context, request, checkStart(request, 'preview')),
    approveStep: ({ runId, step, reason }, call) => {
      new FieldChecks().runId(runId).stepName(step).reason(reason, true).orRefuse();
      return steerRun(context, call, {
        runId,
        reason,
        decide: (aggregate) => decideApprove(aggregate, { runId, step, by: call.caller.user, reason }),
        swept: ({ id, phase }) => refuseFinished(id, phase),
      });
    },
  };
}

const MAX_SEQUENCE = BigInt(Number.MAX_SAFE_INTEGER);

/** Starts a run, or answers the one that the same request started before; the order of the checks is the contract's. */
async function startRun(context: ServiceContext, request: StartRunRequest, call: Call): Promise<RunMessage> {
  const { machineId, requestId, params, reason } = request;
  const { type, planId } = checkStart(request, 'start');
  const loaded = await context.store.load(machineId, { requestId });
  const command: Omit<StartRun, 'runId' | 'controlPlane'> = {
    requestId,
    type,
    planId,
    plan: await findPlan(context.store, planId),
    params,
    reason,
    initiatedBy: call.caller.user,
    acknowledgeIntervention: request.acknowledgeIntervention,
    acknowledgeCluster: request.acknowledgeCluster,
    previewToken: request.previewToken,
    capabilitiesOf: (provider) => capabilitiesIn(context.providers, provider),
  };
  const origin = originOf(call, context.instance, { requestId, reason });
  const readOthers = ({ machine }: Aggregate) => otherMembers(context.store, machine);
  const order = { machineId, requestId, origin, loaded, readOthers };
  const { decision, aggregate } = await carryOut(context.store, order, (now, others) =>
    // A new id each time it is decided: the one before may be what the store had already.
    decideStartRun(now, { ...command, controlPlane: controlPlaneOf(now.machine, others), runId: newRunId() }),
  );
  const started = decision.kind === 'decision' ? runOf(aggregate, decision.runId) : null;
  if (started !== null) {
    // Accepted just now: whether a server takes it at once is not known yet.
    return runToWire(started.run, { plan: runPlanOf(started.plan), progress: null, at: context.clock.now() });
  }
  const known = await findRun(context, decision.runId);
  if (known === null) throw noSuchRun(decision.runId);
  return known;
}

/** What can be judged from the request alone, all of it told at once. */
function checkStart(
  request: StartRunRequest | PreviewRunRequest,
  what: 'start' | 'preview',
): Pick<StartRun, 'type' | 'planId'> {
  const { machineId, requestId, type, planId, params, reason } = request;
  const checks = new FieldChecks().machineId(machineId).params(params).reason(reason);
  if (what === 'start' || requestId !== '') checks.requestId(requestId);
  if (planId !== '') checks.planId(planId);
  if ('previewToken' in request) checks.previewToken(request.previewToken);
  const resolved = resolveTypeAndPlan(type, planId);
  if (resolved.kind === 'fault') throw checks.fault(resolved.field, resolved.description).refusal();
  checks.orRefuse();
  return resolved;
}

/** A command about a run that is there, or was. */
interface Steering {
  readonly runId: string;
  readonly reason: string;
  readonly decide: (aggregate: Parameters<typeof decideRetryNow>[0]) => Decision | Refusal;
  /** Why it cannot be given about a run that was swept; null where it then means nothing. */
  readonly swept: (run: SweptRun) => Refusal | null;
}

async function steerRun(context: ServiceContext, call: Call, steering: Steering): Promise<RunMessage> {
  const { store, instance } = context;
  const { runId, reason, decide } = steering;
  new FieldChecks().runId(runId).reason(reason).orRefuse();
  const row = await store.run(runId);
  if (row === null) {
    const swept = await store.sweptRun(runId);
    if (swept === null) throw noSuchRun(runId);
    const refusal = steering.swept(swept);
    if (refusal !== null) throw refusalToRpcError(refusal);
    return runRemainsToWire(swept);
  }
  const origin = originOf(call, instance, { reason });
  const { aggregate } = await carryOut(store, { machineId: row.run.machineId, runId, origin }, decide);
  const planned = runOf(aggregate, runId);
  return runRowToWire(context, planned === null ? row : { ...row, ...planned });
}

function refuseCancelOfSwept({ id, phase }: SweptRun): Refusal | null {
  if (phase === 'CANCELED') return null;
  const ended = phase === 'SUCCEEDED' ? 'succeeded' : 'failed';
  const why = `run ${id} has already ${ended}; there is nothing to cancel`;
  return refuse('FAILED_PRECONDITION', 'RUN_FINISHED', why, { run_id: id, phase });
}

async function noSuchLog({ store }: ServiceContext, runId: string) {
  const swept = await store.sweptRun(runId);
  if (swept === null) return noSuchRun(runId);
  const why = `the log of run ${runId} is not kept any more: the run ended as ${swept.phase} and was swept`;
  return refusalToRpcError(refuse('NOT_FOUND', 'RUN_NOT_FOUND', why, { run_id: runId, phase: swept.phase }));
}
