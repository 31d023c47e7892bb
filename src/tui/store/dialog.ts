import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { RepairTarget, StartRunOrder } from '../backend.ts';
import type { Tone } from '../theme/theme.ts';
import type { FieldState } from './field.ts';

/** What is done when the dialog's button is pressed. */
export type Intent =
  /** The params are those of the order, and what is in the dialog's fields. */
  | { readonly kind: 'start-run'; readonly order: StartRunOrder }
  | { readonly kind: 'cancel-run'; readonly runId: string; readonly machineId: string }
  /** The reason is what is in the dialog's field, and so are the parts of an RMA. */
  | ({ readonly kind: 'repair' } & RepairTarget)
  | { readonly kind: 'quit' };

/** One row of what the dialog says: a name for it, and the text, which is wrapped. */
export interface DialogFact {
  readonly name: string;
  readonly text: string;
  readonly tone?: Tone;
}

/** A line of text that the dialog asks for. */
export interface DialogField {
  /** The param that it is the value of; empty: of none. */
  readonly param: string;
  readonly label: string;
  /** What the value is for, as a sentence. */
  readonly help: string;
  /** What it holds if nobody types. */
  readonly initial: string;
  /** What has to be in it to go on; absent: anything. */
  readonly expected?: string;
  /** Something has to be in it to go on. */
  readonly required?: true;
}

/** Where the focus of a dialog is: on a field, by its place, or on a button. */
export type DialogFocus = number | 'cancel' | 'go';

/** A question with two answers. All of it is data: what it does is its intent. */
export interface Dialog {
  /** Tells two dialogs of the same kind apart. */
  readonly id: number;
  readonly title: string;
  /** `danger`: something is lost that does not come back. */
  readonly tone: 'plain' | 'danger';
  readonly facts: readonly DialogFact[];
  /** Why somebody has to look first; going on acknowledges it. */
  readonly attention: readonly DialogFact[];
  readonly intent: Intent;
  readonly fields: readonly DialogField[];
  /** What is typed into the fields, in their order. */
  readonly typed: readonly FieldState[];
  /** True: without a value in any field there is nothing to be done. */
  readonly needsValue: boolean;
  /** What the answer that changes nothing is called. */
  readonly cancelLabel: string;
  /** What the answer that goes on is called. */
  readonly goLabel: string;
  readonly focus: DialogFocus;
  /** False for the first moments: keys meant for what was there before must not answer. */
  readonly armed: boolean;
  /** True while the answer is on its way to the server. */
  readonly busy: boolean;
  /** Why it did not work, or what is missing; empty: nothing. */
  readonly notice: string;
  /** The machine that it is about, as it was when the dialog was shown. */
  readonly subject?: DialogSubject;
}

/** What must not change unnoticed while somebody reads. */
export interface DialogSubject {
  readonly machineId: string;
  /** Phase, run and etag in one text. */
  readonly fingerprint: string;
}

/** Everything of a dialog but what its life gives it. */
export type DialogDraft = Omit<Dialog, 'id' | 'typed' | 'focus' | 'armed' | 'busy' | 'notice'>;

/** What must not change unnoticed while a dialog about this machine is read. */
export function subjectOf({ machineId, etag, status }: Machine): DialogSubject {
  return { machineId, fingerprint: [status?.phase, status?.activeRunId, status?.stoppingRunId, etag].join('/') };
}

/** What is missing to go on, as a sentence; undefined: nothing. */
export function whatIsMissing({ fields, typed, needsValue }: Dialog): string | undefined {
  const wrong = fields.find(({ expected }, at) => expected !== undefined && typed[at]?.text !== expected);
  if (wrong !== undefined) return `type ${wrong.expected} to go on`;
  const empty = fields.find(({ required }, at) => required === true && (typed[at]?.text.trim() ?? '') === '');
  if (empty !== undefined) return `say the ${empty.label} to go on`;
  return needsValue && typed.every(({ text }) => text === '') ? 'fill in at least one setting' : undefined;
}

/** The place of the field that has to be typed; -1: none has to. */
export function requiredField({ fields }: Dialog): number {
  return fields.findIndex(({ expected, required }) => expected !== undefined || required === true);
}

/** The field that takes what is typed: the one with the focus, else the one that has to be typed; -1: none. */
export function typingPlace(dialog: Dialog): number {
  return typeof dialog.focus === 'number' ? dialog.focus : requiredField(dialog);
}

/** What StartRun is given, if the dialog asks about one: with the params that somebody has changed. */
export function orderOf({ intent, fields, typed }: Dialog): StartRunOrder | undefined {
  if (intent.kind !== 'start-run') return undefined;
  const changed = fields.flatMap(({ param, initial }, at) => {
    const text = typed[at]?.text.trim() ?? '';
    return param === '' || text === '' || text === initial ? [] : [[param, text] as const];
  });
  if (changed.length === 0) return intent.order;
  // The preview was of other params, and would be refused.
  return { ...intent.order, params: { ...intent.order.params, ...Object.fromEntries(changed) }, previewToken: '' };
}

/** What is in the dialog's fields, by their names; what is empty is left out. */
export function valuesOf({ fields, typed }: Dialog): Readonly<Record<string, string>> {
  const filled = fields.map(({ param }, at) => [param, typed[at]?.text.trim() ?? ''] as const);
  return Object.fromEntries(filled.filter(([param, text]) => param !== '' && text !== ''));
}

/** The dialog with its focus moved, round and round. */
export function moveDialogFocus(dialog: Dialog, by: 1 | -1): Dialog {
  const order: readonly DialogFocus[] = [...dialog.fields.keys(), 'cancel', 'go'];
  const at = order.indexOf(dialog.focus);
  return { ...dialog, focus: order[(at + by + order.length) % order.length] ?? 'cancel' };
}
