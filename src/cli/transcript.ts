import { parseAddress } from '../client/address.ts';
import { machinePhaseWord } from '../tui/format/words.ts';
import type { Context } from './context.ts';
import { importDemoMachines } from './demo-machines.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, exitCodeOfRun } from './exit-code.ts';
import { followRun } from './follow/follow-run.ts';
import { countsText } from './import.ts';
import { catchInterrupt, Interrupted } from './interrupt.ts';
import { stateOf } from './machine-words.ts';
import { LiveLines } from './output/live.ts';
import { startOwnServer } from './own-server.ts';
import { startOrder } from './start-options.ts';

const MACHINES = 3;
const MACHINE = 'machine-1';

/**
 * The main job for who has no terminal: a server of its own, three demo machines, one of them repaved with steps and
 * log, and how it ended. The exit code tells how, too.
 */
export async function runTranscript(context: Context): Promise<ExitCode> {
  const { io, paint } = context;
  const interrupt = catchInterrupt();
  const server = await startOwnServer(context.settings, '127.0.0.1:0', { kind: 'memory' }, null);
  try {
    const { signal } = interrupt;
    await context.note(`no terminal: a server of its own on ${server.address}, in memory, shows the main job`);
    const client = context.client({ address: parseAddress(server.address) });
    const live = new LiveLines(io, io.out);

    await io.out.line(paint('strong', `$ bmdemo import ${MACHINES}`));
    await io.out.line(countsText(await importDemoMachines(client, MACHINES, signal)));

    await io.out.line();
    await io.out.line(paint('strong', `$ bmdemo repave ${MACHINE}`));
    const { requestId, ...order } = startOrder('REPAVE', '', {});
    const request = { ...order, machineId: MACHINE, requestId: requestId() };
    const run = await client.runs.startRun(request, { signal });
    const ended = await followRun({ client, signal, note: (text) => context.note(text) }, run, live, paint);

    const machine = await client.machines.getMachine({ machineId: MACHINE }, { signal });
    await io.out.line();
    await io.out.line(`${MACHINE} is ${machinePhaseWord(stateOf(machine))}`);
    await context.note('on a terminal this starts the console; `bmdemo --help` has the commands');
    return exitCodeOfRun(ended.phase);
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    throw error;
  } finally {
    interrupt.dispose();
    context.close();
    await server.stop({ graceMs: 0 });
  }
}
