import type { KeptIn } from '../host.ts';
import { shortId } from '../room/view.ts';
import { filledIn } from '../script/references.ts';
import type { Command, StartCommand } from '../script/script.ts';

/** What the text of a command needs to know. */
export interface Wording {
  readonly machineOf: (role: string) => string;
  /** The id of a run of the walk; undefined: it was not started yet. */
  readonly runIdOf: (name: string) => string | undefined;
  /** The command that starts a run of the walk. */
  readonly starterOf: (name: string) => StartCommand | undefined;
}

/** A command as it would be typed. */
export function commandText(command: Command, wording: Wording): string {
  switch (command.kind) {
    case 'serve':
      return serveText('memory');
    case 'stop':
      return 'Ctrl-C in the terminal of `bmdemo serve`';
    case 'list':
    case 'plans':
    case 'runs':
      return `bmdemo ${command.kind}`;
    case 'import':
      return `bmdemo import ${command.count}`;
    case 'import-file':
      return `bmdemo import ${command.file}`;
    case 'create-plan':
      return `bmdemo plans create ${command.file} --reason ${quoted(filledIn(command.reason, wording.machineOf))}`;
    case 'restart':
      return `Ctrl-C; ${serveText('file')}`;
    case 'start':
      return startText(command, wording);
    case 'start-many':
      return `bmdemo ${command.run} machine-{${command.from}..${command.to}} --detach`;
    case 'again': {
      const starter = wording.starterOf(command.run);
      return starter === undefined ? 'the same request again' : startText(starter, wording);
    }
    case 'cancel': {
      const runId = wording.runIdOf(command.run);
      const reason = command.reason === '' ? '' : ` --reason ${quoted(filledIn(command.reason, wording.machineOf))}`;
      return `bmdemo cancel ${runId === undefined ? 'RUN' : shortId(runId)}${reason}`;
    }
  }
}

/** How a server is started that keeps its state there. In the talk, one in memory is nothing special. */
export function serveText(keptIn: KeptIn): string {
  return keptIn === 'memory' ? 'bmdemo serve' : 'bmdemo serve --store sqlite:talk.db';
}

function startText(command: StartCommand, { machineOf }: Wording): string {
  const { run, plan, machine, params, reason, requestId, detach } = command;
  const words = ['bmdemo', ...(run === null ? ['start', plan] : [run]), machineOf(machine)];
  if (requestId !== '') words.push('--request-id', requestId);
  for (const [key, value] of Object.entries(params))
    words.push('--param', quoted(`${key}=${filledIn(value, machineOf)}`));
  if (reason !== '') words.push('--reason', quoted(filledIn(reason, machineOf)));
  if (detach) words.push('--detach');
  return words.join(' ');
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return /["$`\\!]/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : `"${word}"`;
}
