import type { Command } from 'commander';
import { runPhaseWord } from '../tui/format/words.ts';
import type { Ending } from './context.ts';
import { stoppingLines } from './follow/run-lines.ts';
import { addSteering } from './steer.ts';

/** `bmdemo cancel RUN`. */
export function addCancelCommand(program: Command, ending: Ending): void {
  addSteering(program, ending, {
    name: 'cancel',
    description: 'cancel runs; the first few letters of an id will do',
    examples: [
      'bmdemo cancel 7f3a --reason "wrong machine"',
      "bmdemo cancel --selector plan_id=plan/upgrade --expect 12 --reason 'the new version is broken'",
    ],
    call: (client, request) => client.runs.cancelRun(request),
    sentences: (run) => [`run ${run.runId} of ${run.machineId} is ${runPhaseWord(run.phase)}`, ...stoppingLines(run)],
  });
}
