import type { Director } from '../../tour/director/director.ts';
import type { RemoteListener, RemoteTarget } from '../../tour/remote/listener.ts';
import { listenRemote } from '../../tour/remote/listener.ts';
import type { ScreenSize } from '../../tour/remote/service.ts';
import { TourService } from '../../tour/remote/service.ts';
import { clearDeadSockets, runtimeDirectory, socketPath } from '../../tour/remote/socket.ts';
import { CommandFailure, usageFailure } from '../failure.ts';

/** Where a tour takes its notes screens: on this user's socket, and on loopback if that was asked for. */
export interface Remotes {
  close(): void;
}

/** Reads `--notes-listen`: loopback alone, because whoever reaches it drives the tour. @throws CommandFailure */
export function readNotesListen(text: string): RemoteTarget {
  const match = /^(?:(127\.0\.0\.1|localhost|\[::1\]):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw usageFailure(`--notes-listen must be a port, or 127.0.0.1:PORT or [::1]:PORT, and is "${text}"`);
  }
  return { kind: 'tcp', host: match[1] === '[::1]' ? '::1' : '127.0.0.1', port };
}

/**
 * Takes notes screens for a tour.
 *
 * @param listen beside the socket; null: nowhere
 * @param onWatchers told how many notes screens are attached
 * @throws CommandFailure where it cannot listen there
 */
export async function takeRemotes(
  director: Director,
  screen: () => ScreenSize,
  listen: RemoteTarget | null,
  env: NodeJS.ProcessEnv,
  onWatchers: (count: number) => void,
): Promise<Remotes> {
  const directory = runtimeDirectory(env);
  clearDeadSockets(directory);
  const service = new TourService(director, screen, onWatchers);
  const targets: RemoteTarget[] = [{ kind: 'unix', path: socketPath(directory) }, ...(listen === null ? [] : [listen])];
  const listeners: RemoteListener[] = [];
  try {
    for (const target of targets) listeners.push(await listenRemote(target, service));
  } catch (error) {
    for (const listener of listeners) listener.close();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`cannot take notes screens: ${code ?? message}; --notes-listen names another port`);
  }
  return {
    close: () => {
      for (const listener of listeners) listener.close();
    },
  };
}
