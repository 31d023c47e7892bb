import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The longest path of a socket, in bytes: what fits into sockaddr_un on every system that has them. */
const MAX_SOCKET_PATH = 103;

/** Sockets of tours, with the process that serves them. */
const TOUR_SOCKET = /^tour-\d+\.sock$/;

/**
 * The user's runtime directory of the program: below XDG_RUNTIME_DIR where that is set and short enough for a socket, else
 * below the system's folder for temporary files. It is made where it is not there, for its owner alone.
 *
 * @throws Error where the folder is somebody else's
 */
export function runtimeDirectory(env: NodeJS.ProcessEnv): string {
  const { uid } = userInfo();
  const given = env.XDG_RUNTIME_DIR;
  const own = given !== undefined && isAbsolute(given) ? join(given, 'bmdemo') : null;
  const directory =
    own !== null && Buffer.byteLength(socketPath(own)) <= MAX_SOCKET_PATH ? own : join(tmpdir(), `bmdemo-${uid}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const found = lstatSync(directory);
  // In a folder that everybody may write to, somebody else may have been first.
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid)) {
    throw new Error(`${directory} belongs to somebody else; set XDG_RUNTIME_DIR to a folder of your own`);
  }
  chmodSync(directory, 0o700);
  return directory;
}

/** The socket of this process's tour. */
export function socketPath(directory: string): string {
  return join(directory, `tour-${process.pid}.sock`);
}

/** The sockets of tours in a runtime directory, the newest first; also those of tours that have died. None where it has gone. */
export function tourSockets(directory: string): readonly string[] {
  return namesIn(directory)
    .filter((name) => TOUR_SOCKET.test(name))
    .map((name) => join(directory, name))
    .map((path) => ({ path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.at - a.at)
    .map(({ path }) => path);
}

/** None where the folder has gone: whoever has a login no more loses the folder that came with it. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Takes away the sockets of tours that were killed. */
export function clearDeadSockets(directory: string): void {
  for (const path of tourSockets(directory)) {
    const pid = Number(/(\d+)\.sock$/.exec(path)?.[1]);
    if (!isAlive(pid)) rmSync(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
