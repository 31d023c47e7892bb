import { forcedColour } from '../terminal/colour-depth.ts';
import type { ThemeName } from '../theme/theme.ts';
import type { NotesSource, NotesStreams } from './source.ts';

/** Shows the presenter's own screen until it is left; whatever happens, the terminal is then as it was before. */
export async function runNotes(source: NotesSource, theme: ThemeName, streams: NotesStreams = process): Promise<void> {
  const colour = forcedColour(process.env);
  if (colour !== undefined) process.env.FORCE_COLOR = colour;
  // Ink's colour library reads the environment when it is loaded, so this is the first that loads it.
  const { showNotes } = await import('./notes-stage.tsx');
  await showNotes(source, theme, streams);
}
