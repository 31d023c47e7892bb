import type { FileMachine, FileOutcome } from '../backend.ts';
import type { DialogDraft, DialogFact } from '../store/dialog.ts';

/** Machines that are named in a row of the question; of those behind them there is the number. */
const MOST_NAMED = 12;

/** Whether importing a file changes anything. */
export function changesAnything({ machines }: FileOutcome): boolean {
  return machines.some(({ outcome }) => outcome === 'new' || outcome === 'changed');
}

/** The question that comes before a file is imported: which machines are new, which change in what, and what is refused. */
export function importDialog(file: string, shown: FileOutcome): DialogDraft {
  const { counts, machines, mistakes } = shown;
  const ofOutcome = (outcome: FileMachine['outcome']) => machines.filter((machine) => machine.outcome === outcome);
  return {
    title: `Import ${file.slice(file.lastIndexOf('/') + 1)}?`,
    tone: 'plain',
    facts: [
      { name: 'file', text: file },
      { name: 'in it', text: counts },
      ...namesFact(
        'new',
        ofOutcome('new').map(({ machineId }) => machineId),
      ),
      ...namesFact(
        'changed',
        ofOutcome('changed').map(({ machineId, note }) => (note === '' ? machineId : `${machineId} (${note})`)),
      ),
      ...namesFact('refused', mistakes).map((fact): DialogFact => ({ ...fact, tone: 'error' })),
    ],
    attention: [],
    intent: { kind: 'import-file', file, shown },
    fields: [],
    needsValue: false,
    cancelLabel: 'Cancel',
    goLabel: 'Import',
  };
}

function namesFact(name: string, texts: readonly string[]): readonly DialogFact[] {
  if (texts.length === 0) return [];
  const others = texts.length - MOST_NAMED;
  const named = texts.slice(0, MOST_NAMED).join(name === 'refused' ? '; ' : ', ');
  return [{ name, text: others > 0 ? `${named} and ${others.toLocaleString('en-US')} more` : named }];
}
