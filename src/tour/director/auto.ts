import { spokenMs } from '../script/words.ts';
import type { TourPlan, TourState } from './state.ts';
import { beatAt } from './state.ts';

/** How long a command is to be seen before it runs, and its outcome after it, at most; in milliseconds. */
const COMMAND_SHOWN_MS = 1_500;
const OUTCOME_SHOWN_MS = 2_500;
/** How long a failure is to be seen before a booth starts its server anew; in milliseconds. */
const FAILURE_SHOWN_MS = 10_000;
/** How long the ready card stays at most; in milliseconds. */
const READY_MS = 5_000;

/**
 * When a tour that plays by itself goes on, in ms since 1970; null: not in this state. After a failure only a booth does,
 * by starting its server anew.
 */
export function autoPressAt({ script, loop }: Pick<TourPlan, 'script' | 'loop'>, state: TourState): number | null {
  const { auto, paused, owner, stage, stageAt, enteredAt } = state;
  if (auto === null || paused || owner === 'console' || state.lookBack !== null || state.overlay !== 'none')
    return null;
  const beat = beatAt(script, state.place);
  const shown = auto.kind === 'fixed' ? auto.ms : spokenMs(beat.say);
  switch (stage) {
    case 'ready':
      return stageAt + Math.min(shown, READY_MS);
    case 'shown':
      return enteredAt + shown;
    case 'armed':
      return stageAt + Math.min(shown, COMMAND_SHOWN_MS);
    case 'done':
      if (beat.command !== null) return stageAt + Math.min(shown, OUTCOME_SHOWN_MS);
      return Math.max(stageAt, enteredAt + shown);
    case 'failed':
      return loop ? stageAt + FAILURE_SHOWN_MS : null;
    default:
      return null;
  }
}
