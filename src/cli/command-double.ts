import type { ExitCode } from './exit-code.ts';
import { ioDouble } from './output/io-double.ts';
import { startOwnServer } from './own-server.ts';
import { runProgram } from './program.ts';
import { readSettings } from './settings/resolve.ts';

/** How a command ended, and what it said. */
export interface Said {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** A server in memory for the commands of a test, and the way to give them. */
export interface CommandBench {
  /** Where its server listens. */
  readonly address: string;
  /** Carries out one command line. */
  bmdemo(...words: string[]): Promise<Said>;
  stop(): Promise<unknown>;
}

/** Starts a server whose steps take next to no time. @param env settings of the server: `BMDEMO_FAULT` … */
export async function openCommandBench(env: NodeJS.ProcessEnv = {}): Promise<CommandBench> {
  const settings = readSettings([], { XDG_CONFIG_HOME: '/nonexistent', BMDEMO_SPEED: '500', ...env });
  const server = await startOwnServer(settings, '127.0.0.1:0', { kind: 'memory' }, null);
  return {
    address: server.address,
    async bmdemo(...words) {
      const io = ioDouble({ env: { BMDEMO_SERVER: server.address, BMDEMO_USER: 'lin' } });
      const code = await runProgram(words, io);
      return { code, ...io.written };
    },
    stop: () => server.stop({ graceMs: 0 }),
  };
}
