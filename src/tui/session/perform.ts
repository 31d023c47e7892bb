import { MachineStatus_Phase as Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { ConsoleBackend, StartRunOrder } from '../backend.ts';
import { machinePhaseWord, shortRunId } from '../format/words.ts';
import type { Dialog, Intent } from '../store/dialog.ts';
import { orderWith, valuesOf } from '../store/dialog.ts';
import type { ConsoleStore } from '../store/store.ts';
import type { Session } from './session.ts';

/** What carrying out needs. */
export interface Hands {
  readonly store: ConsoleStore;
  readonly backend: ConsoleBackend;
  readonly session: Session;
}

/** Does one thing, with what was typed into its dialog, and answers what became of it. */
export async function perform(intent: Intent, dialog: Dialog, { backend, session }: Hands): Promise<string> {
  switch (intent.kind) {
    case 'start-run': {
      const order = orderWith(intent.order, dialog);
      const known = session.sendsAgain(order.requestId) && (await wasAccepted(order, backend, session.signal));
      const run = await backend.startRun(order, session.signal);
      session.learn(run);
      return known ? `already accepted as run ${shortRunId(run.runId)}` : `run ${shortRunId(run.runId)} accepted`;
    }
    case 'cancel-run': {
      const run = await backend.cancelRun(intent.runId, '', session.signal);
      return `run ${shortRunId(run.runId)} canceled; ${run.machineId} needs intervention`;
    }
    case 'retry-now': {
      const run = await backend.retryNow(intent.runId, session.signal);
      return `run ${shortRunId(run.runId)} tries again now`;
    }
    case 'repair': {
      const machine = await backend.repair(intent, valuesOf(dialog), session.signal);
      return `${machine.machineId} is ${machinePhaseWord(machine.status?.phase ?? Phase.PHASE_UNSPECIFIED)}`;
    }
    case 'import-file':
      return (await backend.importFile(intent.file, intent.shown, session.signal)).counts;
    case 'many':
    case 'quit':
      throw new Error(`${intent.kind} is nothing that is done to one machine`);
  }
}

/** Whether the server has a run of that request already, because the answer to it was lost. One that does not say has none. */
async function wasAccepted(order: StartRunOrder, backend: ConsoleBackend, signal: AbortSignal): Promise<boolean> {
  return backend.previewRun(order, signal).then(
    ({ existingRun }) => existingRun !== undefined,
    () => false,
  );
}
