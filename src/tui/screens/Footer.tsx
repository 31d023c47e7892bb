import { Box } from 'ink';
import { useEffect } from 'react';
import type { ConsoleEffects } from '../actions/effects.ts';
import { cellWidth, wrap } from '../format/cells.ts';
import type { Line, Segment } from '../format/segment.ts';
import { lineText, lineWidth, sameLine } from '../format/segment.ts';
import { keyLabel } from '../keys/chunk.ts';
import { scopeOf } from '../keys/dispatch.ts';
import type { Action, Registry } from '../keys/registry.ts';
import { offered, refusalOf } from '../keys/registry.ts';
import type { ConsoleState, PromptState } from '../store/state.ts';
import { withUi } from '../store/update.ts';
import { themeOfState, useConsole, useParts, useTheme } from '../widgets/context.tsx';
import { LineView } from '../widgets/LineView.tsx';
import { fieldLine } from '../widgets/text-field.ts';
import { TOAST_MS, toastLine } from '../widgets/toast-line.ts';

const GAP = 2;
/** Rows of a toast that does not fit beside the keys. */
const MAX_TOAST_ROWS = 3;

/** The last row: the keys that mean something now, and the toast beside them, or over them if it is long. */
export function Footer() {
  const { registry, store } = useParts();
  const theme = useTheme();
  const size = useConsole(({ ui }) => ui.size);
  const toast = useConsole(({ ui }) => ui.toast);
  const spoken = toast === undefined ? [] : toastLine(toast, theme.glyphs);
  const room = size.columns - 2 - (toast === undefined ? 0 : lineWidth(spoken) + GAP);
  const least = useConsole((state) => footerLine(registry, state, 0), sameLine);
  const fits = toast === undefined || room >= lineWidth(least);
  const keys = useConsole((state) => footerLine(registry, state, fits ? room : size.columns - 2), sameLine);
  useEffect(() => {
    if (toast === undefined) return;
    const forget = () =>
      store.setState((state) => (state.ui.toast === toast ? withUi(state, { toast: undefined }) : state));
    const timer = setTimeout(forget, TOAST_MS[toast.tone]);
    return () => clearTimeout(timer);
  }, [store, toast]);
  const gap = ' '.repeat(Math.max(0, size.columns - 2 - lineWidth(keys) - lineWidth(spoken)));
  const prompt = useConsole(({ ui }) => ui.prompt);
  if (prompt !== undefined) return <PromptLine prompt={prompt} keys={keys} columns={size.columns} />;
  const line: Line = [{ text: ' ' }, ...keys, ...(fits ? [{ text: gap }, ...spoken] : []), { text: ' ' }];
  return (
    <>
      <LineView line={line} width={size.columns} />
      {fits ? undefined : <LongToast line={spoken} columns={size.columns} rows={size.rows} />}
    </>
  );
}

interface PromptLineProps {
  readonly prompt: PromptState;
  readonly keys: Line;
  readonly columns: number;
}

/** The line that is typed, and the keys that end it. */
function PromptLine({ prompt, keys, columns }: PromptLineProps) {
  const hint = prompt.kind;
  const cells = Math.max(16, columns - lineWidth(keys) - hint.length - 8);
  const field = fieldLine(prompt.field, true, cells);
  const line: Line = [
    { text: ` ${hint} `, tone: 'muted' },
    { text: prompt.kind === 'command' ? ':' : '/', tone: 'accent' },
    ...field,
    { text: '  ' },
    ...keys,
  ];
  return <LineView line={line} width={columns} />;
}

/** A toast that needs more than the footer has: over the last rows of the screen, whole. */
function LongToast({ line, columns, rows }: { readonly line: Line; readonly columns: number; readonly rows: number }) {
  const theme = useTheme();
  const tone = line[0]?.tone ?? 'text';
  const text = lineText(line);
  const lines = wrap(text, columns - 2, MAX_TOAST_ROWS, theme.glyphs.ellipsis);
  return (
    <Box position="absolute" top={rows - lines.length} left={0} flexDirection="column">
      {lines.map((row) => (
        <LineView key={row} line={[{ text: ` ${row}`, tone }]} width={columns} over />
      ))}
    </Box>
  );
}

/** The keys for the footer, as many as fit: those that matter most stay longest. The one that is always there stays always. */
function footerLine(registry: Registry<ConsoleEffects>, state: ConsoleState, room: number): Line {
  const { ui } = state;
  if (ui.dialog !== undefined && !ui.dialog.armed) return [];
  const { ascii } = themeOfState(state).glyphs;
  const actions = offered(registry, scopeOf(state), state).filter(({ footer }) => footer !== undefined);
  let left = room;
  const kept = new Set<Action<ConsoleEffects>>();
  for (const action of [...actions].sort((a, b) => (a.footer ?? 0) - (b.footer ?? 0))) {
    const needed = hintWidth(action, ascii) + (kept.size === 0 ? 0 : GAP);
    if (needed > left && kept.size > 0) break;
    kept.add(action);
    left -= needed;
  }
  const hints = actions.filter((action) => kept.has(action)).map((action) => hint(action, state, ascii));
  return hints.flatMap((segments, at) => (at === 0 ? segments : [{ text: ' '.repeat(GAP) }, ...segments]));
}

function hint(action: Action<ConsoleEffects>, state: ConsoleState, ascii: boolean): Segment[] {
  const key = keyLabel(action.keys[0] ?? '', ascii);
  if (refusalOf(action, state) !== undefined) return [{ text: `${key} ${action.label}`, tone: 'muted' }];
  return [{ text: key, tone: 'key' }, { text: ` ${action.label}` }];
}

function hintWidth({ keys, label }: Action<ConsoleEffects>, ascii: boolean): number {
  return cellWidth(`${keyLabel(keys[0] ?? '', ascii)} ${label}`);
}
