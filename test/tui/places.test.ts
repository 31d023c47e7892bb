import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import { EventSchema } from '../../src/wire/gen/baremetal/v1/event_pb.ts';
import { MachineStatus_Phase as Phase } from '../../src/wire/gen/baremetal/v1/machine_pb.ts';
import { Run_Phase as RunPhase } from '../../src/wire/gen/baremetal/v1/run_pb.ts';
import { LogLevel, WatchServerLogResponseSchema } from '../../src/wire/gen/baremetal/v1/server_service_pb.ts';
import { BackendDouble } from './backend-double.ts';
import type { OpenConsole } from './open-console.ts';
import { openConsole } from './open-console.ts';
import { ago, logLine, machine, repave } from './samples.ts';

const RUN = '7f3a91kq00000000';
const OLD = 'aaaa000000000000';
const ESC = '\x1b';

/** A finished run that began so many minutes ago. */
function past(runId: string, machineId: string, minutes: number, phase: RunPhase = RunPhase.SUCCEEDED) {
  // One clock for both: what a run took must not depend on how long this takes. A little more, for clocks that differ by that.
  const began = Date.now() - minutes * 60_000 - 2_000;
  const createdAt = timestampFromMs(began);
  return repave(runId, machineId, 4, {
    phase,
    createdAt,
    startedAt: createdAt,
    finishedAt: timestampFromMs(began + 30_000),
    ...(phase === RunPhase.FAILED ? { error: { code: 'INTERNAL', message: 'the disk is full' } } : {}),
  });
}

/** Three machines, the first under way, and a failed run of the second. */
async function opened(options: OpenConsole = {}) {
  const backend = new BackendDouble([
    machine('machine-1', { phase: Phase.PROVISIONING, effectiveState: Phase.PROVISIONING, activeRunId: RUN }),
    machine('machine-2', { phase: Phase.MAINTENANCE, effectiveState: Phase.MAINTENANCE }),
    machine('machine-3', { phase: Phase.IN_SERVICE, effectiveState: Phase.IN_SERVICE }),
  ]);
  backend.tellRun(repave(RUN, 'machine-1', 2));
  backend.pastRuns.push(past(OLD, 'machine-2', 10, RunPhase.FAILED));
  const under = openConsole({ backend, ...options });
  await under.terminal.until('machine-3');
  await under.terminal.until('memory');
  await under.terminal.until('repave-image 3/5');
  return { ...under, backend };
}

function event(cursor: string, init: MessageInitShape<typeof EventSchema> = {}): Event {
  const at = { ts: ago(60_000), cursor, kind: 'STARTED', actor: 'engine', message: `what ${cursor} says` };
  return create(EventSchema, { ...at, machineId: 'machine-1', runId: RUN, ...init });
}

