import { describe, expect, it } from 'vitest';
import { type Capability, STEP_KINDS, type Step } from '../../src/core/domain/plan.ts';
import { record } from './recorded-call.ts';
import { GRACE_MS, type ProviderOnTrial, TROUBLES, Trial } from './trial.ts';

/** The tests that every provider has to pass, whatever it reaches. */
export function describeProvider(name: string, onTrial: () => ProviderOnTrial): void {
  const provider = onTrial();
  const kinds = provider.steps.map((step): [string, Step] => [step.action.kind, step]);

  describe(`provider ${name}`, () => {
    describe.each(kinds)('%s', (_, step) => {
      it('does the step, and tells of it', async () => {
        const trial = new Trial(provider, step);
        const call = trial.perform();
        expect(await trial.end(call)).toMatchObject({ kind: 'done', message: expect.stringMatching(/\S/) });
        trial.expectGoodManners(call);
        expect(call.told.filter(({ kind }) => kind === 'log')).not.toEqual([]);
        const progress = call.told.filter((told) => told.kind === 'progress');
        expect(progress.at(-1)).toMatchObject({ current: progress[0]?.total });
      });

      it('answers a probe with what is there, and changes nothing by it', async () => {
        const trial = new Trial(provider, step);
        expect(await trial.probe()).toMatchObject({ kind: 'not-done' });
        expect(await trial.probe()).toMatchObject({ kind: 'not-done' });
        expect(await trial.end(trial.perform())).toMatchObject({ kind: 'done' });
        expect(await trial.probe()).toMatchObject({ kind: 'done' });
        expect(await trial.probe()).toMatchObject({ kind: 'done' });
      });

      it.each([0, 0.3, 0.6, 0.9])(
        'returns when it is aborted after %d of its time, and can be done again',
        async (part) => {
          const trial = new Trial(provider, step);
          const call = trial.perform();
          await trial.bench.advance(Math.floor(trial.usualMs * part));
          call.abort();
          const outcome = await trial.end(call, GRACE_MS);
          trial.expectGoodManners(call);
          if (outcome.kind === 'done') expect(await trial.probe()).toMatchObject({ kind: 'done' });
          expect(await trial.end(trial.perform({ attempt: 2 }))).toMatchObject({ kind: 'done' });
        },
      );

      it('does nothing when it was aborted before it began', async () => {
        const trial = new Trial(provider, step);
        const call = trial.perform({}, AbortSignal.abort());
        expect(await trial.end(call, GRACE_MS)).toMatchObject({ kind: 'failed', terminal: false });
        expect(await trial.probe()).toMatchObject({ kind: 'not-done' });
      });

      it('refuses a token that is older than one it has seen, and does nothing for it', async () => {
        const trial = new Trial(provider, step);
        expect(await trial.probe({ fence: 7 })).toMatchObject({ kind: 'not-done' });
        const stale = trial.perform({ fence: 6 });
        expect(await trial.end(stale)).toMatchObject({ kind: 'failed', terminal: true, code: 'STALE_TOKEN' });
        expect(await trial.probe({ fence: 6 })).toMatchObject({ kind: 'cannot-tell' });
        expect(await trial.probe({ fence: 7 })).toMatchObject({ kind: 'not-done' });
        expect(await trial.end(trial.perform({ fence: 8 }))).toMatchObject({ kind: 'done' });
      });

      it('lets nothing through of a call that loses the machine in its midst', async () => {
        const trial = new Trial(provider, step);
        const old = trial.perform({ fence: 1 });
        await trial.bench.advance(0);
        const newer = trial.beginProbe({ fence: 2 });
        expect(await trial.end(old)).toMatchObject({ kind: 'failed', terminal: true, code: 'STALE_TOKEN' });
        await trial.end(newer);
        expect(await trial.probe({ fence: 2 })).toMatchObject({ kind: 'not-done' });
      });

      it('is left alone by the drivers of other capabilities', async () => {
        const own = STEP_KINDS[step.action.kind].capabilities[0];
        for (const capability of Object.keys(provider.bench(null).provider.drivers) as Capability[]) {
          const trial = new Trial(provider, step);
          const { drivers } = trial.bench.provider;
          if (drivers[capability] === drivers[own]) continue;
          const call = record({ ...trial.bench, step }, (given) => drivers[capability]!.perform(given));
          expect(await trial.end(call), capability).toMatchObject({ kind: 'failed', terminal: true });
          expect(await trial.probe()).toMatchObject({ kind: 'not-done' });
        }
      });

      it.each(provider.troubles)('trouble: %s', async (trouble) => {
        const trial = new Trial(provider, step, trouble);
        const call = trial.perform();
        await TROUBLES[trouble](trial, call);
        trial.expectGoodManners(call);
      });
    });
  });
}
