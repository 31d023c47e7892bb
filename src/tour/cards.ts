import type { Machine } from '../wire/gen/baremetal/v1/machine_pb.ts';
import type { Plan } from '../wire/gen/baremetal/v1/plan_pb.ts';
import type { Run } from '../wire/gen/baremetal/v1/run_pb.ts';
import type { TourMoment } from './director/director.ts';
import type { Order } from './director/state.ts';
import { beatAt } from './director/state.ts';
import type { ImportedFile } from './host.ts';
import type { Facts } from './perform/facts.ts';
import { phaseOf } from './room/view.ts';
import type { MachinePhaseName, Script } from './script/script.ts';

/** What lies over the console, filled from real answers. */
export type Card =
  | { readonly kind: 'title'; readonly title: string; readonly chapters: readonly string[] }
  /** The room is being put in order by these commands. */
  | { readonly kind: 'orders'; readonly orders: readonly Order[] }
  | { readonly kind: 'plans'; readonly plans: readonly Plan[] }
  | { readonly kind: 'phases'; readonly phases: readonly PhaseMeaning[] }
  | { readonly kind: 'answers'; readonly requestId: string; readonly first: Run; readonly second: Run }
  | { readonly kind: 'history'; readonly runs: readonly Run[] }
  /** A file of the walk, and what became of its machines once it was imported. */
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly lines: readonly string[];
      readonly imported: ImportedFile | null;
    }
  | { readonly kind: 'closing'; readonly summary: readonly string[]; readonly questions: readonly string[] };

/** What a phase means, and which machines are in it. */
export interface PhaseMeaning {
  readonly phase: MachinePhaseName;
  readonly meaning: string;
  readonly machines: readonly string[];
}

const MEANINGS: readonly (readonly [MachinePhaseName, string])[] = [
  ['FACTORY_READY', 'registered, never provisioned'],
  ['PROVISIONING', 'a run is at work on it'],
  ['READY', 'has an operating system, is in no cluster'],
  ['IN_SERVICE', 'in its cluster and at work'],
  ['MAINTENANCE', 'out of service: by a person, a failure or a cancel'],
  ['RMA', 'waits for new hardware'],
];

/** The card that a tour shows now; null: none. A card of answers comes when the answers have come. */
export function cardOf({ plan, state, facts, view }: TourMoment): Card | null {
  const { script } = plan;
  if (state.stage === 'preparing') return state.orders.length > 0 ? { kind: 'orders', orders: state.orders } : null;
  if (state.stage === 'ready') return null;
  const { command, show } = beatAt(script, state.place);
  const { card } = show;
  switch (card) {
    case null:
      return null;
    case 'title':
      return { kind: 'title', title: script.title, chapters: script.chapters.map(({ title }) => title) };
    case 'plans':
      return facts.plans === null ? null : { kind: 'plans', plans: facts.plans };
    case 'phases':
      return facts.machines === null ? null : { kind: 'phases', phases: phasesOf([...view.machines.values()]) };
    case 'answers':
      return facts.answers === null ? null : { kind: 'answers', ...facts.answers };
    case 'history':
      return facts.history === null ? null : { kind: 'history', runs: facts.history };
    case 'file':
      return command === null || !('file' in command) ? null : fileCard(command.file, script, facts);
    case 'closing':
      return {
        kind: 'closing',
        summary: script.summary,
        questions: script.questions.map(({ question }) => question),
      };
  }
}

function fileCard(name: string, { files }: Script, { imported }: Facts): Card {
  const lines = (files[name] ?? '').trimEnd().split('\n');
  return { kind: 'file', name, lines, imported: imported?.file === name ? imported : null };
}

function phasesOf(machines: readonly Machine[]): readonly PhaseMeaning[] {
  return MEANINGS.map(([phase, meaning]) => ({
    phase,
    meaning,
    machines: machines.filter((machine) => phaseOf(machine) === phase).map(({ machineId }) => machineId),
  }));
}
