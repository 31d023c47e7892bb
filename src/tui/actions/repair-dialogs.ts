import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { describeMachine } from '../format/proposal.ts';
import { shortRunId } from '../format/words.ts';
import { conditionOf } from '../store/condition.ts';
import type { DialogDraft, DialogField } from '../store/dialog.ts';
import { subjectOf } from '../store/dialog.ts';

/** Why it is done: nobody does without it, because it is all that is left for who reads the audit trail. */
const REASON: DialogField = {
  param: 'reason',
  label: 'reason',
  help: 'why, for the audit trail',
  initial: '',
  required: true,
};

/** The question before a machine is taken out of service. */
export function enterDialog(machine: Machine, requestId: string): DialogDraft {
  const after = 'MAINTENANCE, out of service until somebody puts it back: what is installed stays, nothing is drained';
  return draft(machine, 'Take', 'out of service?', after, {
    intent: { kind: 'repair', what: 'enter-maintenance', machineId: machine.machineId, requestId },
    goLabel: 'Take out',
  });
}

/** The question before a machine is put back where its conditions say. */
export function exitDialog(machine: Machine, requestId: string): DialogDraft {
  const phase =
    conditionOf(machine, 'InCustomerCluster') !== undefined
      ? 'IN_SERVICE'
      : conditionOf(machine, 'Provisioned') !== undefined
        ? 'READY'
        : 'FACTORY_READY';
  return draft(machine, 'Put', 'back?', `${phase}, as its conditions say`, {
    intent: { kind: 'repair', what: 'exit-maintenance', machineId: machine.machineId, requestId },
    goLabel: 'Put back',
  });
}

/** The question before somebody says that they have looked; of a machine that a call holds, that nothing works on it any more. */
export function resolveDialog(machine: Machine, requestId: string): DialogDraft {
  const held = machine.status?.stoppingRunId ?? '';
  const looked = conditionOf(machine, 'NeedsIntervention');
  const intent = { kind: 'repair', what: 'resolve', machineId: machine.machineId, requestId } as const;
  if (held === '') {
    return {
      ...draft(
        machine,
        'Resolve',
        '?',
        'MAINTENANCE still; it needs no intervention any more, and runs can be started',
        {
          intent,
          goLabel: 'Resolve',
        },
      ),
      attention: looked === undefined ? [] : [{ name: 'because', text: looked.message, tone: 'warn' }],
    };
  }
  return {
    ...draft(machine, 'Free', 'by hand?', 'free: other runs can be started on it', {
      intent: { ...intent, what: 'release-stuck' },
      goLabel: 'Free it',
    }),
    tone: 'danger',
    attention: [
      {
        name: 'held',
        text: `the last call of run ${shortRunId(held)} has not returned; if it still works on the hardware, two will`,
        tone: 'error',
      },
      { name: '', text: 'Going on says that nothing works on it any more.', tone: 'warn' },
    ],
  };
}

/**
 * The question before new hardware stands under the old name. What is left empty is as before.
 *
 * @param isOne whether it is about this machine alone: the parts of one are those of no other
 */
export function completeRmaDialog(machine: Machine, requestId: string, isOne: boolean): DialogDraft {
  const { machineId } = machine;
  return {
    ...draft(machine, 'Complete the RMA of', '?', 'FACTORY_READY: the new hardware was never provisioned', {
      intent: { kind: 'repair', what: 'complete-rma', machineId, requestId },
      goLabel: 'Complete',
    }),
    fields: [{ ...REASON, help: 'what was replaced, for the audit trail' }, ...(isOne ? partFields(machine) : [])],
  };
}

/** What new hardware has that the old one had otherwise. */
function partFields({ spec }: Machine): readonly DialogField[] {
  const field = (param: string, help: string): DialogField => ({ param, label: param, help, initial: '' });
  return [
    field('serial', `the serial number of the new hardware; before: ${spec?.serial || 'none'}`),
    field('macs', `its MAC addresses, all of them; before: ${spec?.macAddresses.join(' ') || 'none'}`),
    field('bmc', `the address of its BMC; before: ${spec?.bmcAddress || 'none'}`),
  ];
}

function draft(
  machine: Machine,
  verb: string,
  rest: string,
  after: string,
  { intent, goLabel }: Pick<DialogDraft, 'intent' | 'goLabel'>,
): DialogDraft {
  return {
    title: `${verb} ${machine.machineId}${rest === '?' ? '' : ' '}${rest}`,
    tone: 'plain',
    facts: [
      { name: 'machine', text: describeMachine(machine) },
      { name: 'then', text: after },
    ],
    attention: [],
    intent,
    fields: [REASON],
    needsValue: false,
    cancelLabel: 'Cancel',
    goLabel,
    subject: subjectOf(machine),
  };
}
