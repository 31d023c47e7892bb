import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Machine } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { MachineSchema, MachineStatus_Phase as Phase } from '../../wire/gen/baremetal/v1/machine_pb.ts';
import { facetsOf } from './facets.ts';
import { setFilter } from './filtering.ts';
import { longestOf } from './machine-tally.ts';
import type { MachineChange } from './machines.ts';
import { markAll } from './marking.ts';
import { compareNatural } from './sorted-ids.ts';
import type { ConsoleState } from './state.ts';
import { initialState } from './state.ts';
import type { StreamNews } from './update.ts';
import { showView, takeNews } from './update.ts';
import type { MatchChange } from './view.ts';
import { lookAt, SORT_COLUMNS, withSort } from './view.ts';

// Some of them count the same, as m-1 and m-01 do.
const machineId = fc.oneof(
  fc.integer({ min: 0, max: 60 }).map((n) => `m-${n}`),
  fc.integer({ min: 0, max: 3 }).map((n) => `m-0${n}`),
);

const machine = fc
  .record({
    machineId,
    rack: fc.constantFrom('', 'r1', 'r01', 'r10', 'rack of 架'),
    cluster: fc.constantFrom('', 'prod-a', 'prod-b'),
    phase: fc.constantFrom(Phase.PROVISIONING, Phase.READY, Phase.IN_SERVICE),
    effectiveState: fc.constantFrom(Phase.PROVISIONING, Phase.IN_SERVICE),
    activeRunId: fc.constantFrom('', 'run'),
    stoppingRunId: fc.constantFrom('', '', '', 'run'),
    since: fc.integer({ min: 0, max: 4_000 }),
    intervention: fc.constantFrom(undefined, false, true),
  })
  .map(({ machineId: id, rack, cluster, since, intervention, ...status }) =>
    create(MachineSchema, {
      machineId: id,
      spec: { rack, targetCluster: { clusterId: cluster } },
      status: {
        ...status,
        phaseSince: timestampFromMs(since),
        conditions: intervention === undefined ? [] : [{ type: 'NeedsIntervention', status: intervention }],
      },
    }),
  );

const machineChange: fc.Arbitrary<MachineChange> = fc.oneof(
  { weight: 30, arbitrary: machine.map((one) => ({ kind: 'present' as const, machine: one })) },
  { weight: 6, arbitrary: machineId.map((id) => ({ kind: 'gone' as const, machineId: id })) },
  { weight: 2, arbitrary: fc.constant({ kind: 'loaded' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reset' as const }) },
);

const matchChange: fc.Arbitrary<MatchChange> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constantFrom('in', 'out'), machineId }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'reset' as const }, { kind: 'whole' as const }) },
);

const silent: StreamNews = { machines: [], matches: [], runs: [], log: [], logEnded: false };

interface Turn {
  readonly told: readonly MachineChange[];
  readonly apply: (state: ConsoleState) => ConsoleState;
}

function news(machines: readonly MachineChange[], matches: readonly MatchChange[]): Turn {
  return { told: machines, apply: (state) => takeNews(state, { ...silent, machines, matches }) };
}

const turn: fc.Arbitrary<Turn> = fc
  .oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(fc.array(machineChange, { maxLength: 6 }), fc.array(matchChange, { maxLength: 3 })),
    },
    { weight: 2, arbitrary: fc.tuple(fc.array(machineChange, { maxLength: 60 }), fc.array(matchChange)) },
  )
  .map(([machines, matches]) => news(machines, matches));

const choice: fc.Arbitrary<Turn> = fc
  .oneof(
    fc
      .constantFrom(...SORT_COLUMNS)
      .map((column) => (state: ConsoleState) => showView(state, withSort(state.view, column))),
    fc
      .constantFrom('', 'r1', 'prod-a', 'needs', 'rack=r1')
      .map((text) => (state: ConsoleState) => setFilter(state, text)),
    fc.constant(markAll),
  )
  .map((apply) => ({ told: [], apply }));

/** What all that was told comes to, by the plain way. */
function told(machines: Map<string, Machine>, changes: readonly MachineChange[]): void {
  for (const change of changes) {
    if (change.kind === 'reset') machines.clear();
    else if (change.kind === 'present') machines.set(change.machine.machineId, change.machine);
    else if (change.kind === 'gone') machines.delete(change.machineId);
  }
}

function countsOf(machines: readonly Machine[]) {
  const attention = machines.filter(
    ({ status }) =>
      status?.stoppingRunId !== '' || status.conditions.some((one) => one.type === 'NeedsIntervention' && one.status),
  );
  return {
    total: machines.length,
    inService: machines.filter(({ status }) => status?.effectiveState === Phase.IN_SERVICE).length,
    busy: machines.filter(({ status }) => status?.activeRunId !== '').length,
    attention: attention.length,
  };
}

