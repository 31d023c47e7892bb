import { parseAddress } from '../client/address.ts';
import type { Client } from '../client/client.ts';
import { formatClock, millis } from '../tui/format/time.ts';
import { machinePhaseWord } from '../tui/format/words.ts';
import { MachineStatus_Phase } from '../wire/gen/baremetal/v1/machine_pb.ts';
import type { Context } from './context.ts';
import { importDemoMachines } from './demo-machines.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, exitCodeOfRun } from './exit-code.ts';
import { followRun } from './follow/follow-run.ts';
import { countsText } from './import-file.ts';
import { catchInterrupt, Interrupted } from './interrupt.ts';
import { phaseOf } from './machine-words.ts';
import { LiveLines } from './output/live.ts';
import type { Paint } from './output/paint.ts';
import { machineTone } from './output/words.ts';
import { startOwnServer } from './own-server.ts';
import { startOrder } from './start-options.ts';

const MACHINES = 3;
const MACHINE = 'machine-1';

/** Tells each phase that the machine passes, until its run has ended. */
async function tellPhases(client: Client, live: LiveLines, paint: Paint, signal: AbortSignal): Promise<void> {
  let told: MachineStatus_Phase = MachineStatus_Phase.PHASE_UNSPECIFIED;
  for await (const { snapshot, ts } of client.watchMachines({ filter: `machine_id=${MACHINE}` }, { signal })) {
    if (snapshot === undefined) continue;
    const phase = phaseOf(snapshot);
    if (phase !== told) {
      const clock = paint('muted', formatClock(millis(ts) ?? Date.now()));
      await live.line(`${clock}  ${MACHINE} is ${paint(machineTone(phase), machinePhaseWord(phase))}`);
    }
    told = phase;
    if (snapshot.status?.activeRunId === '') return;
  }
}

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
    const phases = tellPhases(client, live, paint, signal);
    // What it fails with is told below, unless following fails first.
    phases.catch(() => undefined);
    const ended = await followRun({ client, signal, onState: () => {} }, run, live, paint);
    await phases;

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
