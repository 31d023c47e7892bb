import type { Command } from 'commander';
import { runPhaseWord } from '../tui/format/words.ts';
import type { Ending } from './context.ts';
import { addSteering } from './steer.ts';

/** `bmdemo retry-now RUN`. */
export function addRetryNowCommand(program: Command, ending: Ending): void {
  addSteering(program, ending, {
    name: 'retry-now',
    description: 'skip the back-off that runs wait in; where there is none, nothing happens',
    examples: ['bmdemo retry-now 7f3a', 'bmdemo retry-now --selector machine_id=machine-1 --yes'],
    call: (client, request) => client.runs.retryNow(request),
    sentences: (run) => [`run ${run.runId} of ${run.machineId} is ${runPhaseWord(run.phase)}`],
  });
}