describe('the runs', () => {
  test('2 lists them, the newest first, with the run and the log of the one under the cursor', async () => {
    const { terminal, backend } = await opened();
    backend.log(RUN).push(logLine(RUN, 1, 'layer 1/6'));
    terminal.press('2');
    await terminal.until('Runs 2');
    await terminal.until('layer 1/6');
    const { rows } = terminal;
    expect(rows[1]).toMatch(/^ Runs +1 machines {2}2 runs {2}3 plans {2}4 events {2}5 log$/);
    expect(rows[2]).toMatch(/^╭ ▸ Runs 2 ─+╮$/);
    expect(rows[3]).toMatch(/^│ {4}RUN +MACHINE +PLAN +PHASE +STEP +AGE +TOOK +NOTE +│$/);
    expect(rows[4]).toMatch(/^│ > {2}7f3a91kq {2}machine-1 +repave-join +RUNNING +repave-image +\ds +\d\.\ds/);
    expect(rows[5]).toMatch(/^│ {4}aaaa0000 {2}machine-2 +repave-join +FAILED +.* 10m +30\.0s {2}the disk is full/);
    expect(rows[10]).toMatch(/^╭ Run 7f3a91kq · repave-join · machine-1/);
    expect(rows.map((row) => row.length)).toEqual(expect.arrayContaining([120]));
  });

  test('keys act on the machine of the run under the cursor, and c on that run alone', async () => {
    const { terminal } = await opened();
    terminal.press('2');
    await terminal.until('Runs 2');
    terminal.press('j');
    await terminal.until('Run aaaa0000');
    terminal.press('c');
    await terminal.until('run aaaa0000 is over: there is nothing to cancel');
    terminal.press('b');
    await terminal.until('Reboot machine-2?');
    await terminal.until('Esc cancel');
    terminal.press(ESC);
    await terminal.until((text) => !text.includes('Reboot machine-2?'));
    terminal.press('k');
    await terminal.until('Run 7f3a91kq');
    terminal.press('c');
    await terminal.until('Cancel run 7f3a91kq on machine-1?');
  });

  test('marks are about machines, and count nowhere else', async () => {
    const { terminal } = await opened();
    terminal.press('A');
    await terminal.until('3 marked');
    terminal.press('2');
    await terminal.until('Runs 2');
    terminal.press('jb');
    await terminal.until('Reboot machine-2?');
  });

  test('Enter looks at one closely, Esc comes back, and in the end to the machines, never further', async () => {
    const { terminal } = await opened();
    terminal.press('2');
    await terminal.until('Runs 2');
    terminal.press('j\r');
    await terminal.until('Runs › run aaaa0000');
    expect(terminal.text).toMatch(/▸ Run aaaa0000 .*Log/);
    terminal.press('\r');
    await terminal.until('▸ Log');
    terminal.press(ESC);
    await terminal.until('▸ Run aaaa0000');
    terminal.press(ESC);
    await terminal.until(/▸ Runs 2/);
    expect(terminal.text).toMatch(/> {2}aaaa0000/);
    terminal.press(ESC);
    await terminal.until('▸ Machines 3');
    terminal.press(ESC);
    terminal.press('j');
    await terminal.until(/> {2}machine-2/);
    expect(terminal.isFullScreen).toBe(true);
  });

  test('what changes of them is seen, and what is new stands first', async () => {
    const { terminal, backend } = await opened();
    terminal.press('2');
    await terminal.until('Runs 2');
    backend.tellRun(past(RUN, 'machine-1', 0), 'SUCCEEDED');
    await terminal.until(/> {2}7f3a91kq .* SUCCEEDED/);
    backend.tellRun(repave('bbbb000000000000', 'machine-3', 0, { createdAt: ago(0) }));
    await terminal.until(/bbbb0000 .*\n.*> {2}7f3a91kq/);
    await terminal.until('Runs 3');
  });

  test('the next page is asked for when the cursor comes near the end, once', async () => {
    const { terminal, backend } = await opened();
    for (let at = 1; at <= 450; at++)
      backend.pastRuns.push(past(`p${String(at).padStart(3, '0')}x`, 'machine-3', 10 + at));
    terminal.press('2');
    await terminal.until('Runs 201 and more');
    terminal.press('G');
    await terminal.until('Runs 401 and more');
    terminal.press('G');
    await terminal.until(/Runs 452 /);
    terminal.press('G');
    await terminal.until(/> {2}p450x/);
    expect(backend.pages.filter((page) => page.startsWith('runs'))).toEqual(['runs  @', 'runs  @200', 'runs  @400']);
  });

  test('a page that cannot be had is said, and is not asked for again at once', async () => {
    const { terminal, backend } = await opened();
    for (let at = 1; at <= 300; at++) backend.pastRuns.push(past(`p${at}x`, 'machine-3', 10 + at));
    backend.onPage = (what) => {
      if (what.endsWith('@200')) throw new Error('the disk is on fire');
    };
    terminal.press('2');
    await terminal.until('Runs 201 and more');
    terminal.press('G');
    await terminal.until('The disk is on fire');
    terminal.press('kjkj');
    backend.tellRun(repave('bbbb000000000000', 'machine-3', 0, { createdAt: ago(0) }));
    terminal.press('g');
    await terminal.until(/bbbb0000/);
    expect(backend.pages.filter((page) => page === 'runs  @200')).toHaveLength(1);
  });

  test('free text is looked for in what is here; what compares is asked of the server, which says what is wrong with it', async () => {
    const { terminal, backend } = await opened();
    terminal.press('2');
    await terminal.until('Runs 2');
    terminal.press('/full');
    await terminal.until('Runs 1 of 2  /full');
    terminal.press(ESC);
    await terminal.until(/Runs 2 /);
    backend.runMatches = (filter, run) => filter === '' || (filter === 'phase=FAILED' && run.phase === RunPhase.FAILED);
    terminal.press('/phase=FAILED\r');
    await terminal.until('Runs 1  /phase=FAILED');
    expect(terminal.text).not.toContain('7f3a91kq');
    expect(backend.watches.at(-1)).toBe('runs phase=FAILED');
    const refusal = Object.assign(new Error('filter: column 1: unknown field "fase"'), { code: 'INVALID_ARGUMENT' });
    backend.onPage = (what) => {
      if (what.includes('fase')) throw refusal;
    };
    terminal.press('/\x15fase=FAILED\r');
    await terminal.until('Filter: column 1: unknown field "fase"');
    await terminal.until('Esc clears the filter');
    terminal.press(ESC);
    await terminal.until(/Runs 2 /);
  });

  test('no run matches, and none so far, are said', async () => {
    const { terminal } = await opened();
    terminal.press('2');
    await terminal.until('Runs 2');
    terminal.press('/nothing such\r');
    await terminal.until('no run matches /nothing such, Esc clears');
  });

  test('a watch that begins anew asks for the list anew', async () => {
    const { terminal, backend } = await opened();
    terminal.press('2');
    await terminal.until('Runs 2');
    backend.pastRuns.push(past('cccc000000000000', 'machine-3', 20));
    backend.restartRuns();
    await terminal.until('Runs 3');
  });

  test('while the server is lost what was there stays, and says so', async () => {
    const { terminal, backend } = await opened();
    terminal.press('2');
    await terminal.until('Runs 2');
    backend.link({ kind: 'lost', message: 'the server has gone', retryAt: Date.now() + 5_000, reached: true });
    await terminal.until('Runs 2 · as they were when the server was lost');
    backend.link({ kind: 'connected' });
    await terminal.until((text) => !text.includes('as they were'));
  });

  test('where the server is lost before they came, that is said, and they come once it is back', async () => {
    const { terminal, backend } = await opened();
    const lost = { kind: 'lost', message: 'the server has gone', retryAt: Date.now() + 5_000, reached: true } as const;
    const gone = Object.assign(new Error('the server has gone'), { code: 'UNAVAILABLE' });
    backend.onPage = () => {
      throw gone;
    };
    backend.link(lost);
    terminal.press('2');
    await terminal.until(/Runs .*\n.*[Tt]he server has gone/);
    backend.onPage = () => undefined;
    backend.link({ kind: 'connected' });
    await terminal.until('Runs 2');
  });
});

