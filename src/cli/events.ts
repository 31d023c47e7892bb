import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Client } from '../client/client.ts';
import { pages } from '../client/pages.ts';
import { filterFields } from '../core/domain/filter.ts';
import { eventMessage } from '../tui/format/event-row.ts';
import { printable } from '../tui/format/printable.ts';
import { millis } from '../tui/format/time.ts';
import { shortRunId } from '../tui/format/words.ts';
import type { Event } from '../wire/gen/baremetal/v1/event_pb.ts';
import { EventSchema } from '../wire/gen/baremetal/v1/event_pb.ts';
import type { Context, Ending } from './context.ts';
import { action } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { tellStream } from './follow/follow-run.ts';
import { machineIdOf, resolveRunId } from './ids.ts';
import { catchInterrupt, Interrupted } from './interrupt.ts';
import { atOption, printFleet } from './list.ts';
import { gather } from './listing.ts';
import { jsonOf, streamedText } from './output/document.ts';
import { printList } from './output/print.ts';
import type { Column } from './output/table.ts';
import { stampText } from './output/when.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';
import { timeOption } from './times.ts';

interface EventsOptions {
  readonly filter?: string;
  readonly machine?: string;
  readonly run?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
  readonly follow?: boolean;
  readonly at?: string;
}

/** So many events are shown unless told otherwise, the newest ones. */
const DEFAULT_LIMIT = '100';

const COLUMNS: readonly Column<Event>[] = [
  { title: 'TIME', text: timeOf, tone: () => 'muted' },
  { title: 'MACHINE', text: ({ machineId }) => machineId || '–' },
  { title: 'RUN', text: ({ runId }) => shortRunId(runId) || '–', leaves: 3 },
  { title: 'KIND', text: ({ kind }) => kind, leaves: 2 },
  { title: 'BY', text: ({ actor }) => actor || '–', shrinkTo: 8 },
  { title: 'MESSAGE', text: eventMessage, shrinkTo: 16, leaves: 4 },
];

/** `bmdemo events`: the audit trail. */
export function addEventsCommand(program: Command, ending: Ending): void {
  const fields = filterFields('event').join(', ');
  const command = program
    .command('events')
    .description('the audit trail: every accepted command and every transition, the newest last')
    .addOption(new Option('--filter <FILTER>', `only what matches, as 'kind=FAILED AND actor=lin'; over ${fields}`))
    .option('--machine <ID>', 'only those of this machine and its runs')
    .option('--run <RUN>', "only those of this run; the first few letters of the run's id will do")
    .option('--since <TIME>', 'only what happened from then on: 10m, or 2026-11-22T21:00:00Z')
    .option('--until <TIME>', 'only what happened before then')
    .addOption(
      new Option('--limit <N>', 'at most so many, the newest; 0 for all').default(DEFAULT_LIMIT, DEFAULT_LIMIT),
    )
    .option('-f, --follow', 'go on with every event as it comes')
    .addOption(atOption().conflicts(['machine', 'run', 'since', 'until', 'follow']))
    .addHelpText(
      'after',
      `
Who did what, from where and with which request id is all in -o json.

Examples:
  $ bmdemo events --machine machine-1 --since 1h
  $ bmdemo events --filter 'method:* AND actor=lin' --limit 0
  $ bmdemo events --follow -o json | jq -r .message
  $ bmdemo events --at '2026-11-22T21:00:00Z'`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[], EventsOptions>(ending, async (context, _operands, options) => {
      // What a fleet was is told by its events; the answer is a list of machines.
      if (options.at !== undefined) return printFleet(context, { ...options, at: options.at });
      if (context.form === 'name') throw usageFailure('-o name names nothing in the trail; take table, json or yaml');
      return options.follow === true ? followTrail(context, options) : printTrail(context, options);
    }),
  );
}

async function printTrail(context: Context, options: EventsOptions): Promise<ExitCode> {
  const { rows } = await newest(context, context.client(), options);
  await printList(context, {
    schema: EventSchema,
    field: 'events',
    rows,
    name: ({ cursor }) => cursor,
    columns: COLUMNS,
    none: 'no event matches',
  });
  return EXIT.done;
}

async function followTrail(context: Context, options: EventsOptions): Promise<ExitCode> {
  if (options.until !== undefined) throw usageFailure('--until and --follow do not go together: it goes on from now');
  const client = context.client();
  const { rows, cursor: afterCursor, filter } = await newest(context, client, options);
  for (const event of rows) await write(context, event);
  const interrupt = catchInterrupt();
  const onState = tellStream((text) => context.note(text), client.address.label);
  try {
    for await (const event of client.watchEvents({ filter, afterCursor }, { signal: interrupt.signal, onState })) {
      await write(context, event);
    }
    return EXIT.failed;
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    throw error;
  } finally {
    interrupt.dispose();
  }
}

/** The newest events that match, oldest first, and the cursor at which the trail goes on behind them. */
async function newest(context: Context, client: Client, options: EventsOptions) {
  const now = Date.now();
  const since = timeOption('--since', options.since, now);
  const until = timeOption('--until', options.until, now);
  const times = {
    ...(since === undefined ? {} : { since: timestampFromMs(since) }),
    ...(until === undefined ? {} : { until: timestampFromMs(until) }),
  };
  const filter = await filterOf(client, options);
  let cursor = '';
  const rows = await gather(context, options, (limit) =>
    pages(async (page) => {
      const answer = await client.events.listEvents({ ...page, filter, ...times, orderBy: 'ts desc' });
      if (cursor === '') cursor = answer.cursor;
      return { rows: answer.events, nextPageToken: answer.nextPageToken };
    }, limit),
  );
  return { rows: rows.toReversed(), cursor, filter };
}

async function filterOf(client: Client, { filter, machine, run }: EventsOptions): Promise<string> {
  const clauses = [
    ...(machine === undefined ? [] : [`machine_id=${machineIdOf(machine)}`]),
    ...(run === undefined ? [] : [`run_id=${await resolveRunId(client, run)}`]),
    ...(filter === undefined ? [] : [filter]),
  ];
  return clauses.join(' AND ');
}

async function write({ io, form, paint }: Context, event: Event): Promise<void> {
  if (form === 'json' || form === 'yaml') {
    await io.out.write(streamedText(jsonOf(EventSchema, event), form));
    return;
  }
  const { machineId, runId, kind, actor } = event;
  const subject = runId === '' ? machineId : `${machineId}  run ${shortRunId(runId)}`;
  await io.out.line([paint('muted', timeOf(event)), subject, kind, actor, printable(eventMessage(event))].join('  '));
}

function timeOf({ ts }: Event): string {
  return stampText(millis(ts) ?? 0);
}
