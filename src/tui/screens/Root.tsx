import { Box, useApp, useInput, usePaste } from 'ink';
import { useEffect } from 'react';
import { keysOf } from '../keys/chunk.ts';
import { dispatchKeys, dispatchPaste } from '../keys/dispatch.ts';
import { Reader } from '../reader/Reader.tsx';
import type { Dialog } from '../store/dialog.ts';
import { layoutOf } from '../store/select.ts';
import { updateDialog } from '../store/update.ts';
import { GuestCardView, GuestStrip, useGuestView } from '../tour/GuestLayer.tsx';
import type { ConsoleGuest } from '../tour/guest.ts';
import { STRIP_ROWS } from '../tour/guest.ts';
import { useConsole, useParts } from '../widgets/context.tsx';
import { DialogView } from './DialogView.tsx';
import { FacetsView } from './FacetsView.tsx';
import { Footer } from './Footer.tsx';
import { HelpScreen } from './HelpScreen.tsx';
import { MainScreen } from './MainScreen.tsx';
import { PaletteView } from './PaletteView.tsx';
import { TooSmall } from './TooSmall.tsx';
import { WireScreen } from './WireScreen.tsx';

/** How long a dialog has to be seen before it takes a key, in ms. */
const ARM_MS = 150;

/** Gives the terminal away while the callback runs. */
export type Suspend = (whileAway: () => Promise<void>) => Promise<void>;

/**
 * The whole screen, exactly as high as the terminal, and the one place where keys come in. Nothing in it is clipped, which
 * takes a quarter of a frame's time: every part draws no more than it has room for.
 */
export function Root({ onReady }: { readonly onReady: (suspend: Suspend) => void }) {
  const parts = useParts();
  const { suspendTerminal } = useApp();
  const size = useConsole(({ ui }) => ui.size);
  const fits = useConsole((state) => layoutOf(state).fits);
  const dialog = useConsole(({ ui }) => ui.dialog);
  const { guest, narrator } = parts;
  useInput((text, flags) => {
    const keys = keysOf(text, flags);
    // What comes before a key that gives the keyboard away, or behind one that takes it, is still the other one's.
    dispatchKeys(guest === undefined ? keys : keys.filter((key) => !guest.key(key)), parts.registry, parts);
    narrator?.keysPressed();
  });
  usePaste((text) => {
    if (guest?.view().owner !== 'guest') dispatchPaste(text, parts);
  });
  useArming(dialog);
  useEffect(() => onReady((whileAway) => suspendTerminal(whileAway)), [onReady, suspendTerminal]);
  if (narrator !== undefined) return <Reader narrator={narrator} />;
  if (guest !== undefined) return <GuestStage guest={guest} />;
  if (!fits) {
    return (
      <Box width={size.columns} height={size.rows}>
        <TooSmall />
      </Box>
    );
  }
  return <Screens footer />;
}

/** The console's own screens. @param footer false: its keys do nothing now, and are not told */
export function Screens({ footer }: { readonly footer: boolean }) {
  const size = useConsole(({ ui }) => ui.size);
  const help = useConsole(({ ui }) => ui.helpTop !== undefined);
  const wire = useConsole((state) => state.wire.open);
  const dialog = useConsole(({ ui }) => ui.dialog);
  const facets = useConsole(({ ui }) => ui.facet !== undefined);
  const palette = useConsole(({ ui }) => ui.prompt?.kind === 'command');
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows}>
      {help ? <HelpScreen /> : wire ? <WireScreen /> : <MainScreen />}
      <Box flexGrow={1} />
      {footer ? <Footer /> : undefined}
      {facets ? <FacetsView /> : undefined}
      {palette ? <PaletteView /> : undefined}
      {dialog === undefined ? undefined : <DialogView key={dialog.id} dialog={dialog} />}
    </Box>
  );
}

/** The console as a stage: its screens, a card of the guest over them, and the guest's strip below. */
function GuestStage({ guest }: { readonly guest: ConsoleGuest }) {
  const view = useGuestView(guest);
  const size = useConsole(({ ui }) => ui.size);
  const fits = useConsole((state) => layoutOf(state).fits);
  const rows = size.rows + STRIP_ROWS;
  if (view.blank) return <Box width={size.columns} height={rows} />;
  return (
    <Box flexDirection="column" width={size.columns} height={rows}>
      {fits ? <Screens footer={view.owner === 'console'} /> : <TooSmall />}
      {fits ? undefined : <Box flexGrow={1} />}
      <GuestStrip view={view} />
      {view.card === null || !fits ? undefined : <GuestCardView card={view.card} />}
    </Box>
  );
}

/** Arms a dialog when it has been seen for a moment: from when it is drawn, and not from the key that asked for it. */
function useArming({ id, armed }: Partial<Dialog> = {}): void {
  const { store } = useParts();
  useEffect(() => {
    if (id === undefined || armed === true) return;
    const arm = () => store.setState((state) => updateDialog(state, id, (dialog) => ({ ...dialog, armed: true })));
    const timer = setTimeout(arm, ARM_MS);
    return () => clearTimeout(timer);
  }, [store, id, armed]);
}