function facetCounts(machines: ReadonlyMap<string, Machine>): readonly (readonly [string, number])[] {
  const all = [...machines.values()];
  const having = (word: string, has: (one: Machine) => boolean) => [word, all.filter(has).length] as const;
  return [
    having('READY', ({ status }) => status?.phase === Phase.READY),
    having('PROVISIONING', ({ status }) => status?.phase === Phase.PROVISIONING),
    having('IN_SERVICE', ({ status }) => status?.phase === Phase.IN_SERVICE),
    having('busy', ({ status }) => status?.effectiveState === Phase.PROVISIONING),
    having('needs intervention', ({ status }) => status?.conditions.some((one) => one.status) === true),
  ].filter(([, count]) => count > 0);
}

const size = { columns: 120, rows: 40 };
const settings = { theme: 'dark', ascii: false, readOnly: false, readOnlyBy: '', keyNames: new Map() } as const;
const unknown = initialState({ label: '', attached: true, size, settings, now: 0 });
const empty = news([{ kind: 'loaded' }], []).apply(unknown);

test('what is kept by what changes is what looking at everything anew makes, whatever is told, filtered and sorted', () => {
  const turns = fc.array(fc.oneof({ weight: 4, arbitrary: turn }, { weight: 1, arbitrary: choice }), { maxLength: 25 });
  fc.assert(
    fc.property(turns, (all) => {
      let state = empty;
      const machines = new Map<string, Machine>();
      for (const { told: changes, apply } of all) {
        state = apply(state);
        told(machines, changes);
        const { byId, ids, tally } = state.machines;
        expect(new Map(byId)).toEqual(machines);
        expect(ids).toEqual([...machines.keys()].sort(compareNatural));
        expect(tally.counts).toEqual(countsOf([...machines.values()]));
        expect(facetsOf(state.machines).map(({ label, count }) => [label, count])).toEqual(facetCounts(machines));
        const longest = (textOf: (one: Machine) => string, cells = (text: string) => text.length) =>
          Math.max(0, ...Array.from(machines.values(), (one) => cells(textOf(one))));
        const rackCells = (text: string) => (text.includes('架') ? text.length + 1 : text.length);
        expect(longestOf(tally)).toEqual({
          id: longest((one) => one.machineId),
          rack: longest(({ spec }) => spec?.rack ?? '', rackCells),
          cluster: longest(({ spec }) => spec?.targetCluster?.clusterId ?? ''),
        });
        expect(state.view.ids).toEqual(lookAt({ ...state.view, ids: [] }, state.machines).ids);
        if (state.machines.loaded) {
          if (!state.view.asking) expect(state.selection.id).toBe(state.view.ids[state.selection.row] ?? '');
          for (const id of state.marks.ids) expect(machines.has(id)).toBe(true);
        }
      }
    }),
  );
});

test('the cursor stays on its machine while the filter is asked about anew, and goes on where that matches no longer', () => {
  const present = ['a', 'b', 'c'].map(
    (id) => ({ kind: 'present', machine: create(MachineSchema, { machineId: id }) }) as const,
  );
  const matches = (...ids: string[]) => ids.map((id) => ({ kind: 'in', machineId: id }) as const);
  const whole = { kind: 'whole' } as const;
  const filtered = setFilter(news(present, []).apply(empty), 'rack=r1');
  const asked = news([], [...matches('a', 'b', 'c'), whole]).apply(filtered);
  const onB = { ...asked, selection: { ...asked.selection, id: 'b', row: 1 } };
  const anew = news([], [{ kind: 'reset' }, ...matches('a')]).apply(onB);
  expect([anew.view.ids, anew.selection.id]).toEqual([['a'], 'b']);
  expect(news([], [...matches('b'), whole]).apply(anew).selection.id).toBe('b');
  expect(news([], [...matches('c'), whole]).apply(anew).selection.id).toBe('c');
});

test('marks of machines that are not there any more go once all is known again, and not before', () => {
  const present = ['a', 'b'].map(
    (id) => ({ kind: 'present', machine: create(MachineSchema, { machineId: id }) }) as const,
  );
  const marked = markAll(news(present, []).apply(empty));
  const beginning = news([{ kind: 'reset' }, ...present.slice(0, 1)], []).apply(marked);
  expect([...beginning.marks.ids]).toEqual(['a', 'b']);
  expect([...news([{ kind: 'loaded' }], []).apply(beginning).marks.ids]).toEqual(['a']);
});
