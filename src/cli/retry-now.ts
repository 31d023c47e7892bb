import type { Command } from 'commander';
import { runPhaseWord } from '../tui/format/words.ts';
import type { Ending } from './context.ts';
import { addSteering } from './steer.ts';

/** `bmdemo retry-now RUN`. */
export function addRetryNowCommand(program: Command, ending: Ending): void {
  addSteering(program, ending, {
    name: 'retry-now',
    description: 'skip the back-off that a run waits in; where there is none, nothing happens',
    example: 'bmdemo retry-now 7f3a',
    call: (client, request) => client.runs.retryNow(request),
    sentences: (run) => [`run ${run.runId} of ${run.machineId} is ${runPhaseWord(run.phase)}`],
  });
}
