import { create } from '@bufbuild/protobuf';
import { decideCreatePlan, decideDeletePlan } from '../../core/domain/decide/plan.ts';
import { refuse } from '../../core/domain/refusal.ts';
import { normalPlanId } from '../../core/domain/run-type.ts';
import { transactPlan } from '../../core/engine/transact-plan.ts';
import { planToWire } from '../../wire/convert/plan.ts';
import { refusalToRpcError } from '../../wire/convert/refusal.ts';
import type { Plan as PlanMessage } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type {
  CreatePlanRequest,
  DeletePlanRequest,
  GetPlanRequest,
  ListPlansRequest,
  ListPlansResponse,
  PlanService,
  ValidatePlanRequest,
  ValidatePlanResponse,
} from '../../wire/gen/baremetal/v1/plan_service_pb.ts';
import { ListPlansResponseSchema, ValidatePlanResponseSchema } from '../../wire/gen/baremetal/v1/plan_service_pb.ts';
import type { Call, Handlers } from '../interceptors/call.ts';
import { originOf } from '../interceptors/call.ts';
import { builtInViolations } from '../plans/read.ts';
import { answered, badField } from './answers.ts';
import { FieldChecks } from './checks.ts';
import type { ServiceContext } from './context.ts';
import { MAX_PAGE_SIZE, pageSize, readToken } from './lists.ts';
import { pageToken } from './page-token.ts';
import { badPlan, readSource } from './plan-source.ts';
import { findPlan, findPlanVersion, pageOfPlans } from './plans.ts';

/** The plans that runs carry out. */
export function planService(context: ServiceContext): Handlers<typeof PlanService> {
  return {
    getPlan: (request) => getPlan(context, request),
    listPlans: (request) => listPlans(context, request),
    createPlan: (request, call) => createPlan(context, request, call),
    deletePlan: (request, call) => deletePlan(context, request, call),

    validatePlan: (request, call) => validatePlan(context, request, call),
  };
}

/** What CreatePlan would say, and nothing is written. */
async function validatePlan(
  { store }: ServiceContext,
  { source }: ValidatePlanRequest,
  call: Call,
): Promise<ValidatePlanResponse> {
  const read = readSource(source, builtInViolations);
  if (read.kind === 'problems') return create(ValidatePlanResponseSchema, { problems: [...read.problems] });
  const { declared } = read;
  const aggregate = await store.loadPlan(declared.id, '');
  const decision = decideCreatePlan(aggregate, { declared, requestId: '', by: call.caller.user, reason: '' });
  return create(ValidatePlanResponseSchema, { plan: planToWire(answered(decision).plan) });
}

/** Makes a plan, or a new version of one; the same request again answers the version that it made. */
async function createPlan(
  { store, instance }: ServiceContext,
  request: CreatePlanRequest,
  call: Call,
): Promise<PlanMessage> {
  const { source, requestId, reason } = request;
  new FieldChecks().requestId(requestId).reason(reason, true).orRefuse();
  const read = readSource(source);
  if (read.kind === 'problems') throw badPlan(read.problems);
  const { declared } = read;
  const origin = originOf(call, instance, { requestId, reason });
  const by = call.caller.user;
  const made = await transactPlan(store, { planId: declared.id, requestId, origin }, (aggregate) =>
    decideCreatePlan(aggregate, { declared, requestId, by, reason }),
  );
  return planToWire(answered(made).plan);
}

/** Hides a plan with all its versions; runs keep their own copies. */
async function deletePlan(
  { store, instance }: ServiceContext,
  request: DeletePlanRequest,
  call: Call,
): Promise<PlanMessage> {
  const { requestId, reason } = request;
  new FieldChecks().planId(request.planId).requestId(requestId).reason(reason, true).orRefuse();
  const planId = normalPlanId(request.planId);
  const origin = originOf(call, instance, { requestId, reason });
  const deleted = await transactPlan(store, { planId, requestId, origin }, (aggregate) =>
    decideDeletePlan(aggregate, { requestId, by: call.caller.user, reason }),
  );
  return planToWire(answered(deleted).plan);
}

async function getPlan({ store }: ServiceContext, { planId, version }: GetPlanRequest): Promise<PlanMessage> {
  new FieldChecks().planId(planId).orRefuse();
  if (version < 0) throw badField('version', 'must not be negative; 0 is the latest');
  const id = normalPlanId(planId);
  const plan = version === 0 ? await findPlan(store, id) : await findPlanVersion(store, id, version);
  if (plan !== null) return planToWire(plan);
  const latest = version === 0 ? null : await findPlan(store, id);
  const why =
    latest === null
      ? `there is no plan ${id}`
      : `there is no version ${version} of ${id}; the latest is ${latest.version}`;
  throw refusalToRpcError(refuse('NOT_FOUND', 'PLAN_NOT_FOUND', why, { plan_id: id }));
}

async function listPlans({ store }: ServiceContext, request: ListPlansRequest): Promise<ListPlansResponse> {
  const { allVersions } = request;
  const question = allVersions ? 'plans of all versions' : 'plans';
  const limit = pageSize(request.pageSize);
  const key = readToken(request.pageToken, question);
  const after = key === null ? null : { id: key.id, version: Number(key.value) };
  const found = await pageOfPlans(store, { allVersions, limit: limit + 1, after });
  const plans = found.slice(0, limit);
  const last = plans.at(-1);
  const more = found.length > limit && last !== undefined;
  const counted = await pageOfPlans(store, { allVersions, limit: MAX_PAGE_SIZE + 1, after: null });
  return create(ListPlansResponseSchema, {
    plans: plans.map(planToWire),
    nextPageToken: more ? pageToken({ value: last.version, id: last.id }, question) : '',
    totalSize: counted.length > MAX_PAGE_SIZE ? -1 : counted.length,
  });
}
