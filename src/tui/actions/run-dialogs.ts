import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Plan, Step } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { formatClock, millis } from '../format/time.ts';
import { count, machinePhaseWord, planName, shortRunId } from '../format/words.ts';
import type { DialogDraft, DialogFact } from '../store/dialog.ts';
import { subjectOf } from '../store/dialog.ts';
import { conditionOf } from '../store/select.ts';

/** A kind of run that has a key of its own. */
export interface RunKind {
  /** As in StartRun: `REPAVE`. */
  readonly type: string;
  readonly planId: string;
  /** `repave`: what is done, in a footer and on a button. */
  readonly verb: string;
  /** True: the machine's id has to be typed. */
  readonly typed: boolean;
}

/** The question that comes before a run. Where the machine needs intervention it says why, and going on acknowledges it. */
export function startDialog(kind: RunKind, machine: Machine, plan: Plan | undefined, requestId: string): DialogDraft {
  const { machineId } = machine;
  const attention = kind.type === 'RMA' ? undefined : conditionOf(machine, 'NeedsIntervention');
  const verb = attention === undefined ? kind.verb : `acknowledge and ${kind.verb}`;
  return {
    title: `${capital(kind.verb)} ${machineId}?`,
    tone: destroys(plan) || kind.typed ? 'danger' : 'plain',
    facts: [
      { name: 'machine', text: describeMachine(machine) },
      { name: 'plan', text: describePlan(kind, plan) },
      ...consequences(plan),
      { name: 'phase', text: phases(machine, plan) },
      ...(attention === undefined ? [] : attentionFacts(attention.message, millis(attention.lastTransitionTime))),
    ],
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
      },
    },
    cancelLabel: 'Cancel',
    goLabel: capital(verb),
    ...(kind.typed ? { expected: machineId } : {}),
    subject: subjectOf(machine),
  };
}

/** The same question once more, because the server says that the machine needs intervention. */
export function acknowledgeDialog(draft: DialogDraft, message: string): DialogDraft {
  if (draft.intent.kind !== 'start-run') return draft;
  const { order } = draft.intent;
  return {
    ...draft,
    facts: [...draft.facts, ...attentionFacts(message, undefined)],
    intent: { kind: 'start-run', order: { ...order, acknowledgeIntervention: true } },
    goLabel: capital(`acknowledge and ${draft.goLabel.toLowerCase()}`),
  };
}

/** The question that comes before a run is canceled. */
export function cancelDialog(run: Run, machine: Machine | undefined): DialogDraft {
  const at = run.steps.findIndex(({ name }) => name === run.currentStep);
  const step = run.steps[at];
  const writing = step?.kind === 'repave';
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
      ...(writing
        ? [
            {
              name: 'destroys',
              text: 'its disk is left half written: repave it before it is used',
              tone: 'error',
            } as const,
          ]
        : []),
    ],
    intent: { kind: 'cancel-run', runId: run.runId, machineId: run.machineId },
    cancelLabel: 'Keep it running',
    goLabel: 'Cancel the run',
    ...(machine === undefined ? {} : { subject: subjectOf(machine) }),
  };
}

function describeMachine({ machineId, spec, status }: Machine): string {
  const parts = [machineId];
  if (spec?.rack) parts.push(`rack ${spec.rack}`);
  if (spec?.targetCluster?.clusterId) parts.push(`cluster ${spec.targetCluster.clusterId}`);
  if (status !== undefined) parts.push(machinePhaseWord(status.phase));
  return parts.join(' · ');
}

function describePlan(kind: RunKind, plan: Plan | undefined): string {
  if (plan === undefined) return kind.planId;
  return `${planName(plan.planId)}, ${count(plan.steps.length, 'step')}: ${plan.steps.map(({ name }) => name).join(', ')}`;
}

function consequences(plan: Plan | undefined): readonly DialogFact[] {
  const facts: DialogFact[] = [];
  const image = plan?.steps.find(({ kind }) => kind.case === 'repave');
  if (plan !== undefined && image?.kind.case === 'repave') {
    const ref = withDefaults(image.kind.value.imageRef, plan);
    facts.push({ name: 'destroys', text: `everything on its disk: ${image.name} writes ${ref}`, tone: 'error' });
  }
  const does = [...new Set((plan?.steps ?? []).flatMap(effectOf))];
  if (does.length > 0) facts.push({ name: 'does', text: does.join(', ') });
  return facts;
}

/** What people in front of the machine notice of a step; nothing for those that only look or prepare. */
function effectOf({ kind }: Step): readonly string[] {
  switch (kind.case) {
    case 'reboot':
      return ['restarts it'];
    case 'drain':
      return ['moves its workloads away'];
    case 'powerOff':
      return ['shuts it down'];
    case 'rma':
      return ['marks it for replacement'];
    case 'net':
      return ['changes its network'];
    case 'join':
      return ['joins its cluster'];
    default:
      return [];
  }
}

function phases({ status }: Machine, plan: Plan | undefined): string {
  const now = status === undefined ? 'unknown' : machinePhaseWord(status.phase);
  const kinds = new Set(plan?.steps.map(({ kind }) => kind.case) ?? []);
  const end = kinds.has('rma')
    ? ['RMA']
    : kinds.has('repave')
      ? kinds.has('join')
        ? ['READY', 'IN_SERVICE']
        : ['READY']
      : [now];
  return [now, 'PROVISIONING', ...end].join(' → ');
}

function attentionFacts(message: string, since: number | undefined): readonly DialogFact[] {
  const when = since === undefined ? '' : ` since ${formatClock(since)}`;
  return [
    { name: 'attention', text: `needs intervention${when}: ${message}`, tone: 'warn' },
    { name: '', text: 'Going on says that you have seen this.', tone: 'warn' },
  ];
}

function destroys(plan: Plan | undefined): boolean {
  return plan?.steps.some(({ kind }) => kind.case === 'repave') === true;
}

/** `{{name}}` as it is when nobody gives the param a value. */
function withDefaults(text: string, plan: Plan): string {
  return text.replaceAll(/\{\{([a-z0-9_]+)\}\}/g, (whole, name: string) => {
    return plan.params.find((param) => param.name === name)?.defaultValue ?? whole;
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
