import type { Command } from 'commander';
import { count } from '../tui/format/words.ts';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { HeldOutput } from './held-output.ts';
import { lossText, requireFree, startOwnServer } from './own-server.ts';
import { addSettings, listenAddress } from './settings/resolve.ts';
import { COMMON_SETTINGS, LISTEN_SETTINGS, SERVER_SETTINGS } from './settings/settings.ts';
import { storeOf, storeText } from './store-choice.ts';
import { VERSION } from './version.ts';

/** `bmdemo serve`: the server alone, until a signal ends it. */
export function addServeCommand(program: Command, ending: Ending): void {
  const command = program
    .command('serve')
    .description('the server alone, until SIGINT or SIGTERM; its log goes to stderr')
    .addHelpText(
      'after',
      `
It listens on loopback or a unix socket alone. The first SIGINT or SIGTERM ends it within 5 s, the
second at once.

Examples:
  $ bmdemo serve
  $ bmdemo serve --port 0 --store memory --slow
  $ bmdemo serve --fault machine-2/verify-in-cluster=fail:2`,
    );
  addSettings(command, [...LISTEN_SETTINGS, ...SERVER_SETTINGS, ...COMMON_SETTINGS]);
  command.action(
    action<[], object>(ending, async (context) => {
      const { settings, io } = context;
      const told = untilSignal();
      const store = storeOf(settings, io.env);
      const address = listenAddress(settings);
      await requireFree(address);
      const log = new HeldOutput(process.stderr);
      const server = await startOwnServer(settings, address.label, store, log);
      await io.out.line(`bmdemo ${VERSION} listens on ${server.address}`);
      await context.note(storeText(store));
      log.release();
      const signal = await told;
      await context.note(`${signal}: stopping; the same again ends at once`);
      const stopped = await server.stop();
      const { interrupted } = stopped;
      const goOn = store.kind === 'memory' ? '' : ', whose runs go on when a server has the store again';
      const cut = interrupted === 0 ? '' : `; ${count(interrupted, 'call')} to hardware cut off${goOn}`;
      const loss = lossText(stopped);
      await context.note(`stopped${cut}${loss === '' ? '' : `; ${loss}`}`);
      return EXIT.done;
    }),
  );
}

/** Resolves with the first signal that asks the process to end; the second one ends it at once. */
function untilSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let asked = false;
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
    process.on(signal, () => {
      if (asked) process.exit(128 + number);
      asked = true;
      resolve(signal as NodeJS.Signals);
    });
  }
  return promise;
}
