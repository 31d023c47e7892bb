import { create } from '@bufbuild/protobuf';
import { refuse } from '../../core/domain/refusal.ts';
import { normalPlanId } from '../../core/domain/run-type.ts';
import { planToWire } from '../../wire/convert/plan.ts';
import { refusalToRpcError } from '../../wire/convert/refusal.ts';
import type { GetPlanRequest, ListPlansRequest, PlanService } from '../../wire/gen/baremetal/v1/plan_service_pb.ts';
import { ListPlansResponseSchema } from '../../wire/gen/baremetal/v1/plan_service_pb.ts';
import type { Handlers } from '../interceptors/call.ts';
import { badField, notYet } from './answers.ts';
import { FieldChecks } from './checks.ts';
import type { ServiceContext } from './context.ts';
import { MAX_PAGE_SIZE, pageSize, readToken } from './lists.ts';
import { pageToken } from './page-token.ts';
import { findPlan, plansAfter } from './plans.ts';

/** Of each plan only the newest version is kept, so that a list of all versions is the same list. */
const QUESTION = 'plans';

/** The plans that runs carry out. */
export function planService({ store }: ServiceContext): Handlers<typeof PlanService> {
  return {
    async getPlan(request: GetPlanRequest) {
      new FieldChecks().planId(request.planId).orRefuse();
      if (request.version < 0) throw badField('version', 'must not be negative; 0 is the latest');
      const id = normalPlanId(request.planId);
      const plan = await findPlan(store, id);
      if (plan === null) throw noSuchPlan(id, `there is no plan ${id}`);
      if (request.version !== 0 && request.version !== plan.version) {
        throw noSuchPlan(id, `there is no version ${request.version} of ${id}; the latest is ${plan.version}`);
      }
      return planToWire(plan);
    },

    async listPlans(request: ListPlansRequest) {
      const limit = pageSize(request.pageSize);
      const after = readToken(request.pageToken, QUESTION);
      const found = await plansAfter(store, limit + 1, after?.id ?? null);
      const plans = found.slice(0, limit);
      const last = plans.at(-1);
      const more = found.length > limit && last !== undefined;
      return create(ListPlansResponseSchema, {
        plans: plans.map(planToWire),
        nextPageToken: more ? pageToken({ value: null, id: last.id }, QUESTION) : '',
        totalSize: await countPlans(),
      });
    },

    async createPlan() {
      throw notYet('CreatePlan');
    },
    async deletePlan() {
      throw notYet('DeletePlan');
    },
    async validatePlan() {
      throw notYet('ValidatePlan');
    },
  };

  async function countPlans(): Promise<number> {
    const counted = await plansAfter(store, MAX_PAGE_SIZE + 1, null);
    return counted.length > MAX_PAGE_SIZE ? -1 : counted.length;
  }
}

function noSuchPlan(planId: string, message: string) {
  return refusalToRpcError(refuse('NOT_FOUND', 'PLAN_NOT_FOUND', message, { plan_id: planId }));
}
