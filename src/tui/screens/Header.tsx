import type { Line, Segment } from '../format/segment.ts';
import { lineWidth, sameLine } from '../format/segment.ts';
import { formatCountdown, formatLatency } from '../format/time.ts';
import { count } from '../format/words.ts';
import type { ConnectionState, ServerFacts } from '../store/connection.ts';
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
    case 'none':
      return [name, { line: [{ text: `${glyphs.offline} no server yet`, tone: 'muted' }] }, ...readOnly];
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
    case 'connected':
      return [
        name,
        { line: [{ text: `${glyphs.online} `, tone: 'ok' }, { text: where }] },
        ...(attached ? wirePieces(connection) : []),
        ...(server === undefined ? [] : factPieces(server)),
        ...readOnly,
      ];
  }
}

/** How long an answer takes, and who can read it on its way: of a server elsewhere. */
function wirePieces({ label, latencyMs, encrypted }: ConnectionState): Piece[] {
  const pieces: Piece[] = [];
  if (latencyMs !== undefined)
    pieces.push({ line: [{ text: ` · ${formatLatency(latencyMs)}`, tone: 'muted' }], leaves: 5 });
  if (encrypted === true) pieces.push({ line: [{ text: ' · TLS', tone: 'muted' }], leaves: 3 });
  else if (encrypted === false && !label.startsWith('unix:')) {
    // On this machine nobody listens in; on a network anybody may.
    const here = /^(127\.|localhost:|\[::1\])/.test(label);
    pieces.push({ line: [{ text: ' · plaintext', tone: here ? 'muted' : 'warn' }], leaves: here ? 3 : 9 });
  }
  return pieces;
}

function factPieces({ user, storeKind, durable, providers }: ServerFacts): Piece[] {
  return [
    ...(user === '' ? [] : [{ line: [{ text: ` · as ${user}`, tone: 'muted' as const }], leaves: 8 }]),
    {
      line: [
        { text: ' · ', tone: 'muted' },
        { text: storeKind, ...(durable ? {} : { tone: 'warn' }) },
      ],
      leaves: 10,
    },
    { line: [{ text: ` · ${providers.join(', ')}`, tone: 'muted' }], leaves: 2 },
  ];
}

function countPieces(state: ConsoleState): Piece[] {
  const { machines, runs } = state;
  if (!machines.loaded) return [];
  const { glyphs } = themeOfState(state);
  const { total, inService, busy, attention } = machines.tally.counts;
  const pieces: Piece[] = [
    { line: [{ text: count(total, 'machine') }], leaves: 7 },
    { line: [{ text: `  ${inService} in service`, tone: 'ok' }], leaves: 1 },
  ];
  if (busy > 0) pieces.push({ line: [{ text: `  ${busy} busy`, tone: 'busy' }], leaves: 6 });
  if (attention > 0) pieces.push({ line: [{ text: `  ${glyphs.attention}${attention} attention`, tone: 'warn' }] });
  if (runs.recovering > 0) pieces.push({ line: [{ text: `  ${runs.recovering} recovering`, tone: 'warn' }] });
  const active: Segment = {
    text: `  ${count(runs.active, 'run')} active`,
    ...(runs.active > 0 ? { tone: 'busy' } : { tone: 'muted' }),
  };
  pieces.push({ line: [active], leaves: 4 });
  return pieces;
}
