import { Box, Text, useStdout } from 'ink';
import { useEffect } from 'react';
import type { ConsoleState } from '../store/state.ts';
import { useConsole } from '../widgets/context.tsx';
import type { Narrator } from './narrator.ts';

/**
 * The console of somebody who listens: lines that stay, one below the other, and below them the text that is being typed,
 * which alone is drawn over itself.
 */
export function Reader({ narrator }: { readonly narrator: Narrator }) {
  const { write } = useStdout();
  useEffect(() => narrator.start((line) => write(`${line}\n`)), [narrator, write]);
  const label = useConsole((state) => fieldOf(state).label);
  const text = useConsole((state) => fieldOf(state).text);
  if (label === '') return null;
  return (
    <Box aria-role="textbox">
      <Text>{`${label}: ${text}`}</Text>
    </Box>
  );
}

/** The field that takes what is typed; without one both are empty. */
function fieldOf({ ui: { prompt, dialog } }: ConsoleState): { readonly label: string; readonly text: string } {
  if (prompt !== undefined) return { label: prompt.kind, text: prompt.field.text };
  if (dialog === undefined || typeof dialog.focus !== 'number') return { label: '', text: '' };
  const field = dialog.fields[dialog.focus];
  return { label: field?.expected ?? field?.label ?? '', text: dialog.typed[dialog.focus]?.text ?? '' };
}