describe('a machine in detail', () => {
  test('Enter on a machine shows it and its runs, from there a run, and Esc leads back the same way', async () => {
    const { terminal, backend } = await opened();
    backend.pastRuns.push(past('cccc000000000000', 'machine-2', 20));
    terminal.press('j\r');
    await terminal.until('Machines › machine-2');
    await terminal.until('Runs 2');
    expect(terminal.rows[2]).toMatch(/^╭ ▸ Runs 2 ─+╮╭ Machine machine-2 ─+╮$/);
    expect(terminal.text).toMatch(/serial +SN-machine-2/);
    expect(backend.watches.at(-1)).toBe('runs machine_id=machine-2');
    terminal.press('j\r');
    await terminal.until('Machines › machine-2 › run cccc0000');
    terminal.press('b');
    await terminal.until('Reboot machine-2?');
    await terminal.until('Esc cancel');
    terminal.press(ESC);
    await terminal.until((text) => !text.includes('Reboot machine-2?'));
    terminal.press(ESC);
    await terminal.until(/> {2}cccc0000/);
    terminal.press(ESC);
    await terminal.until(/▸ Machines 3/);
    expect(terminal.text).toMatch(/> {2}machine-2/);
  });

  test('where there is room, the run under the cursor and its log are beside it', async () => {
    const { terminal, backend } = await opened({ columns: 200, rows: 60 });
    backend.pastRuns.push(past('cccc000000000000', 'machine-2', 20));
    backend.log('cccc000000000000').push(logLine('cccc000000000000', 1, 'long ago;'));
    terminal.press('j\r');
    await terminal.until('Runs 2');
    await terminal.until(/╭ Run aaaa0000 .*╭ Log .*╭ Machine machine-2/);
    terminal.press('j');
    await terminal.until(/╭ Run cccc0000 .*╭ Log .*╭ Machine machine-2/);
    await terminal.until('long ago;');
    terminal.press('c');
    await terminal.until('run cccc0000 is over: there is nothing to cancel');
  });

  test('what is said of it scrolls no further than its end, and back at once', async () => {
    const { terminal } = await opened({ columns: 80, rows: 20 });
    terminal.press('\r');
    await terminal.until('▸ Runs 1');
    terminal.press('\t');
    await terminal.until(/▸ Machine machine-1/);
    expect(terminal.text).toContain('phase ');
    terminal.press('GG');
    await terminal.until((text) => !text.includes('phase ') && text.includes('labels'));
    const last = terminal.text;
    terminal.press('k');
    await terminal.until((text) => text !== last && !text.includes('│ phase '));
  });

  test('a machine without runs says so', async () => {
    const { terminal } = await opened();
    terminal.press('G\r');
    await terminal.until('this machine has had no run so far');
  });
});

