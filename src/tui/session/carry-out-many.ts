import type { PreviewRunResponse } from '../../wire/gen/baremetal/v1/run_service_pb.ts';
import { failureMessage } from '../backend.ts';
import { machinePhaseWord } from '../format/words.ts';
import type { Dialog, Job } from '../store/dialog.ts';
import type { ConsoleStore } from '../store/store.ts';
import { closeDialog, showToast, updateDialog } from '../store/update.ts';
import type { Hands } from './perform.ts';
import { perform } from './perform.ts';

/** Calls of one dialog that are under way at the same time. */
const AT_ONCE = 8;

/**
 * Does what a dialog asks about, machine by machine. It stays until every one is done: pressing again does those that are not, each
 * with the request id that it had.
 */
export async function carryOutMany(dialog: Dialog, hands: Hands): Promise<void> {
  const { store, session } = hands;
  const { id } = dialog;
  store.setState((state) => updateDialog(state, id, (now) => ({ ...now, busy: true, notice: '' })));
  const todo = jobsOf(dialog).filter(({ done }) => !done);
  await inParallel(todo, async (job) => {
    tell(store, id, job, { text: 'asking the server …', tone: 'busy' });
    try {
      const text = await perform(job.intent, dialog, hands);
      tell(store, id, job, { text, tone: 'ok', done: true });
    } catch (error) {
      if (!session.signal.aborted) tell(store, id, job, { text: failureMessage(error), tone: 'error' });
    }
  });
  if (session.signal.aborted) return;
  store.setState((state) => {
    const now = state.ui.dialog;
    if (now?.id !== id) return state;
    const jobs = jobsOf(now);
    const done = jobs.filter((job) => job.done).length;
    const verb = now.intent.kind === 'many' ? now.intent.verb : '';
    if (done === jobs.length) return showToast(closeDialog(state, id), 'ok', `${verb}: ${done} of ${jobs.length} done`);
    const notice = `${done} of ${jobs.length} done; ${jobs.length - done} not, each says why. Again does those that are not.`;
    return updateDialog(state, id, (open) => ({
      ...open,
      busy: false,
      focus: 'cancel',
      cancelLabel: 'Close',
      goLabel: 'Again',
      notice,
    }));
  });
}

/** Asks the server what would become of each machine; its row then says so, and what it says is what is started. */
export async function previewMany(dialog: Dialog, { store, backend, session }: Hands): Promise<void> {
  const { id } = dialog;
  await inParallel(jobsOf(dialog), async (job) => {
    if (job.intent.kind !== 'start-run') return;
    const { order } = job.intent;
    try {
      const preview = await backend.previewRun(order, session.signal);
      const intent = { ...job.intent, order: { ...order, previewToken: preview.previewToken } };
      tell(store, id, job, { ...verdictOf(preview), intent });
    } catch {
      // The row says what is known here.
    }
  });
}

function verdictOf({ phaseBefore, phaseAfter, gates }: PreviewRunResponse): Pick<Job, 'text' | 'tone'> {
  const phases = `${machinePhaseWord(phaseBefore)} → ${machinePhaseWord(phaseAfter)}`;
  const refusing = gates.find(({ passed, blocking }) => !passed && blocking);
  if (refusing !== undefined) return { text: `refused: ${refusing.message}`, tone: 'error' };
  const warning = gates.find(({ passed }) => !passed);
  return warning === undefined
    ? { text: phases, tone: 'muted' }
    : { text: `${phases} · ${warning.message}`, tone: 'warn' };
}

function tell(store: ConsoleStore, id: number, { machineId }: Job, told: Partial<Job>): void {
  const changed = (jobs: readonly Job[]) =>
    jobs.map((job) => (job.machineId === machineId ? { ...job, ...told } : job));
  store.setState((state) => updateDialog(state, id, (dialog) => ({ ...dialog, jobs: changed(jobsOf(dialog)) })));
}

function jobsOf({ jobs = [] }: Dialog): readonly Job[] {
  return jobs;
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
