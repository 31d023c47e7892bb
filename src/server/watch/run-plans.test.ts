import { describe, expect, it } from 'vitest';
import type { Plan } from '../../core/domain/plan.ts';
import { BUILT_IN_PLANS } from '../../core/domain/plans/built-in.ts';
import type { Run } from '../../core/domain/run.ts';
import type { RunRow, Store } from '../../core/ports/store.ts';
import { RunPlans } from './run-plans.ts';

const [REPAVE] = BUILT_IN_PLANS as readonly [Plan];

function runOf(plan: Plan, id = 'run'): Run {
  return { id, planId: plan.id, steps: plan.steps.map(({ name }) => ({ name })) } as unknown as Run;
}

function plansOver(rows: Readonly<Record<string, Plan>>) {
  const asked: string[] = [];
  const run = async (id: string): Promise<RunRow | null> => {
    asked.push(id);
    const plan = rows[id];
    return plan === undefined ? null : { run: runOf(plan, id), plan, progress: null, owner: null };
  };
  return { plans: new RunPlans({ run } as Store), asked };
}

describe('RunPlans', () => {
  it('knows built-in plans without asking', async () => {
    const { plans, asked } = plansOver({});
    const told = await plans.of(runOf(REPAVE));
    expect(told).toEqual({ version: 1, kinds: ['netboot', 'reboot', 'repave', 'join', 'verify'] });
    expect(asked).toEqual([]);
  });

  it('asks once for the plan of a run whose plan is its own', async () => {
    const own: Plan = { ...REPAVE, id: 'plan/own', version: 7, builtIn: false };
    const { plans, asked } = plansOver({ run: own });
    for (let n = 0; n < 3; n += 1) expect(await plans.of(runOf(own))).toMatchObject({ version: 7 });
    expect(asked).toEqual(['run']);
  });

  it('asks where a run of an older program had other steps under a built-in name', async () => {
    const older: Plan = { ...REPAVE, version: 1, steps: REPAVE.steps.slice(1) };
    const { plans, asked } = plansOver({ run: older });
    expect((await plans.of(runOf(older))).kinds).toEqual(['reboot', 'repave', 'join', 'verify']);
    expect(asked).toEqual(['run']);
  });

  it('says that the plan of a swept run is not known', async () => {
    const { plans } = plansOver({});
    expect(await plans.of(runOf({ ...REPAVE, id: 'plan/own' }))).toEqual({ version: 0, kinds: [] });
  });

  it('forgets those that were not asked for the longest', async () => {
    const own: Plan = { ...REPAVE, id: 'plan/own' };
    const ids = Array.from({ length: 10_001 }, (_, n) => `run-${n}`);
    const { plans, asked } = plansOver(Object.fromEntries(ids.map((id) => [id, own])));
    for (const id of ids.slice(0, 10_000)) await plans.of(runOf(own, id));
    await plans.of(runOf(own, 'run-0'));
    await plans.of(runOf(own, 'run-10000'));
    asked.length = 0;
    await plans.of(runOf(own, 'run-0'));
    await plans.of(runOf(own, 'run-1'));
    expect(asked).toEqual(['run-1']);
  });
});
