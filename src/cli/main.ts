import { reportFailure } from './context.ts';
import { EXIT } from './exit-code.ts';
import { processIo } from './output/io.ts';
import { runProgram } from './program.ts';

/** Whoever reads the output has enough of it (`bmdemo list | head`): that is no fault, and nothing is said. */
function onOutputError(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? EXIT.brokenPipe : EXIT.failed);
}

process.stdout.on('error', onOutputError);
process.stderr.on('error', onOutputError);

const io = processIo();

// A fault of the program's own is told in a sentence, too. The console has its own way, with the screen restored first.
process.on('uncaughtException', (error) => {
  if (process.listenerCount('uncaughtException') > 1) return;
  void reportFailure(io, error, null).then((code) => process.exit(code));
});

/** Resolves when everything written so far has gone out, which a pipe may take a while for. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}

process.exitCode = await runProgram(process.argv.slice(2), io);
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// A command is over when it says so: what could not be closed must not keep the process, which nobody would look for.
process.exit();
