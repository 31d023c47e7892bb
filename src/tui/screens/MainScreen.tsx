import { Box } from 'ink';
import type { Layout, Pane, Size } from '../store/layout.ts';
import { isAtMachines } from '../store/place.ts';
import { isLogZoomed, layoutOf } from '../store/select.ts';
import { useConsole } from '../widgets/context.tsx';
import { Header } from './Header.tsx';
import { ListPane } from './ListPane.tsx';
import { LogPane } from './LogPane.tsx';
import { MachinePane } from './MachinePane.tsx';
import { MachineTable } from './MachineTable.tsx';
import { PlaceBar } from './PlaceBar.tsx';
import { RunPane } from './RunPane.tsx';
import { TextPane } from './TextPane.tsx';

const PANES: Readonly<Record<Pane, (props: { readonly size: Size }) => React.ReactNode>> = {
  machines: MachineTable,
  run: RunPane,
  log: LogPane,
  machine: MachinePane,
  list: ListPane,
  text: TextPane,
};

/** The place where somebody is: its panes, as they are laid out. */
export function MainScreen() {
  const layout = useConsole(layoutOf, sameLayout);
  const bar = useConsole(({ ui }) => !isAtMachines(ui) && !isLogZoomed(ui));
  return (
    <>
      <Header />
      {bar ? <PlaceBar /> : undefined}
      {layout.rows.map((row) => (
        <Box key={row.join(' ')}>
          {row.map((pane) => {
            const size = layout.panes[pane];
            const Drawn = PANES[pane];
            return size === undefined ? undefined : <Drawn key={pane} size={size} />;
          })}
        </Box>
      ))}
    </>
  );
}

function sameLayout(a: Layout, b: Layout): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
