import type { Command } from 'commander';
import { parseAddress } from '../client/address.ts';
import { systemClock } from '../tour/clock.ts';
import type { TourPlace } from '../tour/remote/follower.ts';
import { TourFollower } from '../tour/remote/follower.ts';
import { runtimeDirectory } from '../tour/remote/socket.ts';
import { runNotes } from '../tui/notes/notes.ts';
import { refuseTerminal } from '../tui/terminal/fit-terminal.ts';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';
import { addSettings } from './settings/resolve.ts';
import { COMMON_SETTINGS } from './settings/settings.ts';

/** `bmdemo notes [ADDRESS]`: the presenter's own screen. */
export function addNotesCommand(program: Command, ending: Ending): void {
  const command = program
    .command('notes [HOST:PORT]')
    .description("the presenter's own screen of a guided tour, and its remote control")
    .addHelpText(
      'after',
      `
Without an address it finds the tour that this user runs on this machine; where there is none yet, it
waits for one. Any number of them may be open, and be closed and opened again while the talk goes on.
A tour takes those of another machine with --notes-listen.

Examples:
  $ bmdemo notes
  $ bmdemo notes 127.0.0.1:4711`,
    );
  addSettings(command, ['theme', ...COMMON_SETTINGS]);
  command.action(
    action<[string | undefined], object>(ending, async ({ settings, io }, [address]) => {
      const refusal = refuseTerminal(process, io.env.TERM);
      if (refusal !== undefined) throw usageFailure('the notes need a terminal for input and output, and this is none');
      if (settings.value('color') === false) process.env.NO_COLOR = '1';
      const follower = new TourFollower(placeOf(address, io.env), 'bmdemo notes', systemClock);
      const followed = follower.run();
      try {
        await runNotes(follower, settings.value('theme') ?? 'dark');
      } finally {
        follower.close();
        await followed;
      }
      return EXIT.done;
    }),
  );
}

function placeOf(address: string | undefined, env: NodeJS.ProcessEnv): TourPlace {
  if (address === undefined) return { kind: 'directory', directory: runtimeDirectory(env) };
  try {
    return { kind: 'address', address: parseAddress(address).label };
  } catch (error) {
    throw usageFailure(`the address of the tour ${(error as RangeError).message}, and is "${address}"`);
  }
}
