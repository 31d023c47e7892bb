import type { Command } from 'commander';
import { millis } from '../tui/format/time.ts';
import type { LogChunk } from '../wire/gen/baremetal/v1/run_pb.ts';
import { LogChunkSchema } from '../wire/gen/baremetal/v1/run_pb.ts';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { tellStream } from './follow/follow-run.ts';
import { RunLines } from './follow/run-lines.ts';
import { resolveRunId } from './ids.ts';
import { catchInterrupt, Interrupted } from './interrupt.ts';
import { jsonOf, streamedText } from './output/document.ts';
import { addSettings } from './settings/resolve.ts';
import { CLIENT_SETTINGS } from './settings/settings.ts';
import { timeOption } from './times.ts';

interface LogsOptions {
  readonly follow?: boolean;
  readonly since?: string;
}

/** `bmdemo logs RUN`: what a run's steps wrote. */
export function addLogsCommand(program: Command, ending: Ending): void {
  const command = program
    .command('logs <RUN>')
    .description("a run's log from the first line; the first few letters of the run's id will do")
    .option('-f, --follow', 'wait for more until the run has ended')
    .option('--since <TIME>', 'only lines from that time on: 10m (ago), or 2026-11-22T21:00:00Z')
    .addHelpText(
      'after',
      `
Examples:
  $ bmdemo logs 7f3a
  $ bmdemo logs 7f3a --follow
  $ bmdemo logs 7f3a -o json | jq -r '.data | @base64d'`,
    );
  addSettings(command, CLIENT_SETTINGS);
  command.action(
    action<[string], LogsOptions>(ending, async (context, [text], { follow = false, since }) => {
      const from = timeOption('--since', since, Date.now()) ?? 0;
      if (context.form === 'name') throw usageFailure('-o name names nothing in a log; take table, json or yaml');
      const client = context.client();
      const runId = await resolveRunId(client, text);
      const run = await client.runs.getRun({ runId });
      const lines = new RunLines(run, context.paint);
      const write = (chunk: LogChunk) =>
        context.form === 'json' || context.form === 'yaml'
          ? context.io.out.write(streamedText(jsonOf(LogChunkSchema, chunk), context.form))
          : context.io.out.line(lines.log(chunk));
      const interrupt = catchInterrupt();
      const onState = tellStream((told) => context.note(told), client.address.label);
      try {
        for await (const chunk of client.followLogs({ runId, follow }, { signal: interrupt.signal, onState })) {
          if ((millis(chunk.ts) ?? 0) >= from) await write(chunk);
        }
        return EXIT.done;
      } catch (error) {
        if (error instanceof Interrupted) return EXIT.interrupted;
        throw error;
      } finally {
        interrupt.dispose();
      }
    }),
  );
}
