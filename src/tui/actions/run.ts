import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase as Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineService } from '../../wire/gen/baremetal/v1/machine_service_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { RunService } from '../../wire/gen/baremetal/v1/run_service_pb.ts';
import { planName, shortRunId } from '../format/words.ts';
import type { Action } from '../keys/registry.ts';
import { isConnected } from '../store/connection.ts';
import { keyFor } from '../store/key-names.ts';
import { targets } from '../store/marking.ts';
import { openCommand } from '../store/prompting.ts';
import { isActive } from '../store/runs.ts';
import { runOf, shownRun } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { isAboutMachines, NOT_LOADED, noMachineReason, subject } from '../store/subject.ts';
import { ask } from './ask.ts';
import type { ConsoleEffects } from './effects.ts';
import type { RunKind } from './run-dialogs.ts';
import { cancelDialog, retryDialog, startDialog } from './run-dialogs.ts';

/** How many machines `i` imports. */
const DEMO_MACHINES = 3;

const PLAIN = { typed: false, asks: [], needsValue: false };
const REPAVE: RunKind = { ...PLAIN, type: 'REPAVE', planId: 'plan/repave-join', verb: 'repave' };
const REBOOT: RunKind = { ...PLAIN, type: 'REBOOT', planId: 'plan/reboot', verb: 'reboot' };
const RMA: RunKind = { ...PLAIN, type: 'RMA', planId: 'plan/rma', verb: 'RMA', typed: true, asks: ['reason'] };
const UPGRADE: RunKind = { ...PLAIN, type: 'UPGRADE', planId: 'plan/upgrade', verb: 'upgrade', asks: ['version'] };
const NET_RECONFIG: RunKind = {
  ...PLAIN,
  type: 'NET_RECONFIG',
  planId: 'plan/net-reconfig',
  verb: 'net-reconfig',
  asks: ['address', 'gateway', 'dns', 'vlan', 'mtu'],
  needsValue: true,
};

/** What is done to machines and runs. */
export const runActions: readonly Action<ConsoleEffects>[] = [
  starting(REPAVE, 'r', 3, 'write a fresh image, join the cluster, verify'),
  starting(REBOOT, 'b', 4, 'restart the machine; what is installed stays'),
  starting(RMA, 'm', 5, 'drain, shut down and mark for hardware replacement'),
  starting(UPGRADE, 'u', 10, 'upgrade Kubernetes on the node, drained meanwhile'),
  starting(NET_RECONFIG, 'w', 12, 'change the network configuration'),
  {
    id: 'run.cancel',
    keys: ['c'],
    label: 'cancel',
    help: "cancel the machine's run",
    group: 'Act',
    scopes: ['main'],
    dangerous: true,
    needs: () => [RunService.method.cancelRun],
    here: isAboutMachines,
    footer: 6,
    disabledReason: (state) => notConnected(state) ?? nothingToCancel(state),
    run: (context) =>
      ask(context, 'cancel', (machine, state) => {
        const run = runMeant(state, machine);
        return run === undefined || !isActive(run) ? undefined : cancelDialog(run, machine);
      }),
  },
  {
    id: 'run.retry-now',
    keys: ['t'],
    label: 'retry now',
    help: 'do not wait for the next attempt',
    group: 'Act',
    scopes: ['main'],
    dangerous: true,
    needs: () => [RunService.method.retryNow],
    footer: 2,
    when: (state) => targets(state).some((machine) => waitingRun(state, machine) !== undefined),
    disabledReason: notConnected,
    run: (context) => {
      const state = context.store.getState();
      const [machine, ...others] = targets(state);
      if (machine === undefined) return;
      const run = waitingRun(state, machine);
      if (others.length > 0) {
        ask(context, 'retry now', (one, now) => {
          const waiting = waitingRun(now, one);
          return waiting === undefined ? undefined : retryDialog(waiting, one);
        });
      } else if (run !== undefined) context.effects.retryNow(run.runId);
    },
  },
  {
    id: 'run.nothing-to-retry',
    keys: ['t'],
    label: 'retry now',
    help: 'where no run waits for another attempt, says so',
    group: 'Inner',
    scopes: ['main'],
    dangerous: true,
    when: (state) => !targets(state).some((machine) => waitingRun(state, machine) !== undefined),
    disabledReason: nothingToRetry,
    run: () => {},
  },
  {
    id: 'machines.import-demo',
    keys: ['i'],
    label: 'import',
    help: `import ${DEMO_MACHINES} demo machines of the fake provider`,
    group: 'Act',
    scopes: ['main'],
    dangerous: true,
    needs: () => [MachineService.method.registerMachines],
    footer: 7,
    when: hasDemoMachines,
    // As long as nobody knows what there is, it could be written over.
    disabledReason: (state) => notConnected(state) ?? (state.machines.loaded ? undefined : NOT_LOADED),
    run: ({ effects }) => effects.importDemoMachines(DEMO_MACHINES),
  },
  {
    id: 'machines.import-file',
    keys: ['i'],
    follows: 'machines.import-demo',
    label: 'import',
    help: 'import the machines of a file: asks for it, and says first what would change',
    group: 'Act',
    scopes: ['main'],
    dangerous: true,
    needs: () => [MachineService.method.registerMachines],
    when: (state) => !hasDemoMachines(state),
    disabledReason: notConnected,
    run: ({ store }) => store.setState((state) => openCommand(state, 'import')),
  },
];

