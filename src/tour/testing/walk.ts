import type { TourPlan } from '../director/state.ts';
import { readScript } from '../script/load.ts';
import { formatScriptMistake } from '../script/mistake.ts';
import type { Script } from '../script/script.ts';

/** A script out of its text, for a test. */
function scriptOf(text: string): Script {
  const read = readScript(text, 'walk.yaml');
  if (read.kind === 'script') return read.script;
  throw new Error(read.mistakes.map(formatScriptMistake).join('\n'));
}

/** A walk of four chapters, one of them with everything, and a question. */
export const WALK = scriptOf(`
title: A walk
roles: { one: machine-1, two: [machine-2, machine-3] }
chapters:
  - id: opening
    title: Opening
    time: 30s
    counted: false
    beats:
      - say: Hello.
  - id: work
    title: Work
    time: 60s
    needs:
      - server: up
      - machine: { role: one, free: true }
    beats:
      - say: One two three four five six seven.
        command: { repave: { machine: one, as: fresh } }
        waitFor:
          - run: { name: fresh, step: repave-image }
      - say: Look.
        waitFor:
          - run: { name: fresh, phase: SUCCEEDED }
      - say: That was it.
  - id: twice
    title: Twice
    time: 30s
    needs:
      - machine: { role: one, free: true }
    beats:
      - say: First.
        command: { reboot: { machine: one, as: first, requestId: boot } }
        waitFor:
          - run: { name: first, phase: RUNNING }
      - say: Second.
        command: { again: { run: first, as: second } }
        waitFor:
          - same: [first, second]
  - id: closing
    title: Closing
    time: 30s
    counted: false
    beats:
      - say: Bye.
        command: { stop: {} }
        waitFor:
          - server: stopped
questions:
  - question: Why?
    answer: Because.
    live:
      - say: See.
        command: { list: {} }
        waitFor:
          - machines: 1
`);

/** The plan of a tour through WALK. */
export function walkPlan(changes: Partial<TourPlan> = {}): TourPlan {
  return { script: WALK, minutes: 5, from: 0, auto: null, ownServer: true, loop: false, recording: false, ...changes };
}
