import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ChapterSchema, TourStateSchema } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import {
  Command,
  TourState_Owner as Owner,
  TourState_Stage as StageMessage,
} from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import type { TourMoment } from '../director/director.ts';
import type { TourCommand } from '../director/input.ts';
import { offeredKeys } from '../director/keys.ts';
import type { Stage } from '../director/state.ts';
import { beatAt, chapterOf, countOf, isQuestion, numberOf, partsOf } from '../director/state.ts';
import { commandOf, headingOf, notesOf } from '../director/telling.ts';
import type { TimeTold } from '../director/timing.ts';
import { plannedTimes, tellTime } from '../director/timing.ts';
import { filledIn } from '../script/references.ts';
import { spokenMs } from '../script/words.ts';

const STAGES: Readonly<Record<Stage, StageMessage>> = {
  ready: StageMessage.READY,
  preparing: StageMessage.PREPARING,
  shown: StageMessage.SHOWN,
  armed: StageMessage.ARMED,
  running: StageMessage.RUNNING,
  done: StageMessage.DONE,
  failed: StageMessage.FAILED,
  ended: StageMessage.ENDED,
};

/** The commands of keys that a remote can send as well. */
const COMMANDS: Readonly<Partial<Record<TourCommand['name'], Command>>> = {
  next: Command.NEXT,
  back: Command.BACK,
  again: Command.AGAIN,
  skip: Command.SKIP,
  restart: Command.RESTART,
  explore: Command.EXPLORE,
};

/** What of a tour its moment does not say. */
export interface Surroundings {
  /** Counts the states. */
  readonly revision: number;
  /** The audience's screen. */
  readonly screen: { readonly columns: number; readonly rows: number };
  /** How many notes screens are attached. */
  readonly remotes: number;
  /** The time, in ms since 1970. */
  readonly now: number;
}

/** A tour as its notes screens are told of it. */
export function stateMessage(moment: TourMoment, around: Surroundings): MessageInitShape<typeof TourStateSchema> {
  const { plan, state, server } = moment;
  const { script } = plan;
  const { timing } = state;
  const planned = plannedTimes(script, plan.minutes);
  const time = tellTime(timing, planned, chapterOf(state), around.now);
  const chapters = script.chapters.map((_, at) => chapterMessage(moment, at, planned[at] ?? 0, time));
  const notes = notesOf(moment);
  const beat = beatAt(script, state.place);
  const { auto } = state;
  return {
    revision: BigInt(around.revision),
    chapter: isQuestion(script, state.place.part) ? questionMessage(moment) : chapters[state.place.part],
    chapters,
    beat: notes.place.beat + 1,
    beats: partsOf(script)[notes.place.part]?.beats.length ?? 0,
    stage: STAGES[state.stage],
    say: notes.say,
    points: [...notes.points],
    answers: script.questions.map(({ question, beats }) => ({
      question,
      answer: filledIn(beats[0]?.say ?? '', moment.machineOf),
    })),
    command: commandOf(moment),
    awaiting: state.awaiting,
    failure: state.failure?.sentence ?? '',
    keys: offeredKeys(state, plan.ownServer).map(({ key, label, command }) => ({
      key,
      label,
      command: COMMANDS[command] ?? Command.UNSPECIFIED,
    })),
    owner: state.owner === 'tour' ? Owner.TOUR : Owner.CONSOLE,
    paused: state.paused,
    blank: state.blank,
    notesInPlace: state.notes,
    timing: {
      elapsed: durationFromMs(time.elapsed),
      planned: durationFromMs(time.planned),
      ahead: durationFromMs(time.ahead),
      running: timing.runningSince !== null,
      ...(timing.startedAt === null ? {} : { startedAt: timestampFromMs(timing.startedAt) }),
    },
    server,
    screen: around.screen,
    remotes: around.remotes,
    recording: plan.recording,
    ...(auto === null ? {} : { autoInterval: durationFromMs(auto.kind === 'fixed' ? auto.ms : spokenMs(beat.say)) }),
  };
}

function chapterMessage(
  { plan }: TourMoment,
  at: number,
  plannedMs: number,
  { spent }: TimeTold,
): MessageInitShape<typeof ChapterSchema> {
  const chapter = plan.script.chapters[at];
  const taken = spent[at] ?? null;
  return {
    number: numberOf(plan.script, at),
    id: chapter?.id ?? '',
    title: chapter?.title ?? '',
    planned: durationFromMs(plannedMs),
    count: countOf(plan.script, at),
    ...(taken === null ? {} : { spent: durationFromMs(taken) }),
  };
}

/** A question in the place of a chapter: with the number of the chapter that it was asked in. */
function questionMessage(moment: TourMoment): MessageInitShape<typeof ChapterSchema> {
  const { plan, state } = moment;
  const { count, title } = headingOf(moment);
  return { number: numberOf(plan.script, chapterOf(state)), id: 'question', title, count };
}
