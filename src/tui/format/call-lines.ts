import type { JsonValue } from '@bufbuild/protobuf';
import type { CallRecord } from '../../client/call-record.ts';
import type { CallTarget } from '../../client/grpcurl.ts';
import { grpcurlCommand } from '../../client/grpcurl.ts';
import { jsonText } from '../../client/json-text.ts';
import type { Tone } from '../theme/theme.ts';
import { chunkCells } from './cells.ts';
import { printable } from './printable.ts';
import type { Line, Segment } from './segment.ts';
import { formatClock, formatDuration } from './time.ts';
import { count } from './words.ts';

const NAME_CELLS = 10;

/** A call without its package, which is the same for all: `RunService/StartRun`. */
export function shortMethod(method: string): string {
  return method.slice(method.lastIndexOf('.', method.indexOf('/')) + 1);
}

/** How a call ended, or that it has not. */
export function callStatus({ status }: CallRecord): Segment {
  if (status === null) return { text: 'open', tone: 'busy' };
  const tone: Tone = status === 'OK' ? 'ok' : status === 'CANCELLED' ? 'muted' : 'error';
  return { text: status, tone };
}

/** How long a call took, or has been open: `3 ms`, `12.3s`. */
export function callTook({ durationMs, startedAt }: CallRecord, now: number): string {
  if (durationMs === null) return formatDuration(now - startedAt);
  return durationMs < 1_000 ? `${Math.round(durationMs)} ms` : formatDuration(durationMs);
}

/** Everything about a call, in lines of a width. */
export function callLines(call: CallRecord, target: CallTarget, width: number, now: number): readonly Line[] {
  const messages = call.kind === 'stream' ? ` · ${count(call.messages, 'message')}` : '';
  const lines: Line[] = [
    [name('method'), { text: call.method, tone: 'strong' }],
    [
      name('status'),
      callStatus(call),
      { text: `${call.status === null ? ' for' : ' after'} ${callTook(call, now)}${messages} · ` },
      { text: `begun at ${formatClock(call.startedAt)}`, tone: 'muted' },
    ],
  ];
  if (call.error !== '') lines.push(...named('error', printable(call.error), width, 'error'));
  lines.push(...named('grpcurl', grpcurlCommand(call, target).split('\n', 1)[0] ?? '', width, 'accent'));
  lines.push([], ...jsonLines('request', call.request, width));
  if (call.answer !== null) {
    const title = call.kind === 'unary' ? 'answer' : 'last message';
    lines.push([], ...jsonLines(title, call.answer, width));
  } else if (call.messages > 0) {
    lines.push([], [{ text: 'answer', tone: 'muted' }], [{ text: '  longer than what is kept of an answer' }]);
  }
  return lines;
}

function name(text: string): Segment {
  return { text: text.padEnd(NAME_CELLS), tone: 'muted' };
}

/** A text behind its name; what does not fit goes on below. */
function named(title: string, text: string, width: number, tone: Tone): Line[] {
  return chunkCells(text, width - NAME_CELLS).map((piece, at) => [name(at === 0 ? title : ''), { text: piece, tone }]);
}

function jsonLines(title: string, value: JsonValue, width: number): Line[] {
  const lines = jsonText(value, 2).split('\n');
  return [[{ text: title, tone: 'muted' }], ...lines.flatMap((line) => jsonLine(`  ${line}`, width))];
}

/** A line of JSON, its name apart from its value. */
function jsonLine(text: string, width: number): Line[] {
  const [first = '', ...more] = chunkCells(text, width);
  const key = /^ *"[^"\\]*":/.exec(first)?.[0] ?? '';
  const rest = more.map((piece): Line => [{ text: piece }]);
  return [[{ text: key, tone: 'accent' }, { text: first.slice(key.length) }], ...rest];
}