describe('the plans', () => {
  test('3 lists them, and below all of the one under the cursor', async () => {
    const { terminal } = await opened();
    terminal.press('3');
    await terminal.until('Plans 5');
    await terminal.until('Plan · repave-join');
    expect(terminal.text).toMatch(/3 {2}repave-image +repave \{\{image_ref\}\} · 1 attempt, at most 300 s/);
    expect(terminal.text).toContain('▲ destroys everything on its disk');
    terminal.press('jjj\r');
    await terminal.until('▸ Plan · net-reconfig');
    expect(terminal.text).toMatch(/mtu +default – · the MTU in bytes/);
    terminal.press('y');
    await terminal.until('the plan sent to the clipboard');
    terminal.press(ESC);
    await terminal.until('▸ Plans 5');
    terminal.press('y');
    await terminal.until('plan/net-reconfig sent to the clipboard');
  });

  test('there a key that acts says where there is something to act on', async () => {
    const { terminal } = await opened();
    terminal.press('3');
    await terminal.until('Plans 5');
    terminal.press('r');
    await terminal.until('no machine is selected here: 1 shows the machines');
    terminal.press('1');
    await terminal.until('▸ Machines 3');
  });

  test('they are asked for anew each time', async () => {
    const { terminal, backend } = await opened();
    terminal.press('3');
    await terminal.until('Plans 5');
    terminal.press('1');
    await terminal.until('▸ Machines 3');
    backend.planList = backend.planList.slice(0, 2);
    terminal.press('3');
    await terminal.until('Plans 2');
  });
});

