import { sameLines } from '../format/segment.ts';
import { keyFor } from '../store/key-names.ts';
import { useConsole, useParts } from '../widgets/context.tsx';
import { Lines } from '../widgets/LineView.tsx';
import { PANEL_SIDES, Panel } from '../widgets/Panel.tsx';
import { Header } from './Header.tsx';
import { helpLines, helpRows } from './help-lines.ts';

/** What every key does: the registry, as it is. */
export function HelpScreen() {
  const { registry } = useParts();
  const { columns, rows } = useConsole(({ ui }) => ui.size);
  const lines = useConsole((state) => helpLines(state, registry), sameLines);
  const close = useConsole((state) => keyFor(state, 'program.help'));
  const wanted = useConsole(({ ui }) => ui.helpTop ?? 0);
  const height = useConsole(helpRows);
  // A terminal that has grown since shows more of it.
  const top = Math.min(wanted, Math.max(0, lines.length - height));
  const more = lines.length - top > height ? ` · ${lines.length - top - height} more below` : '';
  return (
    <>
      <Header />
      <Panel
        width={columns}
        height={rows - 2}
        title={[
          { text: 'Keys', tone: 'strong' },
          { text: ` · ${close} or Esc closes${more}`, tone: 'muted' },
        ]}
        focused
      >
        <Lines lines={lines.slice(top, top + height)} width={columns - PANEL_SIDES} />
      </Panel>
    </>
  );
}
