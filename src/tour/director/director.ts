import type { TourClock } from '../clock.ts';
import { failureOf } from '../failure.ts';
import type { TourHost } from '../host.ts';
import type { Facts } from '../perform/facts.ts';
import { runsOf } from '../perform/facts.ts';
import { Performer } from '../perform/performer.ts';
import type { Preparing } from '../prepare/prepare.ts';
import { putInOrder } from '../prepare/prepare.ts';
import { Room } from '../room/room.ts';
import type { Scene } from '../room/verdict.ts';
import { verdictOn } from '../room/verdict.ts';
import type { RoomView } from '../room/view.ts';
import type { Condition } from '../script/script.ts';
import { autoPressAt } from './auto.ts';
import { decide } from './decide.ts';
import type { TourCommand, TourEffect, TourInput } from './input.ts';
import { bindRoles } from './roles.ts';
import type { Order, TourPlan, TourState } from './state.ts';
import { beatAt, initialState, partsOf } from './state.ts';

/** Everything that is to be known of a tour at one moment. */
export interface TourMoment {
  readonly plan: TourPlan;
  readonly state: TourState;
  readonly facts: Facts;
  readonly view: RoomView;
  /** The machine of a role. */
  readonly machineOf: (role: string) => string;
  /** Where the server listens; empty: there is none. */
  readonly server: string;
  /** What conditions of the present part are looked at in. */
  readonly scene: Scene;
}

/** Plays a script: takes commands, carries out what comes of them, and tells of every change. */
export class Director {
  readonly #plan: TourPlan;
  readonly #host: TourHost;
  readonly #clock: TourClock;
  readonly #room: Room;
  readonly #performer: Performer;
  readonly #listeners = new Set<() => void>();
  readonly #ended = Promise.withResolvers<void>();
  #state: TourState;
  #roles: ReadonlyMap<string, string>;
  /** What is being done now. */
  #doing = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #cancelPress: () => void = () => {};
  #pressDueAt: number | null = null;

  constructor(plan: TourPlan, host: TourHost, clock: TourClock) {
    this.#plan = plan;
    this.#host = host;
    this.#clock = clock;
    this.#room = new Room(clock);
    this.#performer = new Performer(host, this.#room, plan.script.files);
    this.#roles = bindRoles(plan.script.roles, this.#room.view);
    this.#state = initialState(plan, clock.now());
    this.#room.subscribe(() => this.#tell());
    this.#keepTime();
  }

  /** How it stands now. */
  get moment(): TourMoment {
    return {
      plan: this.#plan,
      state: this.#state,
      facts: this.#performer.facts,
      view: this.#room.view,
      machineOf: this.#machineOf,
      server: this.#performer.hasServer ? this.#performer.client.address.label : '',
      scene: this.#scene(this.#room.view.epoch),
    };
  }

  /** Resolves when the tour is over. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Calls `listener` after every change, until the function that it answers is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes a command; answers why it was not taken, as a sentence, empty if it was.
   *
   * @param pressed false where no person pressed a key, so that commands in quick succession all count
   */
  command(command: TourCommand, pressed = true): string {
    return this.#take({ kind: 'command', command, pressed });
  }

  /** Ends everything; the server is its host's to stop. */
  async close(): Promise<void> {
    this.#cancelPress();
    this.#doing.abort();
    await this.#done;
    this.#room.close();
    this.#performer.close();
    this.#listeners.clear();
    this.#ended.resolve();
  }

  readonly #machineOf = (role: string): string => this.#roles.get(role) ?? role;

  #take(input: TourInput): string {
    const { state, effects, refusal } = decide(this.#plan, this.#state, input, this.#clock.now());
    this.#state = state;
    for (const effect of effects) this.#begin(effect);
    this.#keepTime();
    this.#tell();
    return refusal;
  }

