import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { capital, machinePhaseWord } from '../format/words.ts';
import type { DialogDraft, Job } from '../store/dialog.ts';

/** Facts that are about one machine, and stand in its row. */
const OF_ONE: ReadonlySet<string> = new Set(['machine', 'run', 'at', 'phase', 'because', 'with', 'took']);

/** What is done to one machine: the question that there would be, were it alone. */
export interface Part {
  readonly machine: Machine;
  readonly draft: DialogDraft;
}

/**
 * The question that comes before something is done to many machines: what it does once, a row for each machine, and their
 * number to be typed.
 *
 * @param verb `repave`, for the button and the title
 */
export function bulkDialog(verb: string, parts: readonly Part[]): DialogDraft | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  const { draft } = first;
  const count = String(parts.length);
  return {
    title: `${capital(verb)} ${count} machines?`,
    tone: parts.some((part) => part.draft.tone === 'danger') ? 'danger' : 'plain',
    facts: draft.facts.filter(({ name }) => !OF_ONE.has(name)),
    attention: [],
    intent: { kind: 'many', verb },
    jobs: parts.map(jobOf),
    fields: [
      ...draft.fields.filter(({ expected }) => expected === undefined),
      { param: '', label: '', help: '', initial: '', expected: count },
    ],
    needsValue: draft.needsValue,
    cancelLabel: 'Cancel',
    goLabel: `${capital(verb)} ${count}`,
  };
}

function jobOf({ machine, draft }: Part): Job {
  const { machineId, status } = machine;
  const phase = status === undefined ? 'unknown' : machinePhaseWord(status.phase);
  const why = draft.attention[0]?.text ?? '';
  return {
    machineId,
    intent: draft.intent,
    text: why === '' ? phase : `${phase} · ${why}`,
    tone: why === '' ? 'muted' : 'warn',
    done: false,
  };
}
