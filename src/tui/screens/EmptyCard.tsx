import { Box } from 'ink';
import { DEFAULT_ADDRESS } from '../../client/address.ts';
import type { Line } from '../format/segment.ts';
import { lineWidth, sameLines } from '../format/segment.ts';
import { refusalOf, withheldReason } from '../keys/registry.ts';
import { keyFor } from '../store/key-names.ts';
import type { ConsoleState } from '../store/state.ts';
import { useGuestHasKeys } from '../tour/GuestLayer.tsx';
import { useConsole, useParts } from '../widgets/context.tsx';
import { Lines } from '../widgets/LineView.tsx';

interface EmptyCardProps {
  readonly width: number;
  readonly height: number;
}

/** What stands in place of a table without machines: why it is empty, and what to do. */
export function EmptyCard({ width, height }: EmptyCardProps) {
  const { registry, guest } = useParts();
  // A key that does nothing while a guest has them all is not offered.
  const actions = useGuestHasKeys(guest) ? undefined : registry.actions;
  const lines = useConsole((state) => emptyLines(state, actions), sameLines);
  const above = Math.max(0, Math.floor((height - lines.length) / 2));
  const widest = Math.min(width, Math.max(...lines.map(lineWidth)));
  const beside = Math.floor((width - widest) / 2);
  return (
    <Box flexDirection="column" paddingTop={above} paddingLeft={beside}>
      <Lines lines={lines.slice(0, height)} width={widest} />
    </Box>
  );
}

type Actions = ReturnType<typeof useParts>['registry']['actions'];

function emptyLines(state: ConsoleState, actions: Actions | undefined): readonly Line[] {
  const { connection, machines } = state;
  if (!machines.loaded) return [[{ text: waitingText(state), tone: 'muted' }]];
  const lines: Line[] = [[{ text: 'No machines yet.', tone: 'strong' }]];
  if (actions === undefined) return lines;
  lines.push([]);
  const importing = actions.find(({ id }) => id === 'machines.import-demo');
  if (importing !== undefined && connection.server?.hasFake === true && refusalOf(importing, state) === undefined) {
    lines.push(
      keyLine(keyFor(state, 'machines.import-demo'), 'import 3 demo machines; the fake provider touches no hardware'),
    );
  }
  const server = connection.label === DEFAULT_ADDRESS ? '' : ` --server ${connection.label}`;
  const mayImport = importing !== undefined && withheldReason(importing, state) === undefined;
  const command = keyFor(state, 'palette.open');
  if (mayImport) lines.push(keyLine(command, `import FILE brings machines of your own: ${command}import racks.csv`));
  lines.push(keyLine(keyFor(state, 'program.help'), 'what every key does'));
  if (connection.server?.hasFake === true && mayImport) {
    lines.push(
      [],
      [{ text: `In another terminal: bmdemo import 12${server}`, tone: 'muted' }],
      [{ text: 'A guided tour of all of it: bmdemo demo', tone: 'muted' }],
    );
  }
  return lines;
}

function waitingText({ connection }: ConsoleState): string {
  switch (connection.link.kind) {
    case 'none':
      return 'There is no server yet.';
    case 'starting':
      return 'Starting the server in this process …';
    case 'lost':
      return connection.link.message;
    default:
      return 'Asking the server for its machines …';
  }
}

function keyLine(key: string, text: string): Line {
  return [{ text: `${key}   `, tone: 'key' }, { text }];
}
