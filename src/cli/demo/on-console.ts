import { parseAddress } from '../../client/address.ts';
import type { Director } from '../../tour/director/director.ts';
import type { RemoteTarget } from '../../tour/remote/listener.ts';
import { backendOf } from '../../tui/client-backend.ts';
import type { ConsoleExit, OpenedServer } from '../../tui/options.ts';
import type { ThemeName } from '../../tui/theme/theme.ts';
import type { Context } from '../context.ts';
import { stateDirectory } from '../state-directory.ts';
import { TourGuest } from './guest.ts';
import { importForTour } from './host.ts';
import { takeRemotes } from './remotes.ts';

/** What a tour on the console needs. */
export interface StageParts {
  readonly context: Context;
  readonly director: Director;
  /** Where the server listens, or is to listen. */
  readonly address: string;
  readonly slow: boolean;
  readonly theme: ThemeName | undefined;
  readonly notesListen: RemoteTarget | null;
}

/** Plays a tour on the console until it is over, or the console is left. */
export async function playOnConsole(parts: StageParts): Promise<ConsoleExit> {
  const { context, director, address, slow, theme, notesListen } = parts;
  // Ink's colour library reads the environment when it is loaded, which is in the import below.
  if (context.settings.value('color') === false) process.env.NO_COLOR = '1';
  const { runConsole } = await import('../../tui/console.tsx');
  const screen = () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 });
  let notesScreens = 0;
  const guest = new TourGuest(director, () => ({
    ...screen(),
    address: director.moment.server || address,
    slow,
    notesScreens,
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
      theme,
      stateDirectory: stateDirectory(context.io.env),
      guest,
    });
  } finally {
    process.stdout.off('resize', onResize);
    remotes.close();
  }
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
  return { backend: backendOf(client, (count, until) => importForTour(client, count, until)), label };
}
