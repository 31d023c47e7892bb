import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../client/client.ts';
import type { Card } from '../../tour/cards.ts';
import { cardOf } from '../../tour/cards.ts';
import type { Director, TourMoment } from '../../tour/director/director.ts';
import type { Pace, TourState } from '../../tour/director/state.ts';
import { beatAt } from '../../tour/director/state.ts';
import { claimsOf, commandOf, headingOf, notesOf } from '../../tour/director/telling.ts';
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

/** Tells a tour as plain text, beat by beat, and answers whether every chapter did what it says. */
export class Transcript {
  readonly #parts: TranscriptParts;
  readonly #live: LiveLines;
  readonly #width: number;
  readonly #told = new Map<string, string>();
  readonly #followed = new Map<string, Promise<unknown>>();
  #client: Client | null = null;
  #part = -1;
  #card: Card['kind'] | null = null;
  /** The beat whose text was told last. */
  #said = '';
  /** The work whose answer was told last. */
  #answered = 0;

  constructor(parts: TranscriptParts) {
    this.#parts = parts;
    this.#live = new LiveLines(parts.io, parts.io.out);
    this.#width = Math.min(TEXT_WIDTH, parts.io.out.columns());
  }

  /** Plays it to its end, or to the first failure. */
  async play(): Promise<boolean> {
    const { director, pace } = this.#parts;
    const unsubscribe = director.subscribe(() => {
      this.#tellAnswer();
      this.#tellPhases();
      this.#follow(director.moment);
    });
    try {
      for (let last = ''; ; ) {
        const moment = await this.#until(({ state }) => state.stage !== 'preparing' && keyOf(state) !== last);
        last = keyOf(moment.state);
        await this.#tell(moment);
        const { stage } = moment.state;
        if (stage === 'ended') return true;
        if (stage === 'failed') return false;
        if (stage === 'running') continue;
        await this.#rest(moment, pace);
        director.command({ name: 'next' }, false);
      }
    } finally {
      unsubscribe();
      this.#client?.close();
    }
  }

  /** Tells what is new where the tour stands. */
  async #tell(moment: TourMoment): Promise<void> {
    const { paint } = this.#parts;
    const { stage, place } = moment.state;
    if (stage === 'ended') return;
    if (stage === 'ready') return this.#line(paint('strong', moment.plan.script.title));
    const beat = `${place.part}.${place.beat}`;
    if (this.#said !== beat && stage !== 'failed') {
      this.#said = beat;
      await this.#say(moment);
    }
    switch (stage) {
      case 'armed':
        return this.#line(paint('strong', `$ ${commandOf(moment)}`));
      case 'failed':
        return this.#fail(moment);
      case 'done':
        await this.#claims(moment);
        return this.#showCard(moment);
      default:
        return;
    }
  }

  async #claims(moment: TourMoment): Promise<void> {
    await this.#logsOfEnded(moment);
    for (const claim of claimsOf(moment)) await this.#line(this.#parts.paint('ok', `  ✓ ${claim}`));
  }

  async #say(moment: TourMoment): Promise<void> {
    const { paint } = this.#parts;
    const { part } = moment.state.place;
    if (part !== this.#part) {
      this.#part = part;
      this.#card = null;
      const { count, title } = headingOf(moment);
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

  /** Tells what was answered to the command of the present beat, before anything that follows from it. */
  #tellAnswer(): void {
    const { stage, told, work } = this.#parts.director.moment.state;
    if (stage !== 'running' || told === '' || work === this.#answered) return;
    this.#answered = work;
    void this.#line(`  ${told}`);
  }

  /** Follows the run that the present beat has started, unless it is one for the background. */
  #follow({ plan, state, facts, server }: TourMoment): void {
    const { command } = beatAt(plan.script, state.place);
    if (command?.kind !== 'start' || command.detach || server === '' || state.told === '') return;
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
    const { plan, state, view, machineOf } = this.#parts.director.moment;
    // A watch may be quicker than the answer to the command that it tells the outcome of.
    const unanswered = state.stage === 'running' && state.told === '';
    if (unanswered && beatAt(plan.script, state.place).command !== null) return;
    for (const role of Object.keys(plan.script.roles)) {
      const machine = view.machines.get(machineOf(role));
      if (machine === undefined) continue;
      const phase = phaseOf(machine);
      const known = this.#told.get(machine.machineId);
      this.#told.set(machine.machineId, phase);
      if (known !== undefined && known !== phase) void this.#line(`  ${machine.machineId} is ${phase}`);
    }
  }

  async #fail(moment: TourMoment): Promise<void> {
    await this.#logsOfEnded(moment);
    await this.#line(this.#parts.paint('error', `  ✗ ${moment.state.failure?.sentence ?? 'it did not work'}`));
  }

  async #rest({ plan, state }: TourMoment, pace: Pace): Promise<void> {
    if (state.stage === 'armed') return;
    const beat = beatAt(plan.script, state.place);
    // What was said before the command is not waited for once more behind it.
    if (state.stage === 'done' && beat.command !== null) return;
    const ms = pace.kind === 'fixed' ? pace.ms : spokenMs(beat.say);
    if (ms > 0) await sleep(ms, undefined, { signal: this.#parts.signal });
  }

  /** Resolves once the tour is as asked for. @throws the signal's reason */
  #until(isSo: (moment: TourMoment) => boolean): Promise<TourMoment> {
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
        if (isSo(moment)) settle(() => resolve(moment));
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

/** Tells two moments apart at which there is something to tell. */
function keyOf({ place, stage, work, skipped }: TourState): string {
  return `${place.part}.${place.beat} ${stage} ${work} ${skipped}`;
}
