import { Command, CommanderError } from 'commander';
import { didYouMean } from '../client/suggest.ts';
import { addApproveCommand } from './approve.ts';
import { addCancelCommand } from './cancel.ts';
import { addCompletionCommand } from './completion.ts';
import { addConfigCommand } from './config.ts';
import type { Context, Ending } from './context.ts';
import { action, reportFailure } from './context.ts';
import { addDemoCommand } from './demo.ts';
import { addEventsCommand } from './events.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { addExplainCommand } from './explain.ts';
import { addExportCommand } from './export.ts';
import { usageFailure } from './failure.ts';
import { addGetCommand } from './get.ts';
import { addImportCommand } from './import.ts';
import { addListCommand } from './list.ts';
import { addLogsCommand } from './logs.ts';
import { addNotesCommand } from './notes.ts';
import type { Io } from './output/io.ts';
import { addPlansCommand } from './plans.ts';
import { addRepairCommands } from './repair.ts';
import { addRetryNowCommand } from './retry-now.ts';
import { addRunCommand } from './run.ts';
import { addRunsCommand } from './runs.ts';
import { addServeCommand } from './serve.ts';
import { addSettings } from './settings/resolve.ts';
import { addStartCommand, addTypeCommands } from './start.ts';
import { addStoreCommand } from './store.ts';
import { runTranscript } from './transcript.ts';
import { addTuiCommand, CONSOLE_SETTINGS, runTui } from './tui.ts';
import { VERSION } from './version.ts';
import { addWatchCommand } from './watch.ts';

/** Runs one command line, without the program's own name, and answers the exit code. Never throws. */
export async function runProgram(words: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const program = createProgram({
    io,
    exit: (code) => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reportFailure(io, error, null);
  }
}

function createProgram(ending: Ending): Command {
  const { io } = ending;
  const program = new Command('bmdemo')
    .description('The whole life of a physical machine in a datacenter, over gRPC.')
    .usage('[options] [command]')
    .version(`bmdemo ${VERSION}`, '--version', 'the version')
    .helpOption('-h, --help', 'this help')
    .helpCommand('help [command]', 'the help of a command')
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows how it is written)')
    .configureOutput({
      writeOut: (text) => void io.out.write(text),
      writeErr: (text) => void io.err.write(text),
      getOutHelpWidth: () => helpWidth(io.out.columns()),
      getErrHelpWidth: () => helpWidth(io.err.columns()),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
  addSettings(program, CONSOLE_SETTINGS);
  // They are those of `tui`, and told there; here they would bury the commands.
  for (const option of program.options) if (option.long !== '--version') option.hideHelp();
  program.argument('[command]').addHelpText('after', AFTER_HELP);

  program.commandsGroup('Machines:');
  addListCommand(program, ending);
  addGetCommand(program, ending);
  addExplainCommand(program, ending);
  addImportCommand(program, ending);
  addExportCommand(program, ending);
  addRepairCommands(program, ending);
  program.commandsGroup('Runs:');
  addTypeCommands(program, ending);
  addStartCommand(program, ending);
  addCancelCommand(program, ending);
  addRetryNowCommand(program, ending);
  addApproveCommand(program, ending);
  addRunsCommand(program, ending);
  addRunCommand(program, ending);
  addLogsCommand(program, ending);
  addWatchCommand(program, ending);
  addEventsCommand(program, ending);
  addPlansCommand(program, ending);
  program.commandsGroup('Program:');
  addTuiCommand(program, ending);
  addDemoCommand(program, ending);
  addNotesCommand(program, ending);
  addServeCommand(program, ending);
  addStoreCommand(program, ending);
  addConfigCommand(program, ending);
  addCompletionCommand(program, ending);

  program.action(
    action<[string | undefined], object>(ending, async (context, [word]) => {
      if (word === undefined) return runNoCommand(context);
      const names = program.commands.map((command) => command.name());
      throw usageFailure(`there is no command "${word}"${didYouMean(word, names)}; \`bmdemo --help\` has them all`);
    }),
  );
  return program;
}

const AFTER_HELP = `
Without a command: the console, with the options of tui; without a terminal, a transcript of the
main job. \`bmdemo COMMAND --help\` has the options and an example of each.

The options of tui and serve, and the common options of the commands, have an environment variable,
named in their help, and a key in the configuration file ($XDG_CONFIG_HOME/bmdemo/config.yaml): a flag
beats the variable, and that the file; \`bmdemo config\` writes one, and says what holds.

Exit codes: 0 done, 1 a run or a call failed, 2 the command line is wrong, 3 the run was canceled,
4 no server, 5 refused (busy, intervention needed, RMA).

Examples:
  $ bmdemo                          the console, with a server of its own
  $ bmdemo serve                    a server; then, in another terminal:
  $ bmdemo import 3
  $ bmdemo repave machine-1
  $ bmdemo list`;

/** The console on a terminal, the transcript without one; a console that was asked for by an option says what it lacks. */
function runNoCommand(context: Context): Promise<ExitCode> {
  const { io, settings } = context;
  const isTerminal = io.inIsTerminal && io.out.isTerminal && io.env.TERM !== 'dumb';
  const wantsConsole = settings.given('server')?.source === 'flag' || settings.given('read-only')?.source === 'flag';
  return isTerminal || wantsConsole ? runTui(context) : runTranscript(context);
}

/** Help is read in lines of at most 100 cells. */
function helpWidth(columns: number): number {
  return Math.min(100, columns);
}
