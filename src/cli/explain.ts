import type { Command } from 'commander';
import type { Client } from '../client/client.ts';
import { formatDuration } from '../tui/format/time.ts';
import { shortRunId } from '../tui/format/words.ts';
import { MachineSchema } from '../wire/gen/baremetal/v1/machine_pb.ts';
import { RunSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import type { Situation, WayOut } from './explain/account.ts';
import { sentences, waitingOf, waysOut } from './explain/account.ts';
import type { Attempt } from './explain/attempts.ts';
import { lastAttempts } from './explain/attempts.ts';
import { situationOf } from './explain/situation.ts';
import { CONDITION_COLUMNS } from './get.ts';
import { documentText, jsonOf } from './output/document.ts';
import type { Tone } from './output/paint.ts';
import { sectionTable } from './output/print.ts';
import type { Column } from './output/table.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';

/** How many attempts are told. */
const ATTEMPTS = 3;
/** The newest events that they are looked for in: an attempt has two, and a run begins and ends with a few more. */
const EVENTS = 50;

const ATTEMPT_COLUMNS: readonly Column<Attempt>[] = [
  { title: 'RUN', text: ({ runId }) => shortRunId(runId), leaves: 1 },
  { title: 'STEP', text: ({ step }) => step },
  { title: 'ATTEMPT', text: ({ attempt }) => String(attempt), align: 'right' },
  { title: 'TOOK', text: tookText, align: 'right', leaves: 2 },
  { title: 'OUTCOME', text: ({ outcome }) => outcome, tone: ({ outcome }) => outcomeTone(outcome) },
  { title: 'MESSAGE', text: ({ message }) => message, shrinkTo: 20 },
];

const WAY_COLUMNS: readonly Column<WayOut>[] = [
  { title: 'COMMAND', text: ({ command }) => command },
  { title: 'WHAT IT DOES', text: ({ effect }) => effect, shrinkTo: 20 },
];

/** `bmdemo explain ID`: why nothing moves. */
export function addExplainCommand(program: Command, ending: Ending): void {
  const command = program
    .command('explain <ID>')
    .description('what a machine or a run is doing, what it waits for, and what would unblock it')
    .addHelpText(
      'after',
      `
ID is a machine's, or the first few letters of a run's; run/ID and machine/ID say which.

Examples:
  $ bmdemo explain machine-2
  $ bmdemo explain 7f3a
  $ bmdemo explain machine-2 -o json | jq -r '.unblock[].command'`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string], object>(ending, async (context, [id]) => {
      const client = context.client();
      const situation = await situationOf(client, id);
      const attempts = await attemptsOf(client, situation);
      const name =
        situation.about === 'run' ? `run/${situation.run?.runId}` : `machine/${situation.machine?.machineId}`;
      const { io, form } = context;
      if (form === 'name') await io.out.line(name);
      else if (form === 'table') for (const line of lines(context, situation, attempts)) await io.out.line(line);
      else await io.out.write(documentText(documentOf(situation, attempts), form));
      return EXIT.done;
    }),
  );
}

/** The last attempts: of the run that was asked about, or of whatever ran on the machine. */
async function attemptsOf(client: Client, { machine, run, about }: Situation): Promise<readonly Attempt[]> {
  const which = about === 'run' ? `run_id=${run?.runId}` : `machine_id=${machine?.machineId} AND subject=run`;
  const { events } = await client.events.listEvents({ filter: which, orderBy: 'ts desc', pageSize: EVENTS });
  return lastAttempts(events.toReversed(), ATTEMPTS);
}

function lines(context: Context, situation: Situation, attempts: readonly Attempt[]): string[] {
  return [
    ...sentences(situation, Date.now()),
    ...sectionTable(context, 'what would unblock it', WAY_COLUMNS, waysOut(situation)),
    ...sectionTable(context, 'last attempts', ATTEMPT_COLUMNS, attempts),
    ...sectionTable(context, 'conditions', CONDITION_COLUMNS, situation.machine?.status?.conditions ?? []),
  ];
}

function documentOf(situation: Situation, attempts: readonly Attempt[]) {
  const { machine, run, about } = situation;
  const waiting = waitingOf(situation);
  return {
    about,
    sentences: [...sentences(situation, Date.now())],
    waits: waiting !== null,
    unblock: waysOut(situation).map(({ command, effect }) => ({ command, effect })),
    attempts: attempts.map(({ beganAt, endedAt, ...attempt }) => ({
      ...attempt,
      beganAt: new Date(beganAt).toISOString(),
      endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
    })),
    machine: machine === null ? null : jsonOf(MachineSchema, machine),
    run: run === null ? null : jsonOf(RunSchema, run),
  };
}

function tookText({ beganAt, endedAt }: Attempt): string {
  return formatDuration((endedAt ?? Date.now()) - beganAt);
}

function outcomeTone(outcome: Attempt['outcome']): Tone {
  switch (outcome) {
    case 'succeeded':
      return 'ok';
    case 'under way':
    case 'asked':
      return 'busy';
    case 'failed':
      return 'error';
    case 'interrupted':
    case 'not known':
    case 'canceled':
      return 'warn';
  }
}