describe('the events', () => {
  test('4 lists them, and the cursor stays on the newest until somebody moves it', async () => {
    const { terminal, backend } = await opened();
    backend.trail.push(
      event('e2', { actor: 'lin', method: 'RunService/StartRun', requestId: 'req-1', peer: '127.0.0.1:9' }),
    );
    backend.trail.push(event('e1'));
    terminal.press('4');
    await terminal.until('Events 2');
    await terminal.until(/method +RunService\/StartRun/);
    expect(terminal.text).toMatch(/request id +req-1/);
    expect(backend.watches.at(-1)).toBe('events  >end');
    backend.eventFeed.push(event('e3'));
    await terminal.until(/> .*what e3 says/);
    terminal.press('j');
    await terminal.until(/> .*what e2 says/);
    backend.eventFeed.push(event('e4'));
    await terminal.until('Events 4');
    expect(terminal.text).toMatch(/> .*what e2 says/);
  });

  test('Enter leads to what is said of one, from there to its run, which is asked for if nobody knows it', async () => {
    const { terminal, backend } = await opened();
    backend.trail.push(event('e1', { machineId: 'machine-2', runId: OLD }));
    terminal.press('4');
    await terminal.until('Events 1');
    terminal.press('\r');
    await terminal.until('▸ Event · STARTED');
    terminal.press('\r');
    await terminal.until('Events › run aaaa0000');
    await terminal.until(/the disk is full/);
    expect(backend.pages).toContain(`run ${OLD}`);
    terminal.press(ESC);
    await terminal.until('▸ Event · STARTED');
  });

  test('a run that the server does not know is said so', async () => {
    const { terminal, backend } = await opened();
    backend.trail.push(event('e1', { runId: 'gone000000000000' }));
    terminal.press('4');
    await terminal.until('Events 1');
    terminal.press('\r\r');
    await terminal.until('Events › run gone0000');
    await terminal.until('│ There is no run gone000000000000');
  });

  test('one about a machine alone leads to the machine, and keys act on it', async () => {
    const { terminal, backend } = await opened();
    backend.trail.push(event('e1', { machineId: 'machine-3', runId: '' }));
    terminal.press('4');
    await terminal.until('Events 1');
    terminal.press('b');
    await terminal.until('Reboot machine-3?');
    await terminal.until('Esc cancel');
    terminal.press(ESC);
    await terminal.until((text) => !text.includes('Reboot machine-3?'));
    terminal.press('\r\r');
    await terminal.until('Events › machine-3');
  });
});

describe("the server's log", () => {
  const line = (message: string, level: LogLevel = LogLevel.INFO) =>
    create(WatchServerLogResponseSchema, {
      entry: {
        ts: timestampFromMs(Date.UTC(2026, 0, 2, 12, 41, 1)),
        level,
        message,
        component: 'engine',
        fields: { run_id: RUN },
      },
    });

  test('5 follows it, and finds in it', async () => {
    const { terminal, backend } = await opened();
    terminal.press('5');
    await terminal.until('▸ Server log');
    for (let at = 1; at <= 60; at++)
      backend.serverLog.push(line(`line ${at};`, at === 7 ? LogLevel.WARN : LogLevel.INFO));
    await terminal.until(/info {3}engine {2}line 60; {2}run_id=7f3a91kq00000000/);
    await terminal.until('following · 60 lines');
    terminal.press('/line 7;\r');
    await terminal.until(/▲ warn {3}engine {2}line 7;/);
    await terminal.until('paused');
    expect(terminal.text).not.toContain('S step');
    terminal.press('G');
    await terminal.until('line 60;');
    terminal.press('o');
    await terminal.until(/60 lines saved in .*server-log-/);
    terminal.press(ESC);
    await terminal.until('▸ Machines 3');
  });

  test('that it was read says nothing of what stands below the machines', async () => {
    const { terminal } = await opened({ columns: 80, rows: 24 });
    terminal.press('5');
    await terminal.until('▸ Server log');
    terminal.press('1');
    await terminal.until('╭ Run 7f3a91kq');
  });

  test("the run's log is untouched by it", async () => {
    const { terminal, backend } = await opened();
    backend.log(RUN).push(logLine(RUN, 1, 'layer 1/6'));
    await terminal.until('layer 1/6');
    terminal.press('5');
    await terminal.until('▸ Server log');
    backend.log(RUN).push(logLine(RUN, 2, 'layer 2/6'));
    terminal.press('1');
    await terminal.until('layer 2/6');
    expect(terminal.text).toContain('layer 1/6');
  });
});

