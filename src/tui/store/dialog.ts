import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { FileOutcome, RepairTarget, StartRunOrder } from '../backend.ts';
import type { Tone } from '../theme/theme.ts';
import type { FieldState } from './field.ts';

/** What is done when the dialog's button is pressed. */
export type Intent =
  /** The params are those of the order, and what is in the dialog's fields. */
  | { readonly kind: 'start-run'; readonly order: StartRunOrder }
  | { readonly kind: 'cancel-run'; readonly runId: string; readonly machineId: string }
  | { readonly kind: 'retry-now'; readonly runId: string; readonly machineId: string }
  /** The reason is what is in the dialog's field, and so are the parts of an RMA. */
  | ({ readonly kind: 'repair' } & RepairTarget)
  /** As it was shown, and nothing else. */
  | { readonly kind: 'import-file'; readonly file: string; readonly shown: FileOutcome }
  /** Of each of the dialog's jobs its own. */
  | { readonly kind: 'many'; readonly verb: string }
  | { readonly kind: 'quit' };

/** What is done to one of many machines, and how it stands. */
export interface Job {
  readonly machineId: string;
  readonly intent: Intent;
  /** What is to be said of it, in its row. */
  readonly text: string;
  readonly tone: Tone;
  readonly done: boolean;
}

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
  /** A row for each machine, where it is about many. */
  readonly jobs?: readonly Job[];
  /** Rows of the jobs that are scrolled by. */
  readonly jobsTop?: number;
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
  /** False for the first moments, and after it was shown anew: keys meant for what was there before must not answer. */
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
export function whatIsMissing(dialog: Dialog): string | undefined {
  const field = dialog.fields[missingField(dialog)];
  if (field?.expected !== undefined) return `type ${field.expected} to go on`;
  if (field !== undefined) return `say the ${field.label} to go on`;
  const isEmpty = dialog.typed.every(({ text }) => text === '');
  return dialog.needsValue && isEmpty ? 'fill in at least one setting' : undefined;
}

/** True of a field without which nothing goes on. */
export function isNeeded({ expected, required }: DialogField): boolean {
  return expected !== undefined || required === true;
}

/** The place of the first field that is needed and not right yet; -1: none. */
export function missingField({ fields, typed }: Dialog): number {
  return fields.findIndex((field, at) => {
    const text = typed[at]?.text ?? '';
    return field.expected === undefined ? field.required === true && text.trim() === '' : text !== field.expected;
  });
}

/** The field that takes what is typed: the one with the focus, else the first that is needed, one that is not right before others; -1: none. */
export function typingPlace(dialog: Dialog): number {
  if (typeof dialog.focus === 'number') return dialog.focus;
  const missing = missingField(dialog);
  return missing >= 0 ? missing : dialog.fields.findIndex(isNeeded);
}

/** An order with the params that somebody has changed in the dialog. */
export function orderWith(order: StartRunOrder, { fields, typed }: Dialog): StartRunOrder {
  const changed = fields.flatMap(({ param, initial }, at) => {
    const text = typed[at]?.text.trim() ?? '';
    return param === '' || text === '' || text === initial ? [] : [[param, text] as const];
  });
  if (changed.length === 0) return order;
  // The preview was of other params, and would be refused.
  return { ...order, params: { ...order.params, ...Object.fromEntries(changed) }, previewToken: '' };
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
