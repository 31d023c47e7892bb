import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Plan } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { PreviewRunResponse } from '../../wire/gen/baremetal/v1/run_service_pb.ts';
import {
  attentionFacts,
  describeMachine,
  interventionFacts,
  isDestructive,
  proposalFacts,
  proposalFrom,
  proposalOf,
} from '../format/proposal.ts';
import { millis } from '../format/time.ts';
import { capital, shortRunId } from '../format/words.ts';
import { conditionOf } from '../store/condition.ts';
import type { Dialog, DialogDraft, DialogField } from '../store/dialog.ts';
import { subjectOf } from '../store/dialog.ts';

/** A kind of run that has a key of its own. */
export interface RunKind {
  /** As in StartRun: `REPAVE`. */
  readonly type: string;
  readonly planId: string;
  /** `repave`: what is done, in a footer and on a button. */
  readonly verb: string;
  /** True: the machine's id has to be typed. */
  readonly typed: boolean;
  /** The params that are asked for. */
  readonly asks: readonly string[];
  /** True: without a value for any of them there is nothing to be done. */
  readonly needsValue: boolean;
}

/** The question that comes before a run. Where the machine needs intervention it says why, and going on acknowledges it. */
export function startDialog(kind: RunKind, machine: Machine, plan: Plan | undefined, requestId: string): DialogDraft {
  const { machineId } = machine;
  const attention = kind.type === 'RMA' ? undefined : conditionOf(machine, 'NeedsIntervention');
  const verb = attention === undefined ? kind.verb : `acknowledge and ${kind.verb}`;
  return {
    title: `${capital(kind.verb)} ${machineId}?`,
    tone: isDestructive(plan) || kind.typed ? 'danger' : 'plain',
    facts: proposalFacts(proposalOf(machine, plan, kind.planId), kind.asks),
    attention:
      attention === undefined ? [] : interventionFacts(attention.message, millis(attention.lastTransitionTime)),
    intent: {
      kind: 'start-run',
      order: {
        machineId,
        requestId,
        planId: plan?.planId ?? kind.planId,
        type: kind.type,
        params: {},
        reason: '',
        acknowledgeIntervention: attention !== undefined,
        acknowledgeCluster: false,
        previewToken: '',
      },
    },
    fields: [...paramFields(kind.asks, plan), ...(kind.typed ? [idField(machineId)] : [])],
    needsValue: kind.needsValue,
    cancelLabel: 'Cancel',
    goLabel: capital(verb),
    subject: subjectOf(machine),
  };
}

/** The dialog with what the server would do, as it says itself; what it says is what is started. */
export function previewedDialog(dialog: Dialog, preview: PreviewRunResponse): Dialog {
  const { intent, fields } = dialog;
  if (intent.kind !== 'start-run' || preview.machine === undefined) return dialog;
  const { order } = intent;
  const proposal = proposalFrom(preview, proposalOf(preview.machine, preview.plan, order.planId));
  const asked = fields.map(({ param }) => param);
  return {
    ...dialog,
    facts: proposalFacts(proposal, asked),
    intent: { kind: 'start-run', order: { ...order, previewToken: preview.previewToken } },
    subject: subjectOf(preview.machine),
  };
}

/** What a refusal can be answered with: that one has seen what it says. */
export type Acknowledgeable = 'NEEDS_INTERVENTION' | 'CONTROL_PLANE';

/** Whether a refusal of that reason can be answered so. */
export function isAcknowledgeable(reason: string): reason is Acknowledgeable {
  return reason === 'NEEDS_INTERVENTION' || reason === 'CONTROL_PLANE';
}

/** The same question once more, because the server wants something acknowledged. @param message why, as a sentence */
export function acknowledgeDialog(draft: DialogDraft, reason: Acknowledgeable, message: string): DialogDraft {
  if (draft.intent.kind !== 'start-run') return draft;
  const { order } = draft.intent;
  return {
    ...draft,
    attention: reason === 'CONTROL_PLANE' ? attentionFacts(message) : interventionFacts(message, undefined),
    intent: {
      kind: 'start-run',
      order: {
        ...order,
        acknowledgeIntervention: order.acknowledgeIntervention || reason === 'NEEDS_INTERVENTION',
        acknowledgeCluster: order.acknowledgeCluster || reason === 'CONTROL_PLANE',
        previewToken: '',
      },
    },
    goLabel: /^acknowledge/i.test(draft.goLabel)
      ? draft.goLabel
      : capital(`acknowledge and ${draft.goLabel.toLowerCase()}`),
  };
}

/** The question that comes before a run is canceled. */
export function cancelDialog(run: Run, machine: Machine | undefined): DialogDraft {
  const at = run.steps.findIndex(({ name }) => name === run.currentStep);
  const step = run.steps[at];
  const halfWritten = 'its disk is left half written: repave it before it is used';
  return {
    title: `Cancel run ${shortRunId(run.runId)} on ${run.machineId}?`,
    tone: 'danger',
    facts: [
      { name: 'machine', text: machine === undefined ? run.machineId : describeMachine(machine) },
      { name: 'run', text: `${shortRunId(run.runId)} · ${run.planId} · by ${run.initiatedBy || 'anonymous'}` },
      {
        name: 'at',
        text: step === undefined ? 'no step begun' : `${step.name}, step ${at + 1} of ${run.steps.length}`,
      },
      {
        name: 'then',
        text: `the run is CANCELED at once; ${run.machineId} goes to MAINTENANCE and needs intervention`,
        tone: 'warn',
      },
      ...(step?.kind === 'repave' ? [{ name: 'destroys', text: halfWritten, tone: 'error' } as const] : []),
    ],
    attention: [],
    intent: { kind: 'cancel-run', runId: run.runId, machineId: run.machineId },
    fields: [],
    needsValue: false,
    cancelLabel: 'Keep it running',
    goLabel: 'Cancel the run',
    ...(machine === undefined ? {} : { subject: subjectOf(machine) }),
  };
}

/** The question that comes before the back-offs of many runs are skipped. */
export function retryDialog(run: Run, machine: Machine): DialogDraft {
  return {
    title: `Retry ${run.machineId} now?`,
    tone: 'plain',
    facts: [
      { name: 'machine', text: describeMachine(machine) },
      { name: 'run', text: `${shortRunId(run.runId)} · ${run.planId} · by ${run.initiatedBy || 'anonymous'}` },
      { name: 'then', text: 'the next attempt begins at once' },
    ],
    attention: [],
    intent: { kind: 'retry-now', runId: run.runId, machineId: run.machineId },
    fields: [],
    needsValue: false,
    cancelLabel: 'Cancel',
    goLabel: 'Retry now',
    subject: subjectOf(machine),
  };
}

/** A field for each param that is asked for and that the plan declares. */
function paramFields(asks: readonly string[], plan: Plan | undefined): readonly DialogField[] {
  const declared = (plan?.params ?? []).filter(({ name }) => asks.includes(name));
  return declared.map(({ name, help, defaultValue = '' }) => ({
    param: name,
    label: name,
    help,
    initial: defaultValue,
  }));
}

function idField(machineId: string): DialogField {
  return { param: '', label: '', help: '', initial: '', expected: machineId };
}
