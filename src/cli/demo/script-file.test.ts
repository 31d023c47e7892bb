import { describe, expect, it } from 'vitest';
import { readScript } from '../../tour/script/load.ts';
import { formatScriptMistake } from '../../tour/script/mistake.ts';
import { TALK_YAML } from '../../tour/script/talk-text.ts';
import { SCRIPT_CHECKS } from './script-file.ts';

function mistakes(files: string): readonly string[] {
  const text = `title: A walk
chapters:
  - id: first
    title: The first
    time: 10s
    beats:
      - say: Machines.
        command: { import: { file: racks.csv } }
      - say: A plan.
        command: { create-plan: { file: own.yaml, reason: own } }
files:
${files}`;
  const read = readScript(text, 'walk.yaml', SCRIPT_CHECKS);
  return read.kind === 'mistakes' ? read.mistakes.map(formatScriptMistake) : [];
}

describe('the checks of a script', () => {
  it('find nothing in the talk that comes with the program', () => {
    const read = readScript(TALK_YAML, 'talk.yaml', SCRIPT_CHECKS);
    expect(read.kind === 'mistakes' ? read.mistakes.map(formatScriptMistake) : []).toEqual([]);
  });

  it('tell what is wrong with a file of machines and a plan, and in which line of it', () => {
    const told = mistakes(
      '  racks.csv: "id,mac\\na,nonsense"\n  own.yaml: "plan_id: reboot\\nsteps: [{ name: x, ssh: {} }]"\n',
    );
    expect(told).toEqual([
      expect.stringMatching(/^walk.yaml:12:14: files.racks.csv cannot be used: racks.csv:2: mac_addresses/),
      expect.stringMatching(/^walk.yaml:13:13: files.own.yaml cannot be used: own.yaml:/),
      expect.stringMatching(/^walk.yaml:13:13: files.own.yaml cannot be used: own.yaml:/),
    ]);
  });
});
