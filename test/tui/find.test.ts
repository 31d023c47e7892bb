import { describe, expect, test } from 'vitest';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { BackendDouble, Feed } from './backend-double.ts';
import { openConsole } from './open-console.ts';
import { ago, logLine, machine, repave } from './samples.ts';
import type { VirtualTerminal } from './virtual-terminal.ts';

const RUN = '7f3a91kq00000000';

function fleet(): BackendDouble {
  return new BackendDouble([
    machine('db-1', { phase: Phase.READY, phaseSince: ago(90_000) }, 'r2'),
    machine('machine-2', { phase: Phase.IN_SERVICE, phaseSince: ago(7_000_000) }, 'r10'),
    machine('machine-10', { phase: Phase.RMA, phaseSince: ago(30_000) }, 'r1'),
  ]);
}

async function opened(backend = fleet()) {
  const under = openConsole({ backend });
  await under.terminal.until('memory');
  await under.terminal.until('machine-10');
  return under;
}

/** The ids of the table, from above. */
function shown(terminal: VirtualTerminal): string[] {
  return terminal.rows.slice(3, 8).flatMap((row) => /^│ [> ] {2}(\S+)/.exec(row)?.[1] ?? []);
}

describe('/ in the table', () => {
  test('filters by any text while it is typed; Enter keeps it, Esc clears it', async () => {
    const { terminal } = await opened();
    terminal.press('/');
    await terminal.until('filter /');
    terminal.press('MACHINE in_s');
    await terminal.until('Machines 1 of 3');
    expect(shown(terminal)).toEqual(['machine-2']);
    terminal.press('\r');
    await terminal.until((text) => !text.includes('filter /') && text.includes('/MACHINE in_s'));
    expect(terminal.text).toMatch(/> {2}machine-2/);
    terminal.press('\x1b');
    await terminal.until('Machines 3 ─');
    expect(terminal.text).toMatch(/> {2}machine-2/);
  });

  test('letters that act are letters there, and a paste goes into it', async () => {
    const { terminal, backend } = await opened();
    terminal.press('/rb');
    terminal.paste('q c\nm');
    await terminal.until('filter /rbq c m');
    expect(terminal.text).toContain('no machine matches /rbq c m, Esc clears');
    terminal.press('\x1b');
    await terminal.until('Machines 3 ─');
    expect(backend.started).toEqual([]);
  });

  test('asks the server where its grammar is written, and follows what comes and goes', async () => {
    const backend = fleet();
    const feeds = new Map<string, Feed<ReturnType<typeof BackendDouble.event>>>();
    backend.onFilter = (filter) => {
      const feed = new Feed<ReturnType<typeof BackendDouble.event>>();
      feeds.set(filter, feed);
      feed.push(BackendDouble.event(machine('db-1'), 'SNAPSHOT'));
      return feed;
    };
    const { terminal } = await opened(backend);
    terminal.press('/rack=r2');
    await terminal.until('filter /rack=r2');
    expect([...feeds.keys()]).toEqual([]);
    terminal.press('\r');
    await terminal.until('Machines 1 of 3  /rack=r2');
    expect(shown(terminal)).toEqual(['db-1']);
    feeds.get('rack=r2')?.push(BackendDouble.event(machine('machine-2')));
    await terminal.until('Machines 2 of 3');
    feeds.get('rack=r2')?.push(BackendDouble.event(machine('db-1'), 'LEFT'));
    await terminal.until('Machines 1 of 3');
    expect(shown(terminal)).toEqual(['machine-2']);
    expect(terminal.rows[0]).toContain('3 machines');
  });

  test('says that no machine matches once the server has said so, and not before', async () => {
    const backend = fleet();
    const count = Promise.withResolvers<number>();
    backend.onCount = () => count.promise;
    const { terminal } = await opened(backend);
    terminal.press('/rack=r9\r');
    await terminal.until('asking the server which machines match /rack=r9 …');
    count.resolve(0);
    await terminal.until('no machine matches /rack=r9, Esc clears');
  });

  test('that begins anew is asked about anew: what matched before may do so no longer', async () => {
    const backend = fleet();
    backend.onFilter = () => {
      const feed = new Feed<ReturnType<typeof BackendDouble.event>>();
      feed.push(BackendDouble.event(machine('db-1'), 'SNAPSHOT'));
      return feed;
    };
    const { terminal } = await opened(backend);
    terminal.press('/rack=r2\r');
    await terminal.until('Machines 1 of 3  /rack=r2');
    const count = Promise.withResolvers<number>();
    backend.onCount = () => count.promise;
    backend.restartFilter();
    await terminal.until('asking the server which machines match /rack=r2 …');
    count.resolve(0);
    await terminal.until('no machine matches /rack=r2, Esc clears');
  });

  test('says what the server has against it', async () => {
    const backend = fleet();
    backend.onFilter = () => {
      const feed = new Feed<ReturnType<typeof BackendDouble.event>>();
      feed.fail(new Error('filter: unknown field rak at column 1'));
      return feed;
    };
    const { terminal } = await opened(backend);
    terminal.press('/rak=r1\r');
    await terminal.until(/Filter: unknown field rak at column 1 .*\n.*Esc clears the filter/);
  });
});

describe('s and a number', () => {
  test.each([
    ['1', ['machine-10', 'machine-2', 'db-1'], 'by machine ↓'],
    ['2', ['db-1', 'machine-2', 'machine-10'], 'by phase ↑'],
    ['4', ['machine-10', 'db-1', 'machine-2'], 'by rack ↑'],
    ['6', ['machine-10', 'db-1', 'machine-2'], 'by age ↑'],
  ])('%s sorts by that column', async (key, ids, title) => {
    const { terminal } = await opened();
    terminal.press('s');
    await terminal.until('1 MACHINE  2 PHASE  3 DOING');
    terminal.press(key);
    await terminal.until(title);
    expect(shown(terminal)).toEqual(ids);
    expect(terminal.text).toMatch(/> {2}db-1/);
  });

  test('the same once more sorts the other way round, and another key is no column', async () => {
    const { terminal } = await opened();
    terminal.press('s4s4');
    await terminal.until('by rack ↓');
    expect(shown(terminal)).toEqual(['machine-2', 'db-1', 'machine-10']);
    terminal.press('s');
    await terminal.until('1 MACHINE');
    terminal.press('j');
    await terminal.until(/> {2}machine-10/);
    expect(terminal.text).not.toContain('1 MACHINE');
  });
});

describe('/ in the log', () => {
  test('looks for a text, forwards and backwards, round and round', async () => {
    const backend = new BackendDouble([machine('machine-10', { activeRunId: RUN })]);
    const { terminal } = await opened(backend);
    backend.tellRun(repave(RUN, 'machine-10', 2));
    for (let at = 1; at <= 90; at++)
      backend.log(RUN).push(logLine(RUN, at, at % 40 === 0 ? `Error ${at};` : `line ${at};`));
    await terminal.until('line 90;');
    terminal.press('\t\t');
    await terminal.until('▸ Log');
    terminal.press('/');
    await terminal.until('search /');
    terminal.press('error\r');
    await terminal.until('Log  /error');
    expect(terminal.text).toContain('Error 80;');
    terminal.press('n');
    await terminal.until('Error 40;');
    terminal.press('n');
    await terminal.until('Error 80;');
    terminal.press('N');
    await terminal.until('Error 40;');
    terminal.press('/\x15nothing\r');
    await terminal.until('no line of this log has nothing');
    terminal.press('G');
    await terminal.until('line 90;');
  });
});
