import { z } from 'zod';
import { exactlyOne, FILE_NAME, list, NAME, oneWordOf, sentence, textSchema } from './schema-words.ts';
import type { Command, Condition, RunCommandName, StartCommand } from './script.ts';
import { MACHINE_PHASES, RUN_COMMANDS, RUN_PHASES } from './script.ts';

/** The most demo machines that a walk may have. */
const MOST_MACHINES = 1_000;

const word = (what: string) =>
  z.string({ error: sentence(`must be ${what}`) }).regex(NAME, `must be ${what}, which is a word of a-z, 0-9 and -`);
const role = word('a role');
const runName = word('the name of a run');

function wholeNumber(least: number, most: number) {
  const must = `must be a whole number from ${least} to ${most}`;
  return z
    .int({ error: sentence(must) })
    .min(least, must)
    .max(most, must);
}

const yes = z.boolean({ error: sentence('must be true or false') });
const map = (must: string) => ({ error: sentence(must) });

const START = 'must be a map such as {machine: ROLE}, or {from: 5, to: 104}';

const startFields = {
  as: runName.optional().describe('what the walk calls the run'),
  params: z.record(z.string(), z.string('must be text'), map('must be a map of text')).optional(),
  reason: textSchema(200).optional(),
  requestId: z
    .string({ error: sentence('must be a request id') })
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be at most 64 letters, digits and . _ -')
    .optional(),
  detach: yes.optional().describe('true: the command is shown with --detach'),
};

const start = z
  .strictObject(
    {
      machine: role.optional().describe('the role of its machine'),
      from: wholeNumber(1, MOST_MACHINES).optional().describe('in place of machine: the first of many demo machines'),
      to: wholeNumber(1, MOST_MACHINES).optional().describe('in place of machine: the last of many demo machines'),
      ...startFields,
    },
    map(START),
  )
  .refine(
    ({ machine, from, to }) =>
      machine === undefined ? from !== undefined && to !== undefined && from <= to : !from && !to,
    'must have either machine, or from and to',
  );

const startPlan = z
  .strictObject(
    {
      plan: textSchema(64).describe('the plan, without plan/'),
      machine: role.describe('the role of its machine'),
      ...startFields,
    },
    map('must be a map such as {plan: PLAN, machine: ROLE}'),
  )
  .describe('starts a run of any plan');

const FILE = 'must be one of files';
const file = z.string({ error: sentence(FILE) }).regex(FILE_NAME, FILE);

const simple = z.strictObject({}, map('must be {}'));

/** What a beat does. */
export const commandSchema = exactlyOne(
  {
    serve: simple.describe("starts the walk's own server"),
    stop: simple.describe("stops the walk's own server"),
    list: simple.describe('lists the machines'),
    plans: simple.describe('lists the plans'),
    runs: simple.describe('lists the runs'),
    restart: simple.describe(
      "stops the walk's own server in the middle of its work, and starts it again with its store",
    ),
    import: z
      .union(
        [wholeNumber(1, MOST_MACHINES), z.strictObject({ file })],
        `must be a whole number from 1 to ${MOST_MACHINES}, or a map such as {file: racks.csv}`,
      )
      .describe('registers so many demo machines, or those in one of files'),
    'create-plan': z
      .strictObject({ file, reason: textSchema(200) }, map('must be a map such as {file: own.yaml, reason: WHY}'))
      .describe('makes a plan of one of files'),
    start: startPlan,
    repave: start,
    reboot: start,
    rma: start,
    upgrade: start,
    'net-reconfig': start,
    again: z
      .strictObject({ run: runName, as: runName }, map('must be a map such as {run: first, as: second}'))
      .describe('sends the request that started a run once more'),
    cancel: z
      .strictObject({ run: runName, reason: textSchema(200).optional() }, map('must be a map such as {run: first}'))
      .describe('cancels a run'),
  },
  'must be a map such as {repave: {machine: ROLE}}',
)
  .transform((written): Command => {
    for (const kind of ['serve', 'stop', 'restart', 'list', 'plans', 'runs'] as const) {
      if (written[kind] !== undefined) return { kind };
    }
    if (typeof written.import === 'number') return { kind: 'import', count: written.import };
    if (written.import !== undefined) return { kind: 'import-file', file: written.import.file };
    if (written['create-plan'] !== undefined) return { kind: 'create-plan', ...written['create-plan'] };
    if (written.start !== undefined) return startOf(null, written.start);
    if (written.again !== undefined) return { kind: 'again', ...written.again };
    if (written.cancel !== undefined)
      return { kind: 'cancel', run: written.cancel.run, reason: written.cancel.reason ?? '' };
    const run = RUN_COMMANDS.find((name) => written[name] !== undefined) ?? 'reboot';
    return startCommand(run, written[run] ?? {});
  })
  .meta({ id: 'Command' });

