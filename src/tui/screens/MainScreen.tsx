import { Box } from 'ink';
import type { Layout } from '../store/layout.ts';
import { layoutOf } from '../store/select.ts';
import { useConsole } from '../widgets/context.tsx';
import { Header } from './Header.tsx';
import { LogPane } from './LogPane.tsx';
import { MachinePane } from './MachinePane.tsx';
import { MachineTable } from './MachineTable.tsx';
import { RunPane } from './RunPane.tsx';

/** Machines, and the run and the log of the one that is selected. */
export function MainScreen() {
  const layout = useConsole(layoutOf, sameLayout);
  const { machines, run, log, machine } = layout.panes;
  return (
    <>
      <Header />
      {machines === undefined ? undefined : <MachineTable size={machines} />}
      <Box flexDirection={layout.stacked ? 'column' : 'row'}>
        {run === undefined ? undefined : <RunPane size={run} />}
        {log === undefined ? undefined : <LogPane size={log} />}
        {machine === undefined ? undefined : <MachinePane size={machine} />}
      </Box>
    </>
  );
}

function sameLayout(a: Layout, b: Layout): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
