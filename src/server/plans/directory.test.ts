import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { createMemoryStore } from '../stores/memory/store.ts';
import { bringInPlans } from './bring-in.ts';
import { readPlansDirectory } from './directory.ts';
import { formatPlanProblem } from './read.ts';
import { LONGEST_PLAN } from './yaml.ts';

/** A folder with these files; it goes with the test. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bmdemo-plans-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function plan(id: string, description = ''): string {
  return `plan_id: ${id}\ndescription: "${description}"\nsteps: [{name: a, drain: {}}]\n`;
}

/** What is wrong with the files of a folder, without its own path. */
function problemsIn(folder: string): readonly string[] {
  const read = readPlansDirectory(folder);
  if (read.kind === 'unreadable') return [read.message];
  return read.kind === 'plans'
    ? []
    : read.problems.map(formatPlanProblem).map((line) => line.replaceAll(folder, 'DIR'));
}

/** The plans of a folder, which must be good. */
function filesIn(folder: string) {
  const read = readPlansDirectory(folder);
  if (read.kind !== 'plans') throw new Error(JSON.stringify(read));
  return read.files;
}

describe('a folder of plans', () => {
  it('has those of its YAML files, by name', () => {
    const folder = folderOf({
      'b.yml': plan('b'),
      'a.yaml': plan('a'),
      '.hidden.yaml': 'x',
      'readme.md': 'x',
    });
    const files = filesIn(folder);
    expect(files.map(({ name, declared }) => [name, declared.id])).toEqual([
      ['a.yaml', 'plan/a'],
      ['b.yml', 'plan/b'],
    ]);
    expect(files[0]?.path).toBe(join(folder, 'a.yaml'));
  });

  it('may be empty', () => {
    expect(filesIn(folderOf({}))).toEqual([]);
  });

  it('is told everything that is wrong with any of them', () => {
    const folder = folderOf({
      'a.yaml': plan('own'),
      'b.yaml': plan('plan/own'),
      'c.yaml': plan('reboot'),
      'd.yaml': `${plan('D')}extra: 1\n`,
      'e.yaml': `# ${'x'.repeat(LONGEST_PLAN)}`,
    });
    expect(problemsIn(folder)).toEqual([
      'DIR/b.yaml:1:10: plan_id: is the plan of DIR/a.yaml already',
      'DIR/c.yaml:1:10: plan_id: plan/reboot is built in and cannot be replaced; make a plan under another name',
      'DIR/d.yaml:1:10: plan_id: may hold a-z, 0-9 and "-" alone',
      'DIR/d.yaml:4:1: extra: is no key that belongs here',
      `DIR/e.yaml:1:1: is ${LONGEST_PLAN + 2} bytes long, and may be at most ${LONGEST_PLAN}`,
    ]);
  });

  it('has to be one', () => {
    const folder = folderOf({ 'a.yaml': plan('a') });
    expect(problemsIn(join(folder, 'none'))).toEqual([`${join(folder, 'none')} is not there`]);
    expect(problemsIn(join(folder, 'a.yaml'))).toEqual([`${join(folder, 'a.yaml')} is no folder`]);
  });
});

describe('bringing plans in', () => {
  const store = () => createMemoryStore({ clock: new VirtualClock() });

  it('makes a first version of each, and says where it is from', async () => {
    const into = store();
    const head = await into.head();
    const folder = folderOf({ 'own.yaml': plan('own') });
    expect(await bringInPlans(into, filesIn(folder), 'server-1')).toMatchObject([{ id: 'plan/own', version: 1 }]);
    expect(await into.plan('plan/own', 0)).toMatchObject({ version: 1, createdBy: 'own.yaml', builtIn: false });
    const tail = await into.tail(head, 10);
    expect('events' in tail ? tail.events : []).toMatchObject([
      {
        kind: 'PLAN_CREATED',
        actor: 'engine',
        server: 'server-1',
        reason: `read from ${join(folder, 'own.yaml')}`,
        method: '',
      },
    ]);
  });

  it('makes a new version of what has changed, and nothing of what has not; a file that is gone deletes nothing', async () => {
    const into = store();
    await bringInPlans(into, filesIn(folderOf({ 'a.yaml': plan('a'), 'b.yaml': plan('b') })), 'server-1');
    const changed = folderOf({ 'a.yaml': `# only a comment\n${plan('a')}`, 'c.yaml': plan('b', 'changed') });
    const made = await bringInPlans(into, filesIn(changed), 'server-2');
    expect(made).toMatchObject([{ id: 'plan/b', version: 2, description: 'changed', createdBy: 'c.yaml' }]);
    expect(await bringInPlans(into, filesIn(folderOf({})), 'server-3')).toEqual([]);
    const all = await into.plans({ allVersions: true, limit: 10, after: null });
    expect(all.map(({ id, version }) => `${id} ${version}`)).toEqual(['plan/a 1', 'plan/b 2', 'plan/b 1']);
  });

  it('is done once by servers that begin at the same time', async () => {
    const into = store();
    const files = filesIn(folderOf({ 'a.yaml': plan('a') }));
    const made = await Promise.all(['server-1', 'server-2', 'server-3'].map((name) => bringInPlans(into, files, name)));
    expect(made.flat()).toHaveLength(1);
  });
});