  #begin(effect: TourEffect): void {
    this.#doing.abort();
    if (effect.kind === 'end') {
      this.#ended.resolve();
      return;
    }
    if (effect.kind === 'give-up') return;
    const doing = new AbortController();
    this.#doing = doing;
    const before = this.#done;
    this.#done = (async () => {
      // What was given up has let go of everything before something new begins.
      await before;
      if (doing.signal.aborted) return;
      try {
        await this.#do(effect, doing.signal);
      } catch (error) {
        if (!doing.signal.aborted) this.#take({ kind: 'failed', work: effect.work, failure: failureOf(error) });
      }
    })();
  }

  async #do(effect: Exclude<TourEffect, { kind: 'give-up' | 'end' }>, signal: AbortSignal): Promise<void> {
    const { work } = effect;
    switch (effect.kind) {
      case 'restart':
        await this.#performer.restartServer('memory', signal);
        await this.#prepare(effect.part, work, signal);
        return;
      case 'prepare':
        await this.#prepare(effect.part, work, signal);
        return;
      case 'perform': {
        const { place } = this.#state;
        const { command } = beatAt(this.#plan.script, place);
        if (command === null) return;
        // Whoever explored may have left the machine in any state since the chapter was entered.
        if (command.kind === 'start' && effect.request === 'new') {
          const needs = partsOf(this.#plan.script)[place.part]?.needs ?? [];
          await this.#putInOrder(
            needs.filter((need) => concerns(need, command.machine)),
            work,
            signal,
          );
        }
        const told = await this.#performer.perform(command, place.part, this.#machineOf, effect.request, signal);
        if (signal.aborted) return;
        this.#take({ kind: 'performed', work, told });
        await this.#await(work, signal);
        return;
      }
      case 'await':
        await this.#await(work, signal);
    }
  }

  async #prepare(part: number, work: number, signal: AbortSignal): Promise<void> {
    this.#roles = bindRoles(this.#plan.script.roles, this.#room.view);
    if (!this.#state.touched && this.#state.place.beat === 0) this.#performer.forget(part);
    await this.#putInOrder(partsOf(this.#plan.script)[part]?.needs ?? [], work, signal);
    if (!signal.aborted) this.#take({ kind: 'prepared', work });
  }

  async #putInOrder(needs: readonly Condition[], work: number, signal: AbortSignal): Promise<void> {
    const preparing: Preparing = {
      room: this.#room,
      performer: this.#performer,
      host: this.#host,
      scene: () => this.#scene(this.#room.view.epoch),
      onOrders: (orders: readonly Order[]) => void this.#take({ kind: 'ordered', work, orders }),
      signal,
    };
    await putInOrder(needs, preparing);
  }

  /** Waits for what the present beat waits for. */
  async #await(work: number, signal: AbortSignal): Promise<void> {
    const { waitFor } = beatAt(this.#plan.script, this.#state.place);
    const { epoch } = this.#room.view;
    let told = '';
    const verdict = await this.#room.until(() => {
      const now = verdictOn(waitFor, this.#scene(epoch));
      if (now.kind !== 'awaited') return now;
      if (now.awaiting !== told) {
        told = now.awaiting;
        this.#take({ kind: 'awaits', work, awaiting: told });
      }
      return null;
    }, signal);
    if (signal.aborted) return;
    if (verdict.kind === 'met') this.#take({ kind: 'met', work });
    else this.#take({ kind: 'failed', work, failure: verdict.failure });
  }

  #scene(epoch: number): Scene {
    const { facts } = this.#performer;
    return {
      view: this.#room.view,
      machineOf: this.#machineOf,
      runs: runsOf(facts, this.#state.place.part),
      many: facts.many,
      plans: (facts.plans ?? []).map(({ planId }) => planId.replace(/^plan\//, '')),
      store: facts.store,
      epoch,
    };
  }

  /** Sets the timer of a tour that plays by itself. */
  #keepTime(): void {
    const at = autoPressAt(this.#plan, this.#state);
    if (at === this.#pressDueAt) return;
    this.#cancelPress();
    this.#pressDueAt = at;
    if (at === null) return;
    this.#cancelPress = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#pressDueAt = null;
      const name = this.#state.stage === 'failed' ? 'restart' : 'next';
      this.#take({ kind: 'command', command: { name }, pressed: false });
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function concerns(need: Condition, role: string): boolean {
  return need.kind === 'machine' && need.role === role;
}
