import { withShortRunIds } from '../format/words.ts';
import type { Dialog } from '../store/dialog.ts';
import type { ConsoleState } from '../store/state.ts';
import { spoken } from './words.ts';

/** What has become of the question that is open, or that one was opened or closed. */
export function questionNews({ ui: before }: ConsoleState, { ui: after }: ConsoleState): readonly string[] {
  const [was, is] = [before.dialog, after.dialog];
  if (was === is) return [];
  if (is === undefined) return ['The question is closed.'];
  if (was?.id !== is.id) return questionSentences(is);
  const lines: string[] = [];
  const known = new Set(factSentences(was));
  lines.push(...factSentences(is).filter((fact) => !known.has(fact)));
  for (const [at, job] of (is.jobs ?? []).entries()) {
    if (job.text !== was.jobs?.[at]?.text) lines.push(spokenShort(`${job.machineId}: ${job.text}`));
  }
  if (is.busy && !was.busy && is.jobs === undefined) lines.push('Asking the server.');
  if (is.notice !== '' && is.notice !== was.notice) lines.push(spokenShort(is.notice));
  if (is.armed && !was.armed) lines.push(focusSentence(is), keysSentence(is));
  else if (is.focus !== was.focus) lines.push(focusSentence(is));
  return lines;
}

/** A question as a whole: what it is about, row by row. */
export function questionSentences(dialog: Dialog): readonly string[] {
  const { title, jobs = [], armed } = dialog;
  return [
    `Question: ${spoken(title)}`,
    ...factSentences(dialog),
    ...jobs.map(({ machineId, text }) => spokenShort(`${machineId}: ${text}`)),
    ...(armed ? [focusSentence(dialog), keysSentence(dialog)] : []),
  ];
}

function factSentences({ facts, attention }: Dialog): readonly string[] {
  // What is still being asked of the server is said when it has answered.
  const known = [...facts, ...attention].filter(({ text }) => text !== '…');
  return known.map(({ name, text }) => spokenShort(name === '' ? text : `${name}: ${text}`));
}

/** As it is shown: sixteen letters of a run's id are nothing to listen to. */
function spokenShort(text: string): string {
  return spoken(withShortRunIds(text));
}

function focusSentence({ focus, fields, typed, cancelLabel, goLabel }: Dialog): string {
  if (focus === 'cancel') return `On the button ${cancelLabel}.`;
  if (focus === 'go') return `On the button ${goLabel}.`;
  const field = fields[focus];
  const text = typed[focus]?.text ?? '';
  const holds = text === '' ? 'empty' : `holds ${text}`;
  if (field?.expected !== undefined) return `In the field for ${field.expected}, ${holds}.`;
  return spoken(`In the field ${field?.label ?? ''}, ${holds}. ${field?.help ?? ''}`);
}

function keysSentence({ fields, goLabel }: Dialog): string {
  const expected = fields.find((field) => field.expected !== undefined)?.expected;
  const go = expected === undefined ? `y is for ${goLabel}` : `type ${expected} and Enter for ${goLabel}`;
  const needed = fields.find(({ required }) => required === true);
  const say = needed === undefined ? go : `type the ${needed.label} and Enter for ${goLabel}`;
  return `Tab moves, Enter presses, Esc cancels, ${say}.`;
}
