import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Context } from './context.ts';
import { reportFailure } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, worstOf } from './exit-code.ts';
import { documentText, jsonOf } from './output/document.ts';
import type { Pace } from './work-list.ts';
import { summaryText, tellLeft, WorkList } from './work-list.ts';

/** Something that is said to machines or runs, each by a call of its own. */
export interface Saying<Desc extends DescMessage> {
  /** Of one: `machine`. */
  readonly noun: string;
  readonly schema: Desc;
  readonly send: (id: string) => Promise<MessageShape<Desc>>;
  /** What `-o name` writes. */
  readonly name: (answer: MessageShape<Desc>) => string;
  /** The answer for people. */
  readonly lines: (answer: MessageShape<Desc>) => readonly string[];
}

/** What came of one id. */
interface Told<Answer> {
  readonly code: ExitCode;
  readonly answer: Answer | null;
}

/**
 * Makes the call for each id and tells what came of it; of several also how many were done, and which were not begun. The
 * worst exit code counts.
 */
export async function doEach<Desc extends DescMessage>(
  context: Context,
  ids: readonly string[],
  { noun, schema, send, name, lines }: Saying<Desc>,
  pace: Pace,
): Promise<ExitCode> {
  const { io, form } = context;
  const list = new WorkList<Told<MessageShape<Desc>>>(ids, pace);
  const told = await list.run(async (id) => {
    try {
      const answer = await send(id);
      if (form === 'table') for (const line of lines(answer)) await io.out.line(line);
      return { code: EXIT.done, answer };
    } catch (error) {
      return { code: await reportFailure(io, error, context), answer: null };
    }
  });
  const answers = told.flatMap(({ answer }) => (answer === null ? [] : [answer]));
  if (form === 'name') for (const answer of answers) await io.out.line(name(answer));
  if (form === 'json' || form === 'yaml') {
    const documents = answers.map((answer) => jsonOf(schema, answer));
    const [only] = documents;
    if (ids.length > 1) await io.out.write(documentText({ [`${noun}s`]: documents }, form));
    else if (only !== undefined) await io.out.write(documentText(only, form));
  }
  if (ids.length > 1) {
    const words = told.map(({ code }) => wordOf(code));
    await context.note(summaryText(noun, words));
  }
  await tellLeft(context, list.left);
  return worstOf(told.map(({ code }) => code));
}

function wordOf(code: ExitCode): string {
  if (code === EXIT.done) return 'done';
  return code === EXIT.refused ? 'refused' : 'failed';
}
