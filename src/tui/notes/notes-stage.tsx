import { render } from 'ink';
import { listenForEndings } from '../terminal/endings.ts';
import { TerminalOutput } from '../terminal/output.ts';
import { isWideLocale } from '../theme/glyphs.ts';
import type { ThemeName } from '../theme/theme.ts';
import { themeOf } from '../theme/themes.ts';
import { NotesScreen } from './NotesScreen.tsx';
import type { NotesSource, NotesStreams } from './source.ts';

/** Draws the notes screen until it is left, or the process is told to end; the terminal is then as it was before. */
export async function showNotes(source: NotesSource, themeName: ThemeName, streams: NotesStreams): Promise<void> {
  const { stdin, stdout } = streams;
  const output = new TerminalOutput(stdout);
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  const theme = themeOf(themeName, isWideLocale(LC_ALL || LC_CTYPE || LANG || ''));
  const left = Promise.withResolvers<unknown>();
  const quit = () => left.resolve(undefined);
  const screen = () => <NotesScreen source={source} theme={theme} size={output.measure()} onQuit={quit} />;
  const restore = () => {
    try {
      output.restore();
      stdin.setRawMode(false);
    } catch {
      // The terminal has gone.
    }
  };
  const instance = render(screen(), {
    stdout: output,
    stdin,
    alternateScreen: true,
    incrementalRendering: true,
    exitOnCtrlC: false,
    patchConsole: false,
    // Whether there is a terminal has been seen to. That CI is set says nothing about it.
    interactive: true,
  });
  const onResize = () => {
    output.takeSize(output.measure());
    output.erase();
    instance.clear();
    output.erase();
    instance.rerender(screen());
    output.emit('resize');
  };
  stdout.on('resize', onResize);
  stdout.on('error', quit);
  stdin.on('end', quit);
  const deafen = listenForEndings((ending) => (ending.kind === 'error' ? left.reject(ending.error) : quit()), restore);
  try {
    await left.promise;
  } finally {
    instance.unmount();
    await instance.waitUntilExit().catch(() => undefined);
    restore();
    deafen();
    stdout.off('resize', onResize);
    stdout.off('error', quit);
    stdin.off('end', quit);
  }
}
