import type { ServerLogLine } from './log-ring.ts';

/** One line for people: time, level, part, message, then `name=value`, quoted where a value has blanks or worse. */
export function formatText(line: ServerLogLine): string {
  const level = line.level.toUpperCase().padEnd(5);
  const component = line.component === '' ? '' : `${line.component}: `;
  const fields = Object.entries(line.fields).map(([name, value]) => ` ${name}=${quoted(value)}`);
  return `${new Date(line.at).toISOString()} ${level} ${component}${printable(line.message)}${fields.join('')}\n`;
}

function quoted(value: string): string {
  return /^[\w.:/@+,-]+$/.test(value) ? value : printable(JSON.stringify(value));
}

/** Control characters would move the terminal's cursor, or make one line look like two. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/**
 * The text without the passwords of URLs in it (`postgres://user:secret@host`): they turn up in messages of drivers,
 * where no field name gives them away.
 */
export function withoutPasswords(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*):[^\s/@"']+@/gi, '$1:[redacted]@');
}
