/** What a console is to be drawn on and typed into. */
export interface TerminalStreams {
  readonly stdin: { readonly isTTY?: boolean | undefined };
  readonly stdout: { readonly isTTY?: boolean | undefined };
}

/** Why there can be no console here, in a sentence that says what to use instead; undefined: there can. */
export function refuseTerminal({ stdin, stdout }: TerminalStreams, term: string | undefined): string | undefined {
  const instead = 'use the commands instead, such as `bmdemo list` and `bmdemo watch`';
  if (stdin.isTTY !== true || stdout.isTTY !== true)
    return `The console needs a terminal for input and output; ${instead}.`;
  if (term === 'dumb')
    return `The console needs a terminal that can move its cursor, and TERM=dumb cannot; ${instead}.`;
  return undefined;
}
