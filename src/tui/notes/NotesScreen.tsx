import { Box, Text, useInput } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Line } from '../format/segment.ts';
import { fitLine } from '../format/segment.ts';
import { keysOf } from '../keys/chunk.ts';
import type { Size } from '../store/layout.ts';
import type { Theme } from '../theme/theme.ts';
import { actOf } from './notes-keys.ts';
import { notesLines } from './notes-lines.ts';
import type { NotesSource } from './source.ts';

/** How often the clock moves on, in ms. */
const TICK_MS = 1_000;

interface NotesScreenProps {
  readonly source: NotesSource;
  readonly theme: Theme;
  readonly size: Size;
  readonly onQuit: () => void;
}

/** The presenter's own screen: what to say, what comes next, how the time stands; every key drives the tour. */
export function NotesScreen({ source, theme, size, onQuit }: NotesScreenProps) {
  const state = useSyncExternalStore(
    (listener) => source.subscribe(listener),
    () => source.state,
  );
  const now = useNow();
  const [digits, setDigits] = useState('');
  const [refusal, setRefusal] = useState('');
  useInput((text, flags) => {
    let typed = digits;
    for (const key of keysOf(text, flags)) {
      const act = actOf(key, typed);
      typed = act.kind === 'digits' ? act.digits : '';
      if (act.kind === 'quit') onQuit();
      if (act.kind === 'send') void source.send(act.request).then(setRefusal);
    }
    setDigits(typed);
  });
  const lines = notesLines(state, { size, glyphs: theme.glyphs, now, digits, refusal });
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows}>
      {lines.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its place, whatever is in it
        <Row key={row} line={fitLine(line, size.columns, theme.glyphs.ellipsis)} theme={theme} />
      ))}
    </Box>
  );
}

function Row({ line, theme }: { readonly line: Line; readonly theme: Theme }) {
  return (
    <Text wrap="truncate">
      {line.map(({ text, tone }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a piece of a line is its place, whatever is in it
        <Text key={at} {...theme.tones[tone ?? 'text']}>
          {text}
        </Text>
      ))}
    </Text>
  );
}

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
