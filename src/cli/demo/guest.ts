import type { Director, TourMoment } from '../../tour/director/director.ts';
import { commandOfKey, offeredKeys } from '../../tour/director/keys.ts';
import { beatAt } from '../../tour/director/state.ts';
import { claimsOf, commandOf, headingOf } from '../../tour/director/telling.ts';
import type { ConsoleGuest, GuestView } from '../../tui/tour/guest.ts';
import type { Room } from './guest-card.ts';
import { guestCard } from './guest-card.ts';

/** Keys that the console keeps whoever has the keyboard: they concern the terminal, not the tour. */
const TERMINAL_KEYS: ReadonlySet<string> = new Set(['ctrl-l', 'ctrl-z']);

/** A tour as the guest of a console. */
export class TourGuest implements ConsoleGuest {
  readonly #director: Director;
  readonly #room: () => Room;
  readonly #listeners = new Set<() => void>();
  /** Why the last key did nothing, and where the tour stood then: it is not said any more where it has gone on. */
  #refusal = { text: '', at: '' };
  #view: GuestView;

  /** @param room the place where the talk is given, as it is now */
  constructor(director: Director, room: () => Room) {
    this.#director = director;
    this.#room = room;
    this.#view = this.#make();
    director.subscribe(() => this.refresh());
  }

  get ended(): Promise<void> {
    return this.#director.ended;
  }

  view(): GuestView {
    return this.#view;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  key(key: string): boolean {
    if (TERMINAL_KEYS.has(key)) return false;
    const { state } = this.#director.moment;
    const command = commandOfKey(key, state);
    if (command === undefined) return state.owner === 'tour';
    const text = this.#director.command(command);
    this.#refusal = { text, at: standingOf(this.#director.moment) };
    this.refresh();
    return true;
  }

  /** Draws anew what concerns the room. */
  refresh(): void {
    this.#view = this.#make();
    for (const listener of [...this.#listeners]) listener();
  }

  #make(): GuestView {
    const { moment } = this.#director;
    const { state, plan, machineOf } = moment;
    const { show } = beatAt(plan.script, state.place);
    const { count, title } = headingOf(moment);
    const isReady = state.stage === 'ready';
    return {
      owner: state.owner === 'tour' ? 'guest' : 'console',
      badge: badgeOf(moment),
      count: isReady ? '' : count,
      title: isReady ? plan.script.title : title,
      // What is only shown with the next press is not to be read before it.
      command: state.stage === 'shown' || isReady ? '' : commandOf(moment),
      status: this.#status(moment),
      keys: offeredKeys(state, plan.ownServer),
      card: guestCard(moment, this.#room()),
      blank: state.blank,
      look: {
        revision: state.shows,
        machineId: show.machine === null ? null : machineOf(show.machine),
        pane: show.pane,
      },
    };
  }

  #status(moment: TourMoment): GuestView['status'] {
    const { state, view, plan } = moment;
    if (state.digits !== '') return { tone: 'accent', text: `${state.digits}… G chapter, o question` };
    if (state.failure !== null) return { tone: 'error', text: state.failure.sentence };
    if (state.stage === 'preparing') return { tone: 'busy', text: 'putting the room in order' };
    if (state.stage === 'running')
      return { tone: 'busy', text: state.awaiting === '' ? '' : `waiting for ${state.awaiting}` };
    if (view.link.kind === 'lost') return { tone: 'warn', text: `the server is away: ${view.link.message}` };
    const { text: refusal, at } = this.#refusal;
    if (refusal !== '' && at === standingOf(moment)) return { tone: 'warn', text: refusal };
    if (state.skipped) return { tone: 'muted', text: 'left out' };
    if (state.stage !== 'done') return { tone: 'muted', text: '' };
    const { command } = beatAt(plan.script, state.place);
    const told = command?.kind === 'stop' ? state.told : (claimsOf(moment)[0] ?? state.told);
    return { tone: 'ok', text: told };
  }
}

function standingOf({ state: { place, stage, work } }: TourMoment): string {
  return `${place.part}.${place.beat} ${stage} ${work}`;
}

function badgeOf({ state }: TourMoment): string {
  if (state.owner === 'console') return 'EXPLORING · Ctrl-T back';
  if (state.paused) return 'TOUR paused';
  return state.auto === null ? 'TOUR' : 'TOUR auto';
}
