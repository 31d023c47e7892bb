import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineStatus_Phase as Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineService } from '../../wire/gen/baremetal/v1/machine_service_pb.ts';
import { planName, shortRunId } from '../format/words.ts';
import type { Action } from '../keys/registry.ts';
import { conditionOf } from '../store/condition.ts';
import { keyFor } from '../store/key-names.ts';
import { targets } from '../store/marking.ts';
import { runOf } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { isAboutMachines, noMachineReason } from '../store/subject.ts';
import { ask } from './ask.ts';
import type { ConsoleEffects } from './effects.ts';
import { completeRmaDialog, enterDialog, exitDialog, resolveDialog } from './repair-dialogs.ts';
import { notConnected } from './run.ts';

/** What a person says about a machine. */
export const repairActions: readonly Action<ConsoleEffects>[] = [
  {
    id: 'machine.maintenance',
    keys: ['e'],
    label: 'maintenance',
    help: 'take the machine out of service, or put it back',
    group: 'Act',
    scopes: ['main'],
    dangerous: true,
    needs: (state) => [
      goesBack(state) ? MachineService.method.exitMaintenance : MachineService.method.enterMaintenance,
    ],
    here: isAboutMachines,
    footer: 13,
    disabledReason: (state) => notConnected(state) ?? notMaintainable(state),
    run: (context) => {
      // All of them go the way of the first: out of service, or back.
      const back = goesBack(context.store.getState());
      const dialogOf = back ? exitDialog : enterDialog;
      ask(context, back ? 'put back' : 'take out of service', (machine) =>
        dialogOf(machine, context.effects.newRequestId()),
      );
    },
  },
  {
    id: 'machine.resolve',
    keys: ['v'],
    label: 'resolve',
    help: 'say that you have looked into why it needs intervention; frees one that a call holds',
    group: 'Act',
    scopes: ['main'],
    dangerous: true,
    needs: () => [MachineService.method.resolveIntervention],
    footer: 3,
    when: (state) => targets(state).some(needsSomebody),
    disabledReason: notConnected,
    run: (context) =>
      ask(context, 'resolve', (machine) =>
        needsSomebody(machine) ? resolveDialog(machine, context.effects.newRequestId()) : undefined,
      ),
  },
  {
    id: 'machine.nothing-to-resolve',
    keys: ['v'],
    follows: 'machine.resolve',
    label: 'resolve',
    help: 'where nothing needs intervention, says so',
    group: 'Inner',
    scopes: ['main'],
    dangerous: true,
    needs: () => [MachineService.method.resolveIntervention],
    when: (state) => !targets(state).some(needsSomebody),
    disabledReason: (state) => {
      const [machine, ...others] = targets(state);
      if (machine === undefined) return noMachineReason(state);
      if (others.length > 0) return 'none of the marked machines needs intervention';
      return `${machine.machineId} needs no intervention`;
    },
    run: () => {},
  },
  {
    id: 'machine.complete-rma',
    keys: ['d'],
    label: 'complete RMA',
    help: 'new hardware stands under the old name',
    group: 'Act',
    scopes: ['main'],
    dangerous: true,
    needs: () => [MachineService.method.completeRma],
    here: isAboutMachines,
    footer: 14,
    disabledReason: (state) => notConnected(state) ?? notInRma(state),
    run: (context) => {
      const isOne = targets(context.store.getState()).filter(isInRma).length === 1;
      ask(context, 'complete RMA', (machine) =>
        isInRma(machine) ? completeRmaDialog(machine, context.effects.newRequestId(), isOne) : undefined,
      );
    },
  },
];

/** Whether the maintenance of what an action is about ends: the first of them says so. */
function goesBack(state: ConsoleState): boolean {
  return targets(state)[0]?.status?.phase === Phase.MAINTENANCE;
}

/** Whether somebody has to say that they have looked. */
function needsSomebody(machine: Machine): boolean {
  return isHeld(machine) || conditionOf(machine, 'NeedsIntervention') !== undefined;
}

function isInRma({ status }: Machine): boolean {
  return status?.phase === Phase.RMA;
}

function isHeld({ status }: Machine): boolean {
  return (status?.stoppingRunId ?? '') !== '';
}

function notMaintainable(state: ConsoleState): string | undefined {
  const [machine, ...others] = targets(state);
  if (others.length > 0) return undefined;
  if (machine === undefined) return noMachineReason(state);
  const { machineId, status } = machine;
  if ((status?.activeRunId ?? '') !== '') {
    const run = runOf(state.runs, machine);
    return `${machineId} is busy${run === undefined ? '' : ` with ${planName(run.planId)}`}: ${keyFor(state, 'run.cancel')} cancels it`;
  }
  if (isHeld(machine)) {
    return `${machineId} is held by the last call of run ${shortRunId(status?.stoppingRunId ?? '')}: ${keyFor(state, 'machine.resolve')} frees it`;
  }
  if (status?.phase === Phase.RMA) {
    return `${machineId} is in RMA: it waits for new hardware, ${keyFor(state, 'machine.complete-rma')} says that it is there`;
  }
  if (status?.phase === Phase.RETIRED) return `${machineId} is retired: it is out of service for good`;
  if (conditionOf(machine, 'NeedsIntervention') !== undefined) {
    const [looked, back] = [keyFor(state, 'machine.resolve'), keyFor(state, 'machine.maintenance')];
    return `${machineId} needs intervention: ${looked} says that you have looked, and then ${back} puts it back`;
  }
  return undefined;
}

function notInRma(state: ConsoleState): string | undefined {
  const about = targets(state);
  const [machine] = about;
  if (machine === undefined) return noMachineReason(state);
  if (about.some(isInRma)) return undefined;
  if (about.length > 1) return 'none of the marked machines is in RMA';
  return `${machine.machineId} is not in RMA: ${keyFor(state, 'run.rma')} begins one`;
}
