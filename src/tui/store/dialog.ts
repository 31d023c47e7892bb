import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { StartRunOrder } from '../backend.ts';
import type { Tone } from '../theme/theme.ts';
import type { FieldState } from './field.ts';

/** What is done when the dialog's button is pressed. */
export type Intent =
  | { readonly kind: 'start-run'; readonly order: StartRunOrder }
  | { readonly kind: 'cancel-run'; readonly runId: string; readonly machineId: string }
  | { readonly kind: 'quit' };

/** One row of what the dialog says: a name for it, and the text, which is wrapped. */
export interface DialogFact {
  readonly name: string;
  readonly text: string;
  readonly tone?: Tone;
}

/** Where the focus of a dialog is. */
export type DialogFocus = 'field' | 'cancel' | 'go';

/** A question with two answers. All of it is data: what it does is its intent. */
export interface Dialog {
  /** Tells two dialogs of the same kind apart. */
  readonly id: number;
  readonly title: string;
  /** `danger`: something is lost that does not come back. */
  readonly tone: 'plain' | 'danger';
  readonly facts: readonly DialogFact[];
  readonly intent: Intent;
  /** What the answer that changes nothing is called. */
  readonly cancelLabel: string;
  /** What the answer that goes on is called. */
  readonly goLabel: string;
  /** What has to be typed to go on; absent: nothing, and `y` goes on as well. */
  readonly expected?: string;
  readonly field: FieldState;
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

/** What must not change unnoticed while a dialog about this machine is read. */
export function subjectOf({ machineId, etag, status }: Machine): DialogSubject {
  return { machineId, fingerprint: [status?.phase, status?.activeRunId, status?.stoppingRunId, etag].join('/') };
}

/** Everything of a dialog but what its life gives it. */
export type DialogDraft = Omit<Dialog, 'id' | 'field' | 'focus' | 'armed' | 'busy' | 'notice'>;

/** Whether what has to be typed has been, or nothing has to. */
export function isComplete(dialog: Dialog): boolean {
  return dialog.expected === undefined || dialog.field.text === dialog.expected;
}

/** The places that the focus goes through, in order. */
export function focusOrder(dialog: Dialog): readonly DialogFocus[] {
  return dialog.expected === undefined ? ['cancel', 'go'] : ['field', 'cancel', 'go'];
}

/** The dialog with its focus moved, round and round. */
export function moveDialogFocus(dialog: Dialog, by: 1 | -1): Dialog {
  const order = focusOrder(dialog);
  const at = order.indexOf(dialog.focus);
  return { ...dialog, focus: order[(at + by + order.length) % order.length] ?? 'cancel' };
}
