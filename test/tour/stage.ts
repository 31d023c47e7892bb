import { onTestFinished } from 'vitest';
import { TourFolder } from '../../src/cli/demo/folder.ts';
import { ownHost } from '../../src/cli/demo/host.ts';
import { TourServer } from '../../src/cli/demo/tour-server.ts';
import type { Settings } from '../../src/cli/settings/resolve.ts';
import { parseAddress } from '../../src/client/address.ts';
import type { Client } from '../../src/client/client.ts';
import { connect } from '../../src/client/client.ts';
import { systemClock } from '../../src/tour/clock.ts';
import type { TourMoment } from '../../src/tour/director/director.ts';
import { Director } from '../../src/tour/director/director.ts';
import type { TourCommand } from '../../src/tour/director/input.ts';
import type { TourPlan } from '../../src/tour/director/state.ts';
import { faultsOf } from '../../src/tour/script/references.ts';
import { builtInTalk } from '../../src/tour/script/talk.ts';

/** Settings of nobody, but for the speed and a quiet log. */
const SETTINGS = {
  given: () => undefined,
  value: (name: string) => ({ speed: 20, 'log-level': 'fatal' })[name],
} as unknown as Settings;

/** The talk on a server of its own, driven by a test that never presses too quickly. */
export class TalkStage {
  readonly director: Director;
  readonly #server: TourServer;
  #client: Client | null = null;

  constructor(changes: Partial<TourPlan> = {}) {
    const script = builtInTalk();
    const folder = new TourFolder();
    this.#server = new TourServer({
      settings: SETTINGS,
      listen: '127.0.0.1:0',
      slow: false,
      faults: faultsOf(script),
      logOut: null,
      folder,
    });
    const plan = {
      script,
      minutes: 10,
      from: 0,
      auto: null,
      ownServer: true,
      loop: false,
      recording: false,
      ...changes,
    };
    this.director = new Director(plan, ownHost(this.#server, { user: 'presenter', folder }), systemClock);
    onTestFinished(async () => {
      this.#client?.close();
      await this.director.close();
      await this.#server.stop();
      folder.remove();
    });
  }

  /** A client of its own, as somebody else would have one. */
  get client(): Client {
    this.#client ??= connect({ address: parseAddress(this.director.moment.server), user: 'explorer' });
    return this.#client;
  }

  command(command: TourCommand): void {
    this.director.command(command, false);
  }

  /** Resolves with the first moment that is as asked for; a failure of the tour is one of the test. */
  until(isSo: (moment: TourMoment) => boolean): Promise<TourMoment> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const { moment } = this.director;
        const { failure } = moment.state;
        if (failure === null && !isSo(moment)) return;
        unsubscribe();
        if (failure === null) resolve(moment);
        else reject(new Error(failure.sentence));
      };
      const unsubscribe = this.director.subscribe(check);
      check();
    });
  }

  /** Plays the chapter of that number to the end of its last beat. */
  async playChapter(number: number): Promise<TourMoment> {
    for (;;) {
      const moment = await this.until(({ state: { stage } }) => ['ready', 'shown', 'armed', 'done'].includes(stage));
      const { place, stage } = moment.state;
      const last = place.beat + 1 === moment.plan.script.chapters[number]?.beats.length;
      if (place.part === number && stage === 'done' && last) return moment;
      this.command({ name: 'next' });
    }
  }

  /** Opens the question of that number from the closing card, and plays it to the end of its last beat. */
  async playQuestion(number: number): Promise<TourMoment> {
    this.command({ name: 'question', number });
    const part = builtInTalk().chapters.length + number - 1;
    for (;;) {
      const moment = await this.until(({ state: { place, stage } }) => {
        return place.part === part && ['shown', 'armed', 'done'].includes(stage);
      });
      const { place, stage } = moment.state;
      const last = place.beat + 1 === moment.plan.script.questions[number - 1]?.beats.length;
      if (stage === 'done' && last) return moment;
      this.command({ name: 'next' });
    }
  }
}
