import { describe, expect, it, onTestFinished } from 'vitest';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { Director } from '../../tour/director/director.ts';
import { ServerDouble } from '../../tour/testing/client-double.ts';
import { walkPlan } from '../../tour/testing/walk.ts';
import { TourGuest } from './guest.ts';

describe('a tour on a console', () => {
  it('says what a press waits for as long as that is so, and no longer', async () => {
    const server = new ServerDouble();
    await server.importMachines(3);
    server.forgetAll = () => {};
    const clock = new VirtualClock(0);
    const director = new Director(walkPlan(), server.host, clock);
    onTestFinished(() => director.close());
    const guest = new TourGuest(director, () => ({
      columns: 120,
      rows: 40,
      address: '',
      slow: false,
      notesScreens: 0,
      theme: 'dark' as const,
    }));
    const press = async (key: string) => {
      await clock.advance(1_000);
      guest.key(key);
      for (let turn = 0; turn < 5; turn += 1) await settle();
    };
    for (let presses = 0; presses < 4; presses += 1) await press('space');
    await press('space');
    expect(guest.view().status).toMatchObject({ tone: 'busy', text: expect.stringMatching(/^waiting for run /) });
    server.reach('machine-1', 'repave-image');
    for (let turn = 0; turn < 5; turn += 1) await settle();
    expect(guest.view().status).toMatchObject({ tone: 'ok', text: expect.stringMatching(/has come to repave-image$/) });
    await press('s');
    expect(guest.view().status).toEqual({ tone: 'warn', text: 'there is nothing to leave out' });
  });
});
