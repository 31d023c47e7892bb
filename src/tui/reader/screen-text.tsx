import { stripVTControlCharacters } from 'node:util';
import { renderToString } from 'ink';
import { Screens } from '../screens/Root.tsx';
import type { Size } from '../store/layout.ts';
import type { ConsoleParts } from '../widgets/context.tsx';
import { ConsoleContext } from '../widgets/context.tsx';
import { spoken } from './words.ts';

/** What the console lays its screens out for where nobody sees them: one thing below the other, and nothing left out. */
export const READER_SIZE: Size = { columns: 99, rows: 200 };

/** The screen that is up as lines, without its frames. */
export function screenText(parts: ConsoleParts): readonly string[] {
  const drawn = renderToString(
    <ConsoleContext value={parts}>
      <Screens footer={false} />
    </ConsoleContext>,
    { columns: READER_SIZE.columns },
  );
  return (
    stripVTControlCharacters(drawn)
      .split('\n')
      .map((line) => spoken(line.replaceAll(/[╭╮╰╯│─▸]/g, ' ')))
      // Who the server is has been said.
      .filter((line) => line !== '' && !line.startsWith('bmdemo '))
  );
}
