import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../client/client.ts';
import type { Card } from '../../tour/cards.ts';
import { cardOf } from '../../tour/cards.ts';
import type { Director, TourMoment } from '../../tour/director/director.ts';
import type { Pace, Stage } from '../../tour/director/state.ts';
import { beatAt, chapterOf, countOf } from '../../tour/director/state.ts';
import { claimsOf, commandOf, notesOf } from '../../tour/director/telling.ts';
import { phaseOf } from '../../tour/room/view.ts';
import { spokenMs } from '../../tour/script/words.ts';
import { wrap } from '../../tui/format/cells.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import { followRun } from '../follow/follow-run.ts';
import type { Io } from '../output/io.ts';
import { LiveLines } from '../output/live.ts';
import type { Paint } from '../output/paint.ts';
import { cardLines } from './card-lines.ts';

/** The widest that a text is set, in cells. */
const TEXT_WIDTH = 88;

/** What a transcript needs. */
export interface TranscriptParts {
  readonly director: Director;
  readonly io: Io;
  readonly paint: Paint;
  /** How long each beat is shown. */
  readonly pace: Pace;
  /** A client of the tour's server, for the logs. */
  readonly connect: (address: string) => Client;
  readonly signal: AbortSignal;
}

/** Plays a tour as plain text, beat by beat, and answers whether every chapter did what it says. */
export class Transcript {
  readonly #parts: TranscriptParts;
  readonly #live: LiveLines;
  readonly #width: number;
  readonly #told = new Map<string, string>();
  readonly #followed = new Map<string, Promise<unknown>>();
  #client: Client | null = null;
  #chapter = -1;
  #card: Card['kind'] | null = null;

  constructor(parts: TranscriptParts) {
    this.#parts = parts;
    this.#live = new LiveLines(parts.io, parts.io.out);
    this.#width = Math.min(TEXT_WIDTH, parts.io.out.columns());
  }

  /** Plays it to its end, or to the first failure. */
  async play(): Promise<boolean> {
    const { director } = this.#parts;
    const unsubscribe = director.subscribe(() => this.#tellPhases());
    try {
      for (;;) {
        const moment = await this.#until('ready', 'shown', 'done', 'failed', 'ended');
        if (moment.state.stage === 'ended') return true;
        if (moment.state.stage === 'failed') return await this.#fail(moment);
        await this.#beat(moment);
      }
    } finally {
      unsubscribe();
      this.#client?.close();
    }
  }

  /** Tells where the tour stands, and goes on. */
  async #beat(moment: TourMoment): Promise<void> {
    const { director } = this.#parts;
    const { stage } = moment.state;
    if (stage === 'ready') {
      await this.#line(this.#parts.paint('strong', moment.plan.script.title));
      director.command({ name: 'next' }, false);
      return;
    }
    const beat = beatAt(moment.plan.script, moment.state.place);
    if (stage === 'shown' || beat.command === null) await this.#say(moment);
    if (stage === 'shown') {
      await this.#rest(moment);
      director.command({ name: 'next' }, false);
      await this.#line(this.#parts.paint('strong', `$ ${commandOf(director.moment)}`));
      director.command({ name: 'next' }, false);
      const after = await this.#until('done', 'failed');
      await this.#outcome(after);
      return;
    }
    if (beat.command === null) {
      await this.#claims(moment);
      await this.#showCard(moment);
      await this.#rest(moment);
    }
    director.command({ name: 'next' }, false);
  }

