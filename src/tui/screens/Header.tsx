import type { Line, Segment } from '../format/segment.ts';
import { lineWidth, sameLine } from '../format/segment.ts';
import { formatCountdown } from '../format/time.ts';
import { count } from '../format/words.ts';
import { machineCounts } from '../store/select.ts';
import type { ConsoleState } from '../store/state.ts';
import { themeOfState, useConsole } from '../widgets/context.tsx';
import { LineView } from '../widgets/LineView.tsx';

/** The first row: which server, how it is, and how its machines are. */
export function Header() {
  const columns = useConsole(({ ui }) => ui.size.columns);
  const line = useConsole(headerLine, sameLine);
  return <LineView line={line} width={columns} />;
}

function headerLine(state: ConsoleState): Line {
  const room = state.ui.size.columns - 2;
  const counts = countPieces(state);
  const server = serverPieces(state);
  // From the least to the most that may go, until the rest fits.
  const leaving = [...counts.filter(({ leaves }) => leaves), ...server.filter(({ leaves }) => leaves)].sort(
    (a, b) => (a.leaves ?? 0) - (b.leaves ?? 0),
  );
  const gone = new Set<Piece>();
  const widthNow = () =>
    [...server, ...counts].filter((piece) => !gone.has(piece)).reduce((sum, { line }) => sum + lineWidth(line), 0) + 2;
  for (const piece of leaving) {
    if (widthNow() <= room) break;
    gone.add(piece);
  }
  const left = server.filter((piece) => !gone.has(piece)).flatMap(({ line }) => line);
  const right = counts.filter((piece) => !gone.has(piece)).flatMap(({ line }) => line);
  const gap = ' '.repeat(Math.max(2, room - lineWidth(left) - lineWidth(right)));
  return [{ text: ' ' }, ...left, { text: gap }, ...right];
}

/** A part of the header; `leaves`: it may go where there is no room, the lowest first. */
interface Piece {
  readonly line: Segment[];
  readonly leaves?: number;
}

function serverPieces(state: ConsoleState): Piece[] {
  const { connection, settings, clock } = state;
  const { glyphs } = themeOfState(state);
  const { link, label, attached, server } = connection;
  const name: Piece = { line: [{ text: 'bmdemo', tone: 'strong' }, { text: '  ' }] };
  const where = attached ? `attached to ${label}` : `local ${label}`;
  const readOnly: Piece[] = settings.readOnly ? [{ line: [{ text: ' · read-only', tone: 'warn' }] }] : [];
  switch (link.kind) {
    case 'starting':
      return [name, { line: [{ text: `${glyphs.offline} starting the server …`, tone: 'busy' }] }, ...readOnly];
    case 'connecting':
      return [name, { line: [{ text: `${glyphs.offline} connecting to ${label} …`, tone: 'busy' }] }, ...readOnly];
    case 'lost': {
      const what = link.reached ? 'lost' : 'no server at';
      const again = ` · trying again in ${formatCountdown(link.retryAt - clock.now)}`;
      return [
        name,
        { line: [{ text: `${glyphs.offline} ${what} ${label}`, tone: 'error' }] },
        { line: [{ text: again, tone: 'warn' }] },
        ...readOnly,
      ];
    }
    case 'connected': {
      const pieces: Piece[] = [name, { line: [{ text: `${glyphs.online} `, tone: 'ok' }, { text: where }] }];
      if (server !== undefined) {
        const durable = server.durable ? {} : ({ tone: 'warn' } as const);
        pieces.push({
          line: [
            { text: ' · ', tone: 'muted' },
            { text: server.storeKind, ...durable },
          ],
          leaves: 5,
        });
        pieces.push({ line: [{ text: ` · ${server.providers.join(', ')}`, tone: 'muted' }], leaves: 2 });
      }
      return [...pieces, ...readOnly];
    }
  }
}

function countPieces(state: ConsoleState): Piece[] {
  const { machines, runs } = state;
  if (!machines.loaded) return [];
  const { glyphs } = themeOfState(state);
  const { total, inService, busy, attention } = machineCounts(machines);
  const pieces: Piece[] = [
    { line: [{ text: count(total, 'machine') }], leaves: 6 },
    { line: [{ text: `  ${inService} in service`, tone: 'ok' }], leaves: 1 },
  ];
  if (busy > 0) pieces.push({ line: [{ text: `  ${busy} busy`, tone: 'busy' }], leaves: 4 });
  if (attention > 0) pieces.push({ line: [{ text: `  ${glyphs.attention}${attention} attention`, tone: 'warn' }] });
  if (runs.recovering > 0) pieces.push({ line: [{ text: `  ${runs.recovering} recovering`, tone: 'warn' }] });
  const active: Segment = {
    text: `  ${count(runs.active, 'run')} active`,
    ...(runs.active > 0 ? { tone: 'busy' } : { tone: 'muted' }),
  };
  pieces.push({ line: [active], leaves: 3 });
  return pieces;
}
