import type { Command, Option } from 'commander';
import type { Ending } from './context.ts';
import { action } from './context.ts';
import { EXIT } from './exit-code.ts';
import { usageFailure } from './failure.ts';

/** What a command line can hold, as completion scripts need it. */
interface Completable {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly { readonly long: string; readonly description: string; readonly takesValue: boolean }[];
  /** What its operands name. */
  readonly operands: 'machine' | 'run' | 'none';
}

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `bmdemo completion SHELL`: a script that completes the command line. */
export function addCompletionCommand(program: Command, ending: Ending): void {
  program
    .command('completion <SHELL>')
    .description('a script for bash, zsh or fish that completes commands, options, machines and runs')
    .addHelpText(
      'after',
      `
Examples:
  $ source <(bmdemo completion bash)
  $ bmdemo completion zsh > "\${fpath[1]}/_bmdemo"
  $ bmdemo completion fish > ~/.config/fish/completions/bmdemo.fish`,
    )
    .action(
      action<[string], object>(ending, async ({ io }, [shell]) => {
        if (!isShell(shell)) throw usageFailure(`there is completion for bash, zsh and fish, and none for "${shell}"`);
        await io.out.write(SHELLS[shell](program.commands.map(completable)));
        return EXIT.done;
      }),
    );
}

function isShell(text: string): text is keyof typeof SHELLS {
  return Object.hasOwn(SHELLS, text);
}

function completable(command: Command): Completable {
  const last = command.registeredArguments.at(-1)?.name() ?? '';
  return {
    name: command.name(),
    description: command.description(),
    flags: [...command.options.filter((option) => !option.hidden).map(flagOf), HELP],
    operands: last === 'RUN' ? 'run' : last === 'ID' && command.name() !== 'plans' ? 'machine' : 'none',
  };
}

const HELP = { long: '--help', description: 'help for the command', takesValue: false };

function flagOf(option: Option) {
  const description = option.description.replace(/ \[BMDEMO_[A-Z_]+\]$/, '');
  return { long: option.long ?? option.flags, description, takesValue: option.required || option.optional };
}

/** The ids that the server knows, without the word that `-o name` puts before them; nothing where no server is. */
const IDS = {
  machine: "bmdemo list -o name 2>/dev/null | sed 's,^machine/,,'",
  run: "bmdemo runs -o name --limit 100 2>/dev/null | sed 's,^run/,,'",
};

function bashScript(commands: readonly Completable[]): string {
  const cases = commands.map(({ name, flags, operands }) => {
    const words = flags.map((flag) => flag.long).join(' ');
    const ids = operands === 'none' ? '' : ` $(${IDS[operands]})`;
    return `    ${name}) words="${words}"; [[ $cur == -* ]] || words="${ids.trim()}" ;;`;
  });
  return `# bash completion for bmdemo
_bmdemo() {
  local cur=\${COMP_WORDS[COMP_CWORD]} words
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    words="${commands.map(({ name }) => name).join(' ')} --help --version"
  elif [[ \${COMP_WORDS[COMP_CWORD-1]} == -o || \${COMP_WORDS[COMP_CWORD-1]} == --output ]]; then
    words="table json yaml name"
  else
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _bmdemo bmdemo
`;
}

function zshScript(commands: readonly Completable[]): string {
  const quoted = (text: string) => text.replaceAll("'", "'\\''");
  const list = commands.map(({ name, description }) => `    '${name}:${quoted(description).replaceAll(':', '\\:')}'`);
  const cases = commands.map(({ name, flags, operands }) => {
    const specs = flags.map(
      ({ long, description, takesValue }) =>
        `'${long}[${quoted(description).replace(/[[\]]/g, '')}]${takesValue ? ':value:_files' : ''}'`,
    );
    const ids = operands === 'none' ? "'*::file:_files'" : `'*:${operands}:(('"$(${IDS[operands]})"'))'`;
    return `    ${name}) _arguments ${specs.join(' ')} ${ids} ;;`;
  });
  return `#compdef bmdemo
_bmdemo() {
  local -a commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _bmdemo ]]; then _bmdemo "$@"; else compdef _bmdemo bmdemo; fi
`;
}

function fishScript(commands: readonly Completable[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ name, description, flags, operands }) => [
    `complete -c bmdemo -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
    ...flags.map(
      ({ long, description: help, takesValue }) =>
        `complete -c bmdemo -n '__fish_seen_subcommand_from ${name}' -l ${long.slice(2)}${takesValue ? ' -r' : ''} -d ${quoted(help)}`,
    ),
    ...(operands === 'none'
      ? []
      : [`complete -c bmdemo -n '__fish_seen_subcommand_from ${name}' -f -a "(${IDS[operands]})"`]),
  ]);
  return `# fish completion for bmdemo\n${lines.join('\n')}\n`;
}
