import { describe, expect, it } from 'vitest';
import type { StepOutcome } from '../../../core/ports/provider.ts';
import { aBench, IMAGE, JOIN, linesOf, msUntilEnd, progressOf, stepOf, VERIFY } from './testing/bench.ts';

const failed = (code: string, terminal = false): { answer: Partial<StepOutcome> } => ({
  answer: { kind: 'failed', code, terminal },
});

it('heeds an abort also where nothing takes time', async () => {
  const bench = aBench([], { factor: Number.POSITIVE_INFINITY });
  const call = bench.begin(IMAGE);
  call.abort();
  await bench.clock.advance(0);
  expect(call.ended).toMatchObject(failed('ABORTED'));
});

describe('faults', () => {
  it('fail twice, then pass', async () => {
    const bench = aBench(['machine-1/verify-in-cluster=fail:2']);
    const first = await bench.do(VERIFY);
    expect(first.ended).toMatchObject(failed('NODE_NOT_READY'));
    expect(first.told.at(-1)).toMatchObject({ kind: 'log', stream: 'stderr' });
    expect((await bench.do(VERIFY, { attempt: 2 })).ended).toMatchObject(failed('NODE_NOT_READY'));
    expect((await bench.do(VERIFY, { attempt: 3 })).ended).toMatchObject({ answer: { kind: 'done' } });
    expect((await bench.do(VERIFY, { runId: 'run-2' })).ended).toMatchObject(failed('NODE_NOT_READY'));
  });

  it('fail for good, in words of their own', async () => {
    const bench = aBench(['*/*=fail@3/6,terminal,code=DISK_DEAD,message=nvme0n1 is gone, really']);
    const call = await bench.do(IMAGE);
    expect(call.ended).toEqual({
      answer: { kind: 'failed', terminal: true, code: 'DISK_DEAD', message: 'nvme0n1 is gone, really' },
    });
    expect(progressOf(call.told).at(-1)).toMatchObject({ current: 25, note: '3/6 writing layers 1 to 3' });
  });

  it('stand still at their stage until they are aborted', async () => {
    const bench = aBench(['*/repave-image=hang@3/6']);
    const call = bench.begin(IMAGE);
    await bench.clock.advance(3_600_000);
    expect(call.ended).toBeNull();
    expect(progressOf(call.told).at(-1)).toMatchObject({ current: 25, total: 100, note: '3/6 writing layers 1 to 3' });
    call.abort();
    await bench.clock.advance(0);
    expect(call.ended).toMatchObject(failed('ABORTED'));
    expect(linesOf(call.told).at(-1)).toBe('aborted in stage 3 of 6, writing layers 1 to 3');
    expect(bench.clock.pending).toBe(0);
  });

  it('take no notice of an abort until released, then have done the work', async () => {
    const bench = aBench(['*/repave-image=ignore-abort@3/6']);
    const call = bench.begin(IMAGE);
    await bench.clock.advance(300);
    call.abort();
    await bench.clock.advance(3_600_000);
    expect(call.ended).toBeNull();
    expect(bench.provider.release('machine-2')).toBe(0);
    expect(bench.provider.release('machine-1')).toBe(1);
    await bench.clock.advance(0);
    expect(call.ended).toMatchObject({ answer: { kind: 'done' } });
    expect(bench.provider.release('machine-1')).toBe(0);
    expect(await bench.probe(IMAGE)).toMatchObject({ answer: { kind: 'done' } });
  });

  it('take no notice of an abort for as long as they say', async () => {
    const bench = aBench(['*/repave-image=ignore-abort,for=20s']);
    const call = bench.begin(IMAGE);
    await bench.clock.advance(60_000);
    call.abort();
    await bench.clock.advance(19_999);
    expect(call.ended).toBeNull();
    await bench.clock.advance(1);
    expect(call.ended).toMatchObject({ answer: { kind: 'done' } });
  });

  it('leave no timer behind when they are released before that', async () => {
    const bench = aBench(['*/repave-image=ignore-abort,for=20s']);
    const call = bench.begin(IMAGE);
    await bench.clock.advance(1_000);
    call.abort();
    expect(bench.clock.pending).toBe(1);
    bench.provider.release('machine-1');
    expect(bench.clock.pending).toBe(0);
  });

  it('change nothing any more once somebody else has the machine, whatever they ignored', async () => {
    const bench = aBench(['*/repave-image=ignore-abort@3/6']);
    const old = bench.begin(IMAGE, { fence: 1 });
    await bench.clock.advance(300);
    old.abort();
    await bench.do(stepOf('reboot', 'reboot'), { runId: 'run-2', fence: 2 });
    bench.provider.release('machine-1');
    await bench.clock.advance(0);
    expect(old.ended).toMatchObject(failed('STALE_TOKEN', true));
    expect(await bench.world.read('machine-1')).toMatchObject({ image: null });
    const { entries } = await bench.world.journal({});
    expect(entries.map(({ overlaps, end }) => [overlaps, end?.kind])).toEqual([
      [[], 'refused'],
      [[1], 'done'],
    ]);
  });

  it('say yes and do nothing, which reading back finds out', async () => {
    const bench = aBench(['*/repave-image=lie:2-@4/6']);
    await bench.do(IMAGE);
    const again = await bench.do(IMAGE, { runId: 'run-2', attempt: 2 });
    expect(again.ended).toMatchObject(failed('READ_BACK'));
    expect(linesOf(again.told).at(-1)).toBe('read back after writing: the disk holds no image');
  });

  it('answer late, with everything done by then', async () => {
    const bench = aBench(['*/join-cluster=late,by=20s']);
    const { ms, ended } = await bench.do(JOIN);
    expect(ms).toBe(21_100);
    expect(ended).toMatchObject({ answer: { kind: 'done' } });
    const stopped = bench.begin(JOIN, { runId: 'run-2' });
    await bench.clock.advance(5_000);
    stopped.abort();
    await bench.clock.advance(0);
    expect(stopped.ended).toMatchObject(failed('ABORTED'));
    expect(await bench.probe(JOIN, { runId: 'run-2' })).toMatchObject({ answer: { kind: 'done' } });
  });

  it('hold a step up at a stage when they are late there', async () => {
    const bench = aBench(['*/join-cluster=late@2/5,by=20s']);
    const call = bench.begin(JOIN);
    await bench.clock.advance(20_000);
    expect(progressOf(call.told).at(-1)).toMatchObject({ current: 1 });
    expect((await msUntilEnd(bench.clock, call)) + 20_000).toBe(21_100);
  });

  it('throw what is no error, and the journal says so', async () => {
    const thrown = new Set<unknown>();
    for (let seed = 0; seed < 60; seed += 1) {
      const bench = aBench(['*/*=throw'], { seed, factor: Number.POSITIVE_INFINITY });
      const { ended } = await bench.do(IMAGE);
      if (ended === null || !('rejection' in ended)) throw new Error('did not throw');
      thrown.add(typeof ended.rejection);
      expect((await bench.world.journal({})).entries.map(({ end }) => end?.kind)).toEqual(['threw']);
    }
    expect(thrown).toEqual(new Set(['undefined', 'object', 'number', 'string', 'symbol']));
  });
});
