import { Box } from 'ink';
import { useSyncExternalStore } from 'react';
import { useConsole, useTheme } from '../widgets/context.tsx';
import { FRAME_ROWS, FRAME_SIDES, Frame } from '../widgets/Frame.tsx';
import { Lines } from '../widgets/LineView.tsx';
import { cardLines } from './card-lines.ts';
import type { ConsoleGuest, GuestCard, GuestView } from './guest.ts';
import { stripLines } from './strip-lines.ts';

const WIDEST = 100;

/** What a guest shows now. */
export function useGuestView(guest: ConsoleGuest): GuestView {
  return useSyncExternalStore(
    (listener) => guest.subscribe(listener),
    () => guest.view(),
  );
}

/** Whether the keys are a guest's, so that those of the console do nothing. */
export function useGuestHasKeys(guest: ConsoleGuest | undefined): boolean {
  return useSyncExternalStore(
    (listener) => guest?.subscribe(listener) ?? (() => {}),
    () => guest?.view().owner === 'guest',
  );
}

/** The guest's strip. */
export function GuestStrip({ view }: { readonly view: GuestView }) {
  const { glyphs } = useTheme();
  const { columns } = useConsole(({ ui }) => ui.size);
  return (
    <Box flexDirection="column">
      <Lines lines={stripLines(view, columns, glyphs)} width={columns} />
    </Box>
  );
}

/** A card over the console, in its upper part, so that the run and the log below it stay to be seen where there is room. */
export function GuestCardView({ card }: { readonly card: GuestCard }) {
  const { glyphs } = useTheme();
  const size = useConsole(({ ui }) => ui.size);
  const width = Math.min(WIDEST, size.columns - 4);
  const lines = cardLines(card, width - FRAME_SIDES, size.rows - FRAME_ROWS - 2, glyphs);
  const framed = [[], ...lines, []];
  return (
    <Frame
      width={width}
      title={card.title}
      tone={card.tone === 'warn' ? 'warn' : 'borderFocus'}
      lines={framed}
      top={Math.max(1, Math.floor((size.rows - framed.length - FRAME_ROWS) / 3))}
      left={Math.floor((size.columns - width) / 2)}
    />
  );
}
