import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import type { Plan } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Run } from '../../wire/gen/baremetal/v1/run_pb.ts';
import type { ImportedFile } from '../host.ts';
import type { StartOrder } from './start-order.ts';

/** Two answers to one request, as they came. */
export interface AnswerPair {
  readonly requestId: string;
  readonly first: Run;
  readonly second: Run;
}

/** A run that the walk started, under the name that it gave it. */
export interface NamedRun {
  readonly order: StartOrder;
  /** The answer as it came; null: it was lost, and whether there is a run is not known. */
  readonly answer: Run | null;
}

/** What the answers of the server have told; cards are filled from it. */
export interface Facts {
  readonly machines: readonly Machine[] | null;
  readonly plans: readonly Plan[] | null;
  readonly history: readonly Run[] | null;
  readonly answers: AnswerPair | null;
  /** What became of the file that was imported last. */
  readonly imported: (ImportedFile & { readonly file: string }) | null;
  /** What the server keeps its state in, as it says itself; empty: it was not asked. */
  readonly store: string;
  /** By `PART/NAME`. */
  readonly named: ReadonlyMap<string, NamedRun>;
  /** The runs that were started together, last. */
  readonly many: readonly string[];
}

/** Nothing was answered yet. */
export const NO_FACTS: Facts = {
  machines: null,
  plans: null,
  history: null,
  answers: null,
  imported: null,
  store: '',
  named: new Map(),
  many: [],
};

/** The run ids of a part, by the names that the script gave them. */
export function runsOf({ named }: Facts, part: number): ReadonlyMap<string, string> {
  const runs = new Map<string, string>();
  for (const [key, { answer }] of named) {
    const [of, name = ''] = key.split('/');
    if (Number(of) === part && answer !== null) runs.set(name, answer.runId);
  }
  return runs;
}

/** The facts without what an earlier visit to the part has started. */
export function forgetPart(facts: Facts, part: number): Facts {
  const named = new Map([...facts.named].filter(([key]) => !key.startsWith(`${part}/`)));
  return { ...facts, named, answers: null, imported: null, many: [] };
}
