import { parseAddress } from '../../client/address.ts';
import type { Director } from '../../tour/director/director.ts';
import { headingOf } from '../../tour/director/telling.ts';
import type { RemoteTarget } from '../../tour/remote/listener.ts';
import { backendOf } from '../../tui/client-backend.ts';
import type { ConsoleExit, OpenedServer } from '../../tui/options.ts';
import type { Size } from '../../tui/store/layout.ts';
import type { Context } from '../context.ts';
import { stateDirectory } from '../state-directory.ts';
import { consoleManner, importsOf } from '../tui.ts';
import { TourGuest } from './guest.ts';
import { importForTour } from './host.ts';
import type { DemoOptions } from './options.ts';
import { Recording } from './recording.ts';
import { takeRemotes } from './remotes.ts';

/** What a tour on the console needs. */
export interface StageParts {
  readonly context: Context;
  readonly director: Director;
  /** Where the server listens, or is to listen. */
  readonly address: string;
  readonly slow: boolean;
  readonly notesListen: RemoteTarget | null;
  readonly record: DemoOptions['record'];
}

/** Plays a tour on the console until it is over, or the console is left. */
export async function playOnConsole(parts: StageParts): Promise<ConsoleExit> {
  const { context, director, address, slow, notesListen, record } = parts;
  // Ink's colour library reads the environment when it is loaded, which is in the import below.
  if (context.settings.value('color') === false) process.env.NO_COLOR = '1';
  const { runConsole } = await import('../../tui/console.tsx');
  const screen = () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 });
  const recording = record === null ? undefined : begin(record, director, screen(), context);
  let notesScreens = 0;
  const guest = new TourGuest(director, () => ({
    ...screen(),
    address: director.moment.server || address,
    slow,
    notesScreens,
    theme: context.settings.value('theme') ?? 'dark',
  }));
  const remotes = await takeRemotes(director, screen, notesListen, context.io.env, (count) => {
    notesScreens = count;
    guest.refresh();
  });
  const onResize = () => guest.refresh();
  process.stdout.on('resize', onResize);
  try {
    return await runConsole({
      open: (signal) => openWhenStarted(context, director, signal),
      label: address,
      attached: !director.moment.plan.ownServer,
      ...consoleManner(context),
      stateDirectory: stateDirectory(context.io.env),
      guest,
      tap: recording,
    });
  } finally {
    process.stdout.off('resize', onResize);
    remotes.close();
    recording?.end();
    if (recording !== undefined) await tellRecording(context, recording);
  }
}

/** Begins a recording, whose markers are the chapters as they are entered. */
function begin(record: NonNullable<DemoOptions['record']>, director: Director, size: Size, { io }: Context): Recording {
  const { title } = director.moment.plan.script;
  const recording = new Recording({ ...record, title, size, env: io.env, now: () => performance.now() });
  let marked = '';
  director.subscribe(() => {
    const { moment } = director;
    if (moment.state.stage === 'ready') return;
    const { count, title: chapter } = headingOf(moment);
    const label = count === '' ? chapter : `${count} · ${chapter}`;
    if (label !== marked) recording.mark(label);
    marked = label;
  });
  return recording;
}

async function tellRecording(context: Context, { file, fault }: Recording): Promise<void> {
  await context.note(fault === '' ? `recorded in ${file}; \`asciinema play ${file}\` plays it` : fault);
}

/** The console's way to the server, as soon as the tour has started it. */
async function openWhenStarted(context: Context, director: Director, signal: AbortSignal): Promise<OpenedServer> {
  const label = await new Promise<string>((resolve, reject) => {
    const check = () => {
      const { server } = director.moment;
      if (server === '') return;
      unsubscribe();
      resolve(server);
    };
    const unsubscribe = director.subscribe(check);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    check();
  });
  const client = context.client({ address: parseAddress(label), waitForServer: true, record: true });
  return {
    backend: backendOf(
      client,
      importsOf(client, (count, until) => importForTour(client, count, until)),
    ),
    label,
  };
}
