import { describe, expect, it } from 'vitest';
import type { Command, StartCommand } from '../script/script.ts';
import { commandText } from './command-text.ts';

const START: StartCommand = {
  kind: 'start',
  run: 'repave',
  plan: '',
  machine: 'one',
  as: 'fresh',
  params: {},
  reason: '',
  requestId: '',
  detach: false,
};

const wording = {
  machineOf: () => 'machine-1',
  runIdOf: (name: string) => (name === 'fresh' ? 'abcdefgh12345678' : undefined),
  starterOf: () => ({ ...START, requestId: 'change-1' }),
};

describe('commandText', () => {
  it.each([
    [{ kind: 'serve' }, 'bmdemo serve'],
    [{ kind: 'restart' }, 'Ctrl-C; bmdemo serve --store sqlite:talk.db'],
    [{ kind: 'import', count: 3 }, 'bmdemo import 3'],
    [{ kind: 'import-file', file: 'cmdb.csv' }, 'bmdemo import cmdb.csv'],
    [
      { kind: 'create-plan', file: 'own.yaml', reason: 'for {one}' },
      'bmdemo plans create own.yaml --reason "for machine-1"',
    ],
    [{ ...START, run: null, plan: 'own' }, 'bmdemo start own machine-1'],
    [START, 'bmdemo repave machine-1'],
    [
      { ...START, params: { mtu: '9000' }, requestId: 'x', detach: true },
      'bmdemo repave machine-1 --request-id x --param mtu=9000 --detach',
    ],
    [{ ...START, reason: 'bad disk in {one}' }, 'bmdemo repave machine-1 --reason "bad disk in machine-1"'],
    [{ ...START, reason: 'it costs $5' }, "bmdemo repave machine-1 --reason 'it costs $5'"],
    [{ kind: 'again', run: 'fresh', as: 'second' }, 'bmdemo repave machine-1 --request-id change-1'],
    [{ kind: 'cancel', run: 'fresh', reason: '' }, 'bmdemo cancel abcdefgh'],
    [{ kind: 'cancel', run: 'other', reason: '' }, 'bmdemo cancel RUN'],
    [{ kind: 'start-many', run: 'repave', from: 5, to: 104 }, 'bmdemo repave machine-{5..104} --detach'],
  ] satisfies readonly (readonly [Command, string])[])('%o is typed %s', (command, text) => {
    expect(commandText(command, wording)).toBe(text);
  });
});
