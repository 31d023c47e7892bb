import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where the program keeps what is to outlive it and is no setting: in XDG_STATE_HOME, else in ~/.local/state. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  // The XDG specification has relative paths ignored.
  const home = env.XDG_STATE_HOME;
  return join(home !== undefined && isAbsolute(home) ? home : join(homedir(), '.local', 'state'), 'bmdemo');
}
