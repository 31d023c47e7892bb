import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aMachine } from '../../src/core/domain/testing.ts';
import type { Fault, Misbehaviour } from '../../src/server/providers/fake/faults/fault.ts';
import { createFakeProvider } from '../../src/server/providers/fake/provider.ts';
import { createMemoryWorld } from '../../src/server/providers/fake/world/memory.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { STEPS } from './fixtures.ts';
import { perform, probe } from './recorded-call.ts';

const HOUR_MS = 3_600_000;

const misbehaviours: fc.Arbitrary<Misbehaviour> = fc.oneof(
  fc.constantFrom<Misbehaviour[]>(
    { kind: 'fail', terminal: false, code: '', message: '' },
    { kind: 'fail', terminal: true, code: 'DISK_DEAD', message: 'the disk is dead' },
    { kind: 'hang' },
    { kind: 'lie' },
    { kind: 'throw' },
    { kind: 'unknown', effect: 'none' },
    { kind: 'unknown', effect: 'done' },
    { kind: 'unknown', effect: 'unclear' },
  ),
  fc.nat(HOUR_MS).map((forMs): Misbehaviour => ({ kind: 'ignore-abort', forMs })),
  fc.nat(HOUR_MS).map((byMs): Misbehaviour => ({ kind: 'late', byMs })),
);

const stages: fc.Arbitrary<Fault['at']> = fc.option(
  fc
    .integer({ min: 1, max: 7 })
    .chain((of) => fc.record({ stage: fc.integer({ min: 1, max: of }), of: fc.constant(of) })),
);

const faults: fc.Arbitrary<Fault> = fc.record({
  machine: fc.constant('*'),
  step: fc.constantFrom('*', ...STEPS.map(({ name }) => name)),
  attempts: fc.record({ from: fc.integer({ min: 1, max: 3 }), to: fc.constantFrom(null, 3) }),
  at: stages,
  misbehaviour: misbehaviours,
});

/** One attempt, aborted after `abortMs` where it is still going by then. */
const attempts = fc.record({
  step: fc.constantFrom(...STEPS),
  attempt: fc.integer({ min: 1, max: 4 }),
  abortMs: fc.nat(2_000),
});

it('whatever goes wrong, a call ends after its abort, leaves nothing behind, and says done only where a probe says so too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(faults, { maxLength: 3 }),
      fc.array(attempts, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      async (script, calls, seed) => {
        const clock = new VirtualClock();
        const world = createMemoryWorld({ clock });
        const provider = createFakeProvider({ clock, world, faults: script, seed, speed: 'normal', factor: 1 });
        for (const [index, { step, attempt, abortMs }] of calls.entries()) {
          const aim = { provider, machine: aMachine(), step, token: { step: index, attempt }, now: () => clock.now() };
          const call = perform(aim);
          await clock.advance(abortMs);
          call.abort();
          await clock.advance(HOUR_MS);
          expect(call.ended).not.toBeNull();
          expect(clock.pending).toBe(0);
          if (call.ended === null || !('answer' in call.ended) || call.ended.answer.kind !== 'done') continue;
          const asked = probe(aim);
          await clock.advance(0);
          expect(asked.ended).toMatchObject({ answer: { kind: 'done' } });
        }
        const { entries } = await world.journal({});
        expect(entries.every(({ end, overlaps }) => end !== null && overlaps.length === 0)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
});
