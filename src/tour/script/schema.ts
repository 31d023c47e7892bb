import { z } from 'zod';
import { commandSchema, conditionSchema } from './schema-parts.ts';
import { FILE_NAME, list, mapError, NAME, oneWordOf, sentence, textSchema, timeSchema } from './schema-words.ts';
import type { Beat, Chapter, Question, Script } from './script.ts';
import { CARDS, PANES } from './script.ts';

const show = z
  .strictObject({
    machine: z
      .string({ error: sentence('must be a role') })
      .regex(NAME, 'must be a role')
      .optional(),
    pane: oneWordOf(PANES).optional(),
    card: oneWordOf(CARDS).optional(),
  })
  .describe('what is to be looked at: the machine of a role, a pane of the console, a card over it');

const beat = z
  .strictObject({
    say: textSchema(2_000).describe('what is to be spoken; {role} stands for its machine'),
    points: list(textSchema(200), 8).optional().describe('what must not be left out'),
    show: show.optional(),
    command: commandSchema.optional().describe('what the beat does: next shows it, next again runs it'),
    waitFor: list(conditionSchema, 10).optional().describe('what has to be so before the beat is over'),
    onFail: textSchema(500).optional().describe('what to say while a failure is mended'),
  })
  .transform(
    ({ say, points = [], show: shown = {}, command = null, waitFor = [], onFail = '' }): Beat => ({
      say,
      points,
      show: { machine: shown.machine ?? null, pane: shown.pane ?? null, card: shown.card ?? null },
      command,
      waitFor,
      onFail,
    }),
  )
  .meta({ id: 'Beat' });

const chapter = z
  .strictObject({
    id: z
      .string({ error: sentence('must be a word of a-z, 0-9 and -') })
      .regex(NAME, 'must be a word of a-z, 0-9 and -')
      .describe('its name for programs'),
    title: textSchema(60),
    time: timeSchema.describe('how long it is to take, such as 45s or 1.5m'),
    counted: z
      .boolean({ error: sentence('must be true or false') })
      .optional()
      .describe('false for an opening and a closing, which `3 of 10` does not count'),
    needs: list(conditionSchema, 10)
      .optional()
      .describe('what has to be so when it begins; what is missing is done first'),
    beats: list(beat, 20, 1),
  })
  .transform(
    ({ time, counted = true, needs = [], ...rest }): Chapter => ({ ...rest, plannedMs: time, counted, needs }),
  );

const question = z
  .strictObject({
    question: textSchema(200),
    answer: textSchema(2_000).describe('what is to be spoken'),
    needs: list(conditionSchema, 10).optional(),
    live: list(beat, 10).optional().describe('shows it, after the answer'),
  })
  .transform(
    ({ question: asked, answer, needs = [], live = [] }): Question => ({
      question: asked,
      needs,
      beats: [
        {
          say: answer,
          points: [],
          show: { machine: null, pane: null, card: null },
          command: null,
          waitFor: [],
          onFail: '',
        },
        ...live,
      ],
    }),
  );

const machine = z
  .string({ error: sentence('must be the id of a demo machine, such as machine-1') })
  .regex(/^machine-[1-9]\d{0,3}$/, 'must be the id of a demo machine, such as machine-1');

/** The longest file of a script, in characters. */
const LONGEST_FILE = 100_000;

const FILE = `must be the text of the file, at most ${LONGEST_FILE} characters`;

/** A script as its author writes it; its output is the script as it is played. References are not looked at here. */
export const scriptSchema = z
  .strictObject(
    {
      title: textSchema(60),
      roles: z
        .record(
          z.string().regex(NAME),
          z.union([machine, list(machine, 10, 1)], 'must be a machine, or a list of machines'),
          { error: mapError('must be a word of a-z, 0-9 and -', 'must be a map of roles to machines') },
        )
        .optional()
        .describe('the machines that are spoken of, by the part that they play; of several the first fit one does'),
      faults: list(textSchema(300), 50)
        .optional()
        .describe('faults as `bmdemo serve --fault` takes them, for a server that the walk starts itself'),
      files: z
        .record(z.string().regex(FILE_NAME), z.string({ error: sentence(FILE) }).max(LONGEST_FILE, FILE), {
          error: mapError(
            'must be a file name that ends in .csv, .yaml or .json',
            'must be a map of file names to texts',
          ),
        })
        .optional()
        .describe('files that the walk imports machines from, or makes plans of: name and text'),
      chapters: list(chapter, 50, 1),
      summary: list(textSchema(200), 10).optional().describe('what the closing card sums up'),
      questions: list(question, 20).optional(),
    },
    { error: sentence('must be a map with the keys title and chapters') },
  )
  .transform(
    ({ roles = {}, faults = [], files = {}, summary = [], questions = [], ...rest }): Script => ({
      ...rest,
      roles: Object.fromEntries(Object.entries(roles).map(([role, ids]) => [role, [ids].flat()])),
      faults,
      files,
      summary,
      questions,
    }),
  );

/** The JSON schema of a script's file, for editors; the loader says more. */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(scriptSchema, { io: 'input' });
  return { ...schema, title: 'A guided walk through bmdemo (`bmdemo demo FILE`)' };
}