function starting(kind: RunKind, key: string, footer: number, help: string): Action<ConsoleEffects> {
  return {
    id: `run.${kind.verb.toLowerCase()}`,
    keys: [key],
    label: kind.verb,
    help,
    group: 'Act',
    scopes: ['main'],
    dangerous: true,
    needs: () => [RunService.method.startRun],
    here: isAboutMachines,
    footer,
    disabledReason: (state) => notConnected(state) ?? notStartable(state),
    run: (context) =>
      ask(context, kind.verb, (machine, { plans }) => {
        const plan = plans.find(({ planId }) => planId === kind.planId);
        return startDialog(kind, machine, plan, context.effects.newRequestId());
      }),
  };
}

/** Why nothing can be started on the selected machine; the server has the last word, this one spares the dialog. */
function notStartable(state: ConsoleState): string | undefined {
  // Of many machines each has a row of its own that says so.
  if (targets(state).length > 1) return undefined;
  const [machine] = targets(state);
  if (machine === undefined) return noMachineReason(state);
  const { machineId, status } = machine;
  const run = runOf(state.runs, machine);
  if ((status?.activeRunId ?? '') !== '') {
    const what = run === undefined ? '' : ` with ${planName(run.planId)}, run ${shortRunId(run.runId)}`;
    return `${machineId} is busy${what}: ${keyFor(state, 'run.cancel')} cancels it`;
  }
  if ((status?.stoppingRunId ?? '') !== '') {
    return `${machineId} is held: the last call of run ${shortRunId(status?.stoppingRunId ?? '')} has not returned yet`;
  }
  if (status?.phase === Phase.RMA) return `${machineId} is in RMA: it waits for new hardware`;
  if (status?.phase === Phase.RETIRED) return `${machineId} is retired: nothing runs on it`;
  return undefined;
}

/** The run that is meant, where one is; else the one that the machine has. */
function runMeant(state: ConsoleState, machine: Machine): Run | undefined {
  return (subject(state)?.runId ?? '') === '' ? runOf(state.runs, machine) : shownRun(state);
}

/** The run that is meant of a machine, if it waits for its next attempt. */
function waitingRun(state: ConsoleState, machine: Machine): Run | undefined {
  const run = runMeant(state, machine);
  return run?.steps.some(({ nextRetryAt }) => nextRetryAt !== undefined) === true ? run : undefined;
}

function nothingToRetry(state: ConsoleState): string {
  const [machine, ...others] = targets(state);
  if (machine === undefined) return noMachineReason(state);
  if (others.length > 0) return 'none of the marked machines has a run that waits for another attempt';
  const run = runMeant(state, machine);
  return run !== undefined && isActive(run)
    ? `the run of ${machine.machineId} does not wait for another attempt`
    : `${machine.machineId} has no run that waits for another attempt`;
}

function nothingToCancel(state: ConsoleState): string | undefined {
  const about = targets(state);
  const [machine] = about;
  if (machine === undefined) return noMachineReason(state);
  const isBusy = (one: Machine) => {
    const run = runMeant(state, one);
    return run !== undefined && isActive(run);
  };
  if (about.some(isBusy)) return undefined;
  const runId = subject(state)?.runId ?? '';
  if (runId !== '') return `run ${shortRunId(runId)} is over: there is nothing to cancel`;
  return about.length === 1
    ? `${machine.machineId} has no run to cancel`
    : 'none of the marked machines has a run to cancel';
}

/** Whether demo machines are what is imported: into an empty inventory, and where the fake provider is. Others would be written over. */
function hasDemoMachines({ machines, connection }: ConsoleState): boolean {
  return machines.ids.length === 0 && connection.server?.hasFake !== false;
}

/** Why nothing can be asked of the server now; undefined: it can. */
export function notConnected({ connection }: ConsoleState): string | undefined {
  if (isConnected(connection)) return undefined;
  return connection.link.kind === 'lost' ? `no server: ${connection.link.message}` : 'the server does not answer yet';
}