function startCommand(run: RunCommandName, written: Partial<z.output<typeof start>>): Command {
  const { machine, from = 1, to = 1, ...rest } = written;
  return machine === undefined ? { kind: 'start-many', run, from, to } : startOf(run, { machine, ...rest });
}

type WrittenStart = Pick<z.output<typeof startPlan>, 'machine' | keyof typeof startFields> & { readonly plan?: string };

function startOf(run: RunCommandName | null, written: WrittenStart): StartCommand {
  const { machine, plan = '', as = run ?? plan, params = {}, reason = '', requestId = '', detach = false } = written;
  return { kind: 'start', run, plan, machine, as, params, reason, requestId, detach };
}

const machineCondition = z
  .strictObject(
    {
      role,
      phase: oneWordOf(MACHINE_PHASES).optional(),
      passed: list(oneWordOf(MACHINE_PHASES), 7)
        .optional()
        .describe('phases that it was seen in, in this order, since its last run was accepted'),
      condition: textSchema(64).optional().describe('a condition that is set, such as NeedsIntervention'),
      saying: textSchema(200).optional().describe('a text that the message of the condition holds'),
      free: yes.optional().describe('true: a run can be started on it as it is'),
    },
    map('must be a map such as {role: ROLE, phase: IN_SERVICE}'),
  )
  .transform(({ role: of, phase = null, passed = [], condition = null, saying = '', free = false }): Condition => {
    return { kind: 'machine', role: of, phase, passed, condition, saying, free };
  });

const runCondition = z
  .strictObject(
    {
      name: runName,
      phase: oneWordOf(RUN_PHASES).optional(),
      step: textSchema(64).optional().describe('the step that it has come to, or ended in'),
      percent: wholeNumber(0, 100).optional().describe('how far that step has come at least'),
      retried: textSchema(64).optional().describe('a step that was tried again'),
    },
    map('must be a map such as {name: first, phase: SUCCEEDED}'),
  )
  .transform(({ name, phase = null, step = '', percent = 0, retried = '' }): Condition => {
    return { kind: 'run', name, phase, step, percent, retried };
  });

const past = z.strictObject(
  { run: oneWordOf(RUN_COMMANDS), role, phase: oneWordOf(['SUCCEEDED', 'CANCELED']) },
  map('must be a map such as {run: repave, role: ROLE, phase: SUCCEEDED}'),
);

/** What can be waited for, and what a chapter can need. */
export const conditionSchema = exactlyOne(
  {
    server: oneWordOf(['up', 'stopped']),
    machines: wholeNumber(1, MOST_MACHINES).describe('so many machines are there, or more'),
    machine: machineCondition,
    run: runCondition,
    same: list(runName, 2, 2).describe('both answers are the same run'),
    plans: list(textSchema(64), 50, 1).describe('these plans are there'),
    past: past.describe('such a run has been'),
    many: oneWordOf(['SUCCEEDED']).describe('every one of the many runs has ended so'),
    idle: z.literal(true, { error: sentence('must be true') }).describe('no run is under way, no machine is held'),
    store: oneWordOf(['durable']).describe('what the server knows outlives it'),
  },
  'must be a map such as {machine: {role: ROLE, phase: IN_SERVICE}}',
)
  .transform((written): Condition => {
    if (written.server !== undefined) return { kind: 'server', is: written.server };
    if (written.machines !== undefined) return { kind: 'machines', count: written.machines };
    if (written.machine !== undefined) return written.machine;
    if (written.run !== undefined) return written.run;
    if (written.same !== undefined)
      return { kind: 'same', first: written.same[0] ?? '', second: written.same[1] ?? '' };
    if (written.plans !== undefined) return { kind: 'plans', ids: written.plans };
    if (written.many !== undefined) return { kind: 'many', phase: written.many };
    if (written.store !== undefined) return { kind: 'store', is: written.store };
    const { past: was } = written;
    return was === undefined ? { kind: 'idle' } : { kind: 'past', run: was.run, role: was.role, phase: was.phase };
  })
  .meta({ id: 'Condition' });
