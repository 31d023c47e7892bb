import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { ioDouble } from '../output/io-double.ts';
import { addServeCommand } from '../serve.ts';
import { addTuiCommand } from '../tui.ts';
import { addDemoOptions } from './options.ts';

/** The long flags that a command shows in its help. */
function flags(add: (program: Command) => void, name: string): readonly string[] {
  const program = new Command();
  add(program);
  const command = program.commands.find((one) => one.name() === name);
  return (command?.options ?? []).filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []);
}

const ending = { io: ioDouble({}), exit: () => {} };

describe('the options of demo', () => {
  const own = flags((program) => addDemoOptions(program.command('demo')), 'demo');

  it.each([
    ['tui', flags((program) => addTuiCommand(program, ending), 'tui')],
    ['serve', flags((program) => addServeCommand(program, ending), 'serve')],
  ])('are all those of %s but --store and --fake-world, which each talk has afresh', (_, others) => {
    expect(others.filter((flag) => !own.includes(flag))).toEqual(['--store', '--fake-world']);
  });
});