describe.each([
  [80, 24],
  [80, 32],
  [120, 40],
  [200, 60],
])('at %d×%d', (columns, rows) => {
  test('every screen fills the terminal, and Tab goes round its panes', async () => {
    const { terminal, backend } = await opened({ columns, rows });
    backend.trail.push(event('e1'));
    const screens: readonly (readonly [string, string, readonly string[]])[] = [
      ['2', '▸ Runs 2', ['▸ Run 7f3a91kq', '▸ Log']],
      ['\r', '▸ Run 7f3a91kq', ['▸ Log']],
      ['3', '▸ Plans 5', ['▸ Plan ·']],
      ['4', '▸ Events 1', ['▸ Event ·']],
      ['5', '▸ Server log', []],
      ['1', '▸ Machines 3', []],
      ['\r', '▸ Runs 1', [...(columns >= 160 ? ['▸ Run 7f3a91kq', '▸ Log'] : []), '▸ Machine machine-1']],
    ];
    for (const [key, first, others] of screens) {
      terminal.press(key);
      await terminal.until(first);
      expect(terminal.rows).toHaveLength(rows);
      expect(Math.max(...terminal.rows.map((row) => row.length))).toBeLessThanOrEqual(columns);
      expect(terminal.rows[rows - 2]).toMatch(/^╰─+.*╯$/);
      for (const next of others) {
        terminal.press('\t');
        await terminal.until(next);
        expect(terminal.rows[rows - 2]).toMatch(/^╰─+.*╯$/);
      }
      if (others.length > 0 && !(columns >= 160 && key === '2')) terminal.press('\t');
      else if (others.length > 0) terminal.press('\t\t');
      await terminal.until(first);
    }
  });
});

test.each([
  ['3', /▸ Plans \d/],
  ['5', /▸ Server log/],
])('screen %s offers no key that acts on machines: each still says why', async (key, shown) => {
  const { terminal } = await opened();
  terminal.press(key);
  await terminal.until(shown);
  await terminal.until((text) => !/r repave|m RMA|c cancel|e maintenance/.test(text.split('\n').at(-1) ?? ''));
  expect(terminal.rows.at(-1)).toMatch(/: command.*\? help {2}q quit/);
  terminal.press('r');
  await terminal.until('no machine is selected here: 1 shows the machines');
});

test('long ids of machines are told in full on every screen, and in a question about many', async () => {
  const ids = ['rack-17-row-b-node-storage-29', 'rack-17-row-b-node-storage-30'];
  const backend = new BackendDouble(ids.map((id) => machine(id, { phase: Phase.IN_SERVICE })));
  backend.pastRuns.push(past(OLD, ids[0] ?? '', 10));
  backend.trail.push(event('9', { machineId: ids[1] ?? '' }));
  const { terminal } = openConsole({ backend, columns: 80, rows: 24 });
  await terminal.until(/> {2}rack-17-row-b-node-storage-29 +IN_SERVICE/);
  terminal.press('2');
  await terminal.until(/> {2}aaaa0000 {2}rack-17-row-b-node-storage-29 /);
  terminal.press('4');
  await terminal.until(/ rack-17-row-b-node-storage-30 /);
  terminal.press('1A');
  await terminal.until('2 marked');
  terminal.press('b');
  await terminal.until(/ rack-17-row-b-node-storage-29 {2}IN_SERVICE/);
});
