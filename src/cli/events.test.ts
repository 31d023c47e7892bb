import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandBench } from './command-double.ts';
import { openCommandBench } from './command-double.ts';
import type { Io } from './output/io.ts';
import { ioDouble } from './output/io-double.ts';
import { runProgram } from './program.ts';

let bench: CommandBench;
let bmdemo: CommandBench['bmdemo'];

beforeAll(async () => {
  bench = await openCommandBench();
  bmdemo = bench.bmdemo;
  await bmdemo('import', '2');
  await bmdemo('reboot', 'machine-1', '--request-id', 'once', '--reason', 'kernel');
});
afterAll(() => bench.stop());

describe('events', () => {
  it('are a table for people, the newest last', async () => {
    const { code, out, err } = await bmdemo('events', '--machine', 'machine-1');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^TIME +MACHINE +RUN +KIND +BY +MESSAGE$/);
    expect(lines[1]).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}machine-1 +– +REGISTERED +lin +machine machine-1 registered$/,
    );
    expect(lines[2]).toMatch(/ [0-9a-z]{8} +ACCEPTED +lin +.*\(kernel\)$/);
    expect(lines.at(-1)).toMatch(/ RUN_DONE +engine /);
  });

  it('are a document for programs, with everything that is kept', async () => {
    const { out } = await bmdemo('events', '--filter', 'kind=ACCEPTED', '-o', 'json');
    expect(JSON.parse(out).events).toMatchObject([
      {
        actor: 'lin',
        method: 'RunService/StartRun',
        requestId: 'once',
        reason: 'kernel',
        peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        run: { machineId: 'machine-1', type: 'REBOOT' },
      },
    ]);
  });

  it('of a run are found by the beginning of its id', async () => {
    const run = JSON.parse((await bmdemo('runs', '-o', 'json')).out).runs[0].runId;
    const { out } = await bmdemo('events', '--run', run.slice(0, 6), '-o', 'json');
    const kinds = JSON.parse(out).events.map((event: { kind: string }) => event.kind);
    expect(kinds).toEqual(['ACCEPTED', 'STARTED', 'ATTEMPT_STARTED', 'STEP_SUCCEEDED', 'SUCCEEDED']);
  });

  it('are the newest where there are more than the limit', async () => {
    const { out, err } = await bmdemo('events', '--limit', '2', '--machine', 'machine-1');
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => / (SUCCEEDED|RUN_DONE) /.exec(line)?.[1]),
    ).toEqual([undefined, 'SUCCEEDED', 'RUN_DONE']);
    expect(err).toBe('there are more than these 2; --limit 0 shows all\n');
  });

  it('are those of a time', async () => {
    expect(await bmdemo('events', '--until', '1h')).toEqual({ code: 0, out: '', err: 'no event matches\n' });
    const all = await bmdemo('events', '--since', '1h ago', '-o', 'yaml');
    expect(all.out).toBe((await bmdemo('events', '-o', 'yaml')).out);
  });

  it.each([
    [['--since', 'later'], /--since must be how long ago/],
    [['--until', '1h', '--follow'], /--until and --follow do not go together/],
    [['--since', '1h', '--until', '2h'], /until: must be later than since .*INVALID_ARGUMENT/],
    [['--filter', 'colour=red'], /column 1: unknown field "colour"/],
    [['--limit', 'x'], /--limit must be a whole number/],
    [['-o', 'name'], /-o name names nothing/],
    [['--at', '1h', '--since', '2h'], /--at <TIME>' cannot be used with option '--since/],
  ])('are refused as %j', async (words, sentence) => {
    const { code, out, err } = await bmdemo('events', ...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(sentence);
  });

  it('are followed until Ctrl-C', async () => {
    const { io, seen } = watchedIo(bench);
    const following = runProgram(['events', '--follow', '--machine', 'machine-2', '-o', 'json'], io);
    await seen('REGISTERED');
    await bmdemo('reboot', 'machine-2');
    await seen('RUN_DONE');
    process.emit('SIGINT');
    expect(await following).toBe(130);
    const kinds = io.written.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).kind);
    expect(kinds.slice(0, 3)).toEqual(['REGISTERED', 'ACCEPTED', 'RUN_ACCEPTED']);
    expect(kinds.at(-1)).toBe('RUN_DONE');
    expect(new Set(kinds).size).toBe(kinds.length);
  });
});

describe('the fleet as it was', () => {
  it('is a list of machines', async () => {
    const now = await bmdemo('list', '-o', 'json');
    for (const command of ['list', 'events']) {
      const then = await bmdemo(command, '--at', 'now', '-o', 'json');
      expect({ ...then, out: JSON.parse(then.out) }).toEqual({ ...now, out: JSON.parse(now.out) });
    }
    const { out } = await bmdemo('list', '--at', '0s ago', '--filter', 'machine_id=machine-2');
    expect(out).toMatch(/^MACHINE +PHASE .*\nmachine-2 +FACTORY_READY /);
  });

  it('is not known of before there was a server, and says from when on', async () => {
    const { code, err } = await bmdemo('list', '--at', '2001-02-03');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: nothing is kept of the fleet from before 2\d{3}-.*Z; ask for that time or a later one \(OUT_OF_RANGE\)\n$/,
    );
  });

  it('says so where nothing matched', async () => {
    const { err } = await bmdemo('list', '--at', 'now', '--filter', 'rack=r9');
    expect(err).toMatch(/^no machine matched at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n$/);
  });
});

/** Streams that can be waited for until something was written to them. */
function watchedIo({ address }: CommandBench) {
  const plain = ioDouble({ env: { BMDEMO_SERVER: address, BMDEMO_USER: 'lin' } });
  let told = () => {};
  const write: Io['out']['write'] = async (text) => {
    await plain.out.write(text);
    told();
  };
  const io = { ...plain, out: { ...plain.out, write, line: (text = '') => write(`${text}\n`) } };
  const seen = (text: string) =>
    new Promise<void>((resolve) => {
      told = () => {
        if (plain.written.out.includes(text)) resolve();
      };
      told();
    });
  return { io, seen };
}
