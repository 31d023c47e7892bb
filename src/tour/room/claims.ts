import { counted } from '../count.ts';
import type { Condition, MachineCondition, RunCondition } from '../script/script.ts';
import type { Scene } from './verdict.ts';
import { conditionOf, phaseOf, runPhaseOf, shortId } from './view.ts';

/** What a condition says, of machines and runs as they are now: `machine-1 is IN_SERVICE`. For conditions that are met. */
export function claimText(condition: Condition, scene: Scene): string {
  const { view, machineOf, runs, many, store } = scene;
  switch (condition.kind) {
    case 'server':
      return condition.is === 'up' ? 'the server answers' : 'the server has stopped';
    case 'machines':
      return `${counted(view.machines.size, 'machine')} registered`;
    case 'machine':
      return machineClaim(condition, scene);
    case 'run':
      return runClaim(condition, scene);
    case 'same':
      return `both answers are run ${shortId(runs.get(condition.first) ?? '')}`;
    case 'plans':
      return condition.ids.length === 1
        ? `there is the plan ${condition.ids[0]}`
        : `there are the plans ${condition.ids.join(', ')}`;
    case 'past':
      return `in the history: ${condition.run} of ${machineOf(condition.role)}, ${condition.phase}`;
    case 'many':
      return `${counted(many.length, 'run')} SUCCEEDED`;
    case 'idle':
      return 'nothing is under way';
    case 'store':
      return `the state is kept in ${store}, and outlives the server`;
  }
}

function machineClaim({ role, passed, condition }: MachineCondition, { view, machineOf }: Scene): string {
  const machine = view.machines.get(machineOf(role));
  if (machine === undefined) return `${machineOf(role)} is there`;
  const found = condition === null ? undefined : conditionOf(machine, condition);
  const told = found === undefined ? '' : `, with ${condition}: ${found.message}`;
  const way = passed.length === 0 ? `is ${phaseOf(machine)}` : `has passed ${passed.join(', ')}`;
  return `${machine.machineId} ${way}${told}`;
}

function runClaim({ name, step, retried }: RunCondition, { view, runs }: Scene): string {
  const run = view.runs.get(runs.get(name) ?? '');
  if (run === undefined) return 'the run is there';
  const subject = `run ${shortId(run.runId)} on ${run.machineId}`;
  if (retried !== '') {
    const tries = run.steps.find((one) => one.name === retried);
    return `${subject} has tried ${retried} again, attempt ${(tries?.retryCount ?? 0) + 1} of ${tries?.maxAttempts ?? 0}`;
  }
  const phase = runPhaseOf(run);
  if (step === '') return `${subject}${phase === 'SUCCEEDED' || phase === 'FAILED' ? '' : ' is'} ${phase}`;
  return phase === 'CANCELED' || phase === 'FAILED'
    ? `${subject} is ${phase} in ${run.currentStep || step}`
    : `${subject} has come to ${step}`;
}
