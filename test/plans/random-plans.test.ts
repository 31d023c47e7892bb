import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { decideCreatePlan } from '../../src/core/domain/decide/plan.ts';
import type { Plan, Step } from '../../src/core/domain/plan.ts';
import type { PlanDeclaration } from '../../src/core/domain/plan-aggregate.ts';
import type { Run, StepState } from '../../src/core/domain/run.ts';
import { isTerminal } from '../../src/core/domain/run.ts';
import { transactPlan } from '../../src/core/engine/transact-plan.ts';
import { readPlanMessage } from '../../src/server/plans/read.ts';
import { readPlanYaml } from '../../src/server/plans/yaml.ts';
import { planToWire } from '../../src/wire/convert/plan.ts';
import { PlanSchema } from '../../src/wire/gen/baremetal/v1/plan_pb.ts';
import { DONE, EngineBench, FAILED } from '../support/engine-bench.ts';
import type { Written } from './written-plan.ts';
import { badPlans, goodPlans } from './written-plan.ts';

/** How every attempt at a step ends, first to last; those after the last are done. */
type Fate = readonly ('fails' | 'refuses')[];

const fates = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Fate>([]) },
    { weight: 2, arbitrary: fc.array(fc.constant('fails' as const), { minLength: 1, maxLength: 5 }) },
    { weight: 1, arbitrary: fc.constant<Fate>(['refuses']) },
  ),
  { minLength: 6, maxLength: 6 },
);

function yamlOf(written: Written): string {
  return stringify(written, { aliasDuplicateObjects: false });
}

function declared(written: Written): PlanDeclaration {
  const read = readPlanYaml(yamlOf(written), 'random.yaml');
  if (read.kind === 'plan') return read.declared;
  throw new Error(`a good plan has problems: ${JSON.stringify(read.problems)}\n${yamlOf(written)}`);
}

/** What has to become of each step, worked out from the rules as the guide has them and from nothing else. */
function expected(steps: readonly Step[], told: readonly Fate[]): readonly StepState[] {
  let failed = false;
  return steps.map((step, index) => {
    if (failed && !step.always) return 'SKIPPED';
    const fate = told[index] ?? [];
    const isOutOfAttempts = fate[0] === 'refuses' || fate.length > step.maxRetries;
    if (!isOutOfAttempts) return 'SUCCEEDED';
    if (step.onFailure === 'stop') failed = true;
    return 'FAILED';
  });
}

async function store(bench: EngineBench, plan: PlanDeclaration): Promise<Plan> {
  const origin = { actor: 'tester', peer: '', requestId: '', reason: '', method: '', server: 'server-1' };
  const made = await transactPlan(bench.store, { planId: plan.id, requestId: '', origin }, (aggregate) =>
    decideCreatePlan(aggregate, { declared: plan, requestId: '', by: 'tester', reason: '' }),
  );
  if (made.kind === 'refusal') throw new Error(made.message);
  return made.plan;
}

/** Carries a run of the plan to its end, with every hold approved after a while. */
async function runToItsEnd(plan: PlanDeclaration, told: readonly Fate[]): Promise<{ bench: EngineBench; run: Run }> {
  const bench = new EngineBench();
  await bench.register('m1');
  bench.provider.rule = ({ step, token }) => {
    const index = plan.steps.findIndex(({ name }) => name === step.name);
    const fate = told[index]?.[token.attempt - 1];
    if (fate === undefined) return DONE;
    return fate === 'fails' ? FAILED : { ...FAILED, terminal: true };
  };
  bench.engine.start();
  const runId = await bench.start('m1', await store(bench, plan));
  if (typeof runId !== 'string') throw new Error(runId.message);
  for (let round = 0; round <= plan.steps.length; round += 1) {
    await bench.clock.advance(600_000);
    const run = await bench.run(runId);
    if (isTerminal(run.phase)) return { bench, run };
    const step = run.steps[run.currentStep];
    expect(step?.heldSince).not.toBeNull();
    await bench.approve(runId, step?.name ?? '');
  }
  return { bench, run: await bench.run(runId) };
}

describe('a plan that is good', () => {
  it('is the same plan as YAML, as a message, and back', () => {
    fc.assert(
      fc.property(goodPlans, (written) => {
        const plan = declared(written);
        const stored: Plan = { ...plan, version: 1, builtIn: false, createdAt: 0, createdBy: '' };
        const sent = fromBinary(PlanSchema, toBinary(PlanSchema, create(PlanSchema, planToWire(stored))));
        expect(readPlanMessage(sent, '')).toEqual({ kind: 'plan', declared: plan });
      }),
      { numRuns: 200 },
    );
  });

  it('runs to its end, and every step to the end that the rules have for it', async () => {
    await fc.assert(
      fc.asyncProperty(goodPlans, fates, async (written, told) => {
        const plan = declared(written);
        const { bench, run } = await runToItsEnd(plan, told);
        const states = expected(plan.steps, told);
        expect(run.steps.map(({ state }) => state)).toEqual(states);
        const failed = plan.steps.some(({ onFailure }, index) => states[index] === 'FAILED' && onFailure === 'stop');
        expect(run.phase).toBe(failed ? 'FAILED' : 'SUCCEEDED');
        expect((await bench.machine('m1')).activeRunId).toBeNull();
        expect(bench.engine.active()).toBe(0);
        for (const [index, step] of plan.steps.entries()) {
          const begun = states[index] !== 'SKIPPED';
          expect(run.steps[index]?.approval !== null).toBe(begun && step.hold !== null);
        }
      }),
      { numRuns: 120 },
    );
  });
});

describe('a plan that is not', () => {
  it('is refused with every fault named, and nothing else', () => {
    fc.assert(
      fc.property(badPlans, ({ written, fields }) => {
        const read = readPlanYaml(yamlOf(written), 'random.yaml');
        const problems = read.kind === 'problems' ? read.problems : [];
        expect([...new Set(problems.map(({ field }) => field))].sort()).toEqual([...fields].sort());
        for (const { line, column } of problems) expect(line * column).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