  /** What came of a command, and the log of the run that it started. */
  async #outcome(moment: TourMoment): Promise<void> {
    const { state, plan } = moment;
    if (state.told !== '') await this.#line(`  ${state.told}`);
    this.#follow(moment);
    if (state.stage === 'failed') return;
    await this.#claims(moment);
    await this.#showCard(moment);
    const last = beatAt(plan.script, state.place).command?.kind === 'stop';
    if (last) await this.#line();
  }

  async #claims(moment: TourMoment): Promise<void> {
    await this.#logsOfEnded(moment);
    for (const claim of claimsOf(moment)) await this.#line(this.#parts.paint('ok', `  ✓ ${claim}`));
  }

  async #say(moment: TourMoment): Promise<void> {
    const { paint } = this.#parts;
    const chapter = chapterOf(moment.state);
    if (chapter !== this.#chapter) {
      this.#chapter = chapter;
      this.#card = null;
      const { script } = moment.plan;
      const count = countOf(script, chapter);
      const title = script.chapters[chapter]?.title ?? '';
      await this.#line();
      await this.#line(paint('strong', `== ${count === '' ? '' : `${count} · `}${title}`));
      if (moment.state.orders.length > 0) {
        await this.#line(paint('muted', '  putting the room in order:'));
        for (const { text } of moment.state.orders) await this.#line(paint('muted', `  $ ${text}`));
      }
    }
    await this.#line();
    for (const line of wrap(notesOf(moment).say, this.#width, 100)) await this.#line(line);
  }

  /** A card that stays over several beats is told once. */
  async #showCard(moment: TourMoment): Promise<void> {
    const card = cardOf(moment);
    if (card === null || card.kind === this.#card) return;
    this.#card = card.kind;
    for (const line of cardLines(card, Number.POSITIVE_INFINITY, this.#parts.paint)) await this.#line(`  ${line}`);
  }

  /** Follows the run that the present beat has started, unless it is one for the background. */
  #follow({ plan, state, facts, server }: TourMoment): void {
    const { command } = beatAt(plan.script, state.place);
    if (command?.kind !== 'start' || command.detach || server === '') return;
    const run = facts.named.get(`${state.place.part}/${command.as}`)?.answer;
    if (run === undefined || run === null || this.#followed.has(run.runId)) return;
    this.#client ??= this.#parts.connect(server);
    this.#followed.set(run.runId, this.#tellRun(this.#client, run));
  }

  async #tellRun(client: Client, run: Run): Promise<void> {
    const { paint, signal } = this.#parts;
    // Whatever is wrong with the server or the run, the director tells it.
    await followRun({ client, signal, onState: () => {} }, run, this.#live, paint).catch(() => undefined);
  }

  /** The log of a run that has ended comes before what is said of its end. */
  async #logsOfEnded({ view }: TourMoment): Promise<void> {
    for (const [runId, told] of this.#followed) {
      const phase = view.runs.get(runId)?.finishedAt;
      if (phase !== undefined) await told;
    }
  }

  /** Tells the phases that the machines of the walk pass. */
  #tellPhases(): void {
    const { plan, view, machineOf } = this.#parts.director.moment;
    for (const role of Object.keys(plan.script.roles)) {
      const machine = view.machines.get(machineOf(role));
      if (machine === undefined) continue;
      const phase = phaseOf(machine);
      const known = this.#told.get(machine.machineId);
      this.#told.set(machine.machineId, phase);
      if (known !== undefined && known !== phase) void this.#line(`  ${machine.machineId} is ${phase}`);
    }
  }

  async #fail(moment: TourMoment): Promise<boolean> {
    await this.#logsOfEnded(moment);
    await this.#line(this.#parts.paint('error', `  ✗ ${moment.state.failure?.sentence ?? 'it did not work'}`));
    return false;
  }

  async #rest({ plan, state }: TourMoment): Promise<void> {
    const { pace, signal } = this.#parts;
    const ms = pace.kind === 'fixed' ? pace.ms : spokenMs(beatAt(plan.script, state.place).say);
    if (ms > 0) await sleep(ms, undefined, { signal });
  }

  /** Resolves once the tour is at one of these stages. @throws the signal's reason */
  #until(...stages: readonly Stage[]): Promise<TourMoment> {
    const { director, signal } = this.#parts;
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        unsubscribe();
        signal.removeEventListener('abort', abort);
        finish();
      };
      const abort = () => settle(() => reject(signal.reason));
      const check = () => {
        const { moment } = director;
        if (stages.includes(moment.state.stage)) settle(() => resolve(moment));
      };
      const unsubscribe = director.subscribe(check);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      else check();
    });
  }

  #line(text = ''): Promise<void> {
    return this.#live.line(text);
  }
}
