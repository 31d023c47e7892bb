import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate.ts';
import { runOf } from '../aggregate.ts';
import type { ConditionType } from '../condition.ts';
import { findCondition } from '../condition.ts';
import type { Machine, MachinePhase } from '../machine.ts';
import { etagOf, identitiesOf, MACHINE_PHASES } from '../machine.ts';
import { isRefusal } from '../refusal.ts';
import {
  accepted,
  aMachine,
  anAggregate,
  announced,
  applied,
  asked,
  begun,
  builtIn,
  conditions,
  DONE,
  machineOf,
  theRun,
  trueConditions,
} from '../testing.ts';
import { decideOutcome } from './attempt.ts';
import { decideCancel } from './cancel-run.ts';
import type { Repair } from './repair.ts';
import { decideRepair } from './repair.ts';

const RUN = 'run0000000000001';
const REPLACEMENT = { serial: 'SN-0002', macAddresses: ['02:00:00:00:00:02'], bmcAddress: '198.51.100.2' };
const BASE = { requestId: 'request-2', reason: 'bad fan' };

const ENTER: Repair = { ...BASE, method: 'EnterMaintenance' };
const EXIT: Repair = { ...BASE, method: 'ExitMaintenance' };
const RESOLVE: Repair = { ...BASE, method: 'ResolveIntervention', releaseStuck: false };
const RELEASE: Repair = { ...BASE, method: 'ResolveIntervention', releaseStuck: true };
const COMPLETE: Repair = { ...BASE, method: 'CompleteRma', replacement: REPLACEMENT };
const RETIRE: Repair = { ...BASE, method: 'RetireMachine' };
const DELETE: Repair = { ...BASE, method: 'DeleteMachine' };
const ALL = [ENTER, EXIT, RESOLVE, RELEASE, COMPLETE, RETIRE, DELETE];

function inPhase(phase: MachinePhase, ...types: readonly ConditionType[]): Aggregate {
  return anAggregate(aMachine({ phase, conditions: conditions(...types) }));
}

/** The aggregate after a repair that is carried out. */
function repaired(aggregate: Aggregate, command: Repair): Aggregate {
  const decision = decideRepair(aggregate, command);
  if (isRefusal(decision)) throw new Error(decision.message);
  if (decision.kind === 'existing') throw new Error('known before');
  return asked(applied(aggregate, decision), decision.request);
}

/** The reason for which a repair is refused, or what it answers. */
function answer(aggregate: Aggregate, command: Repair): string {
  const decision = decideRepair(aggregate, command);
  return isRefusal(decision) ? `${decision.code} ${decision.reason}` : decision.kind;
}

function refusalOf(aggregate: Aggregate, command: Repair): string {
  const decision = decideRepair(aggregate, command);
  return isRefusal(decision) ? decision.message : 'not refused';
}

const busy = accepted(builtIn('repave-join'));
const calling = announced(begun(accepted(builtIn('reboot'))));
const held = applied(calling, decideCancel(calling, { runId: RUN, by: 'bob', reason: '' }));

describe('every repair', () => {
  it.each(ALL)('$method of an unknown machine: NOT_FOUND', (command) => {
    expect(answer(anAggregate(null), command)).toBe('NOT_FOUND MACHINE_NOT_FOUND');
  });

  it.each(ALL)('$method of a busy machine: refused, naming the run', (command) => {
    expect(answer(busy, command)).toBe('FAILED_PRECONDITION MACHINE_BUSY');
    expect(refusalOf(busy, command)).toContain(RUN);
  });

  it.each([ENTER, EXIT, COMPLETE, RETIRE, DELETE])('$method of a held machine: refused', (command) => {
    expect(answer(held, command)).toBe('FAILED_PRECONDITION STOPPING');
  });

  const GOOD: readonly (readonly [Repair, Aggregate])[] = [
    [ENTER, inPhase('READY')],
    [EXIT, inPhase('MAINTENANCE', 'OperatorMaintenance')],
    [RESOLVE, inPhase('MAINTENANCE', 'NeedsIntervention')],
    [RELEASE, held],
    [COMPLETE, inPhase('RMA', 'RMA')],
    [RETIRE, inPhase('MAINTENANCE')],
    [DELETE, inPhase('RETIRED', 'Retired')],
  ];

  it.each(GOOD)('$method again with the same request id: the same, and no event', (command, aggregate) => {
    const first = repaired(aggregate, command);
    expect(first.request).toMatchObject({ requestId: 'request-2', method: command.method, runId: null });
    expect(decideRepair(first, { ...command, reason: 'told otherwise' })).toEqual({ kind: 'existing' });
  });

  it.each(GOOD)('$method with the request id of another method: ALREADY_EXISTS', (command, aggregate) => {
    const other = command.method === 'EnterMaintenance' ? 'RetireMachine' : 'EnterMaintenance';
    const known = { requestId: 'request-2', method: other, fingerprint: '{}', runId: null } as const;
    expect(answer(asked(aggregate, known), command)).toBe('ALREADY_EXISTS REQUEST_ID_REUSED');
  });

  it.each(GOOD)('$method tells what happened and why', (command, aggregate) => {
    const decision = decideRepair(aggregate, command);
    if (isRefusal(decision) || decision.kind === 'existing') throw new Error('not carried out');
    const last = decision.events.at(-1);
    expect(last?.message).toMatch(/^machine machine-1 \w.*: bad fan$/);
  });

  it('with other content under a known request id: ALREADY_EXISTS, naming what differs', () => {
    const first = repaired(held, RELEASE);
    expect(refusalOf(first, RESOLVE)).toContain('release_stuck was true, is false');
    const replaced = repaired(inPhase('RMA', 'RMA'), COMPLETE);
    const other: Repair = { ...BASE, method: 'CompleteRma', replacement: { ...REPLACEMENT, macAddresses: [] } };
    expect(refusalOf(replaced, other)).toContain('mac_addresses.0 was "02:00:00:00:00:02", is not given');
  });
});

/** What each repair answers in each state that a machine can be in, row by row as engine.md has it. */
const ANSWERS = {
  ok: 'decision',
  phase: 'FAILED_PRECONDITION WRONG_PHASE',
  needs: 'FAILED_PRECONDITION NEEDS_INTERVENTION',
  busy: 'FAILED_PRECONDITION MACHINE_BUSY',
  held: 'FAILED_PRECONDITION STOPPING',
} as const;

const resolved = asked(repaired(held, RESOLVE), null);
const FAILED_ONE = ['NeedsIntervention'] as const;
const CANCELED_ONE = ['NeedsIntervention', 'OperationCanceled'] as const;
// biome-ignore format: it is read as a table
const STATES: readonly (readonly [string, Aggregate, string])[] = [
  //                                                                              enter exit  resolve release complete retire delete
  ['FACTORY_READY', inPhase('FACTORY_READY'), '                                   ok    phase phase   phase   phase    ok     ok   '],
  ['FACTORY_READY, marked', inPhase('FACTORY_READY', 'OperatorMaintenance'), '    ok    ok    phase   phase   phase    ok     ok   '],
  ['FACTORY_READY, canceled before its RMA', inPhase('FACTORY_READY', 'OperationCanceled'), ' ok  phase ok      ok      phase    ok     ok   '],
  ['READY', inPhase('READY', 'Provisioned'), '                                    ok    phase phase   phase   phase    ok     phase'],
  ['IN_SERVICE', inPhase('IN_SERVICE', 'Provisioned', 'InCustomerCluster'), '     ok    phase phase   phase   phase    ok     phase'],
  ['PROVISIONING', busy, '                                                        busy  busy  busy    busy    busy     busy   busy '],
  ['PROVISIONING, in mid-call', calling, '                                        busy  busy  busy    busy    busy     busy   busy '],
  ['MAINTENANCE', inPhase('MAINTENANCE'), '                                       ok    ok    phase   phase   phase    ok     phase'],
  ['MAINTENANCE, marked', inPhase('MAINTENANCE', 'OperatorMaintenance'), '        ok    ok    phase   phase   phase    ok     phase'],
  ['MAINTENANCE, failed', inPhase('MAINTENANCE', ...FAILED_ONE), '                ok    needs ok      ok      phase    ok     phase'],
  ['MAINTENANCE, canceled', inPhase('MAINTENANCE', ...CANCELED_ONE), '            ok    needs ok      ok      phase    ok     phase'],
  ['MAINTENANCE, held', held, '                                                   held  held  ok      ok      held     held   held '],
  ['MAINTENANCE, held and resolved', resolved, '                                  held  held  held    ok      held     held   held '],
  ['RMA', inPhase('RMA', 'RMA', 'Provisioned'), '                                 phase phase phase   phase   ok       ok     phase'],
  ['RMA, failed before', inPhase('RMA', 'RMA', ...FAILED_ONE), '                  phase phase phase   phase   ok       ok     phase'],
  ['RETIRED', inPhase('RETIRED', 'Retired'), '                                    phase phase phase   phase   phase    phase  ok   '],
  ['RETIRED, failed before', inPhase('RETIRED', 'Retired', ...FAILED_ONE), '      phase phase phase   phase   phase    phase  ok   '],
];

describe.each(STATES)('a machine that is %s', (_, aggregate, row) => {
  const answers = row.trim().split(/\s+/) as (keyof typeof ANSWERS)[];
  it.each(ALL.map((command, column) => [command, answers[column] ?? 'none'] as const))(
    '%j: %s',
    (command, expected) => {
      const asking = { ...command, requestId: 'request-9' };
      expect(answer(aggregate, asking)).toBe(ANSWERS[expected as keyof typeof ANSWERS]);
      if (expected === 'ok') return;
      expect(refusalOf(aggregate, asking)).toMatch(/^machine machine-1 (is|needs) .{10,}$/);
    },
  );

  it('has an answer for every repair', () => expect(answers).toHaveLength(ALL.length));
});

it('every phase is in the table', () => {
  expect(new Set(STATES.map(([name]) => name.split(',')[0]))).toEqual(new Set(MACHINE_PHASES));
});

describe('EnterMaintenance', () => {
  it('makes MAINTENANCE with OperatorMaintenance and its reason; conditions are kept', () => {
    const machine = machineOf(repaired(inPhase('IN_SERVICE', 'Provisioned', 'InCustomerCluster'), ENTER));
    expect(machine.phase).toBe('MAINTENANCE');
    expect(trueConditions(machine)).toEqual(['InCustomerCluster', 'OperatorMaintenance', 'Provisioned']);
    expect(findCondition(machine.conditions, 'OperatorMaintenance')).toMatchObject({
      reason: 'EnterMaintenance',
      message: 'bad fan',
    });
  });

  it('marks a machine as well that is in MAINTENANCE because a run failed', () => {
    const machine = machineOf(repaired(inPhase('MAINTENANCE', 'NeedsIntervention'), ENTER));
    expect(trueConditions(machine)).toEqual(['NeedsIntervention', 'OperatorMaintenance']);
  });
});

describe('ExitMaintenance', () => {
  it.each<[MachinePhase, readonly ConditionType[]]>([
    ['IN_SERVICE', ['Provisioned', 'InCustomerCluster']],
    ['READY', ['Provisioned']],
    ['FACTORY_READY', []],
  ])('leads to %s, where the conditions are %j', (phase, having) => {
    const machine = machineOf(repaired(inPhase('MAINTENANCE', 'OperatorMaintenance', ...having), EXIT));
    expect(machine.phase).toBe(phase);
    expect(trueConditions(machine)).toEqual([...having].sort());
  });

  it('is refused while the machine needs intervention', () => {
    expect(answer(inPhase('MAINTENANCE', 'OperatorMaintenance', 'NeedsIntervention'), EXIT)).toBe(
      'FAILED_PRECONDITION NEEDS_INTERVENTION',
    );
  });

  it('takes the mark of a machine that came back from RMA with it: no mark is without a way out', () => {
    const back = repaired(inPhase('RMA', 'RMA', 'OperatorMaintenance'), COMPLETE);
    expect(trueConditions(machineOf(back))).toEqual(['OperatorMaintenance']);
    const machine = machineOf(repaired(asked(back, null), { ...EXIT, requestId: 'request-3' }));
    expect(machine.phase).toBe('FACTORY_READY');
    expect(trueConditions(machine)).toEqual([]);
  });

  it.each(['RMA', 'RETIRED'] as const)('is no way out of %s, marked or not', (phase) => {
    expect(answer(inPhase(phase, 'OperatorMaintenance'), EXIT)).toBe('FAILED_PRECONDITION WRONG_PHASE');
  });
});

describe('ResolveIntervention', () => {
  it('clears what needed intervention; MAINTENANCE stays', () => {
    const machine = machineOf(
      repaired(inPhase('MAINTENANCE', 'NeedsIntervention', 'OperationCanceled', 'Provisioned'), RESOLVE),
    );
    expect(machine.phase).toBe('MAINTENANCE');
    expect(trueConditions(machine)).toEqual(['Provisioned']);
  });

  it.each([RESOLVE, RELEASE])('is refused where there is nothing to resolve (%j)', (command) => {
    expect(answer(inPhase('MAINTENANCE', 'OperatorMaintenance'), command)).toBe('FAILED_PRECONDITION WRONG_PHASE');
  });

  it('of a held machine clears the conditions, and the hold stays', () => {
    const machine = machineOf(repaired(held, RESOLVE));
    expect(trueConditions(machine)).toEqual([]);
    expect(machine.stoppingRunId).toBe(RUN);
    expect(decideRepair(held, RESOLVE)).toMatchObject({ releasedRunId: null });
  });

  it('of a held machine that is resolved already says how to free it', () => {
    const resolved = asked(repaired(held, RESOLVE), null);
    expect(answer(resolved, { ...RESOLVE, requestId: 'request-3' })).toBe('FAILED_PRECONDITION STOPPING');
    expect(refusalOf(resolved, { ...RESOLVE, requestId: 'request-3' })).toContain('release_stuck');
    const free = repaired(resolved, { ...RELEASE, requestId: 'request-3' });
    expect(machineOf(free).stoppingRunId).toBeNull();
  });

  it('with release_stuck frees the machine as well, and names the run whose fence has to be raised', () => {
    expect(decideRepair(held, RELEASE)).toMatchObject({ releasedRunId: RUN });
    const free = repaired(held, RELEASE);
    expect(machineOf(free)).toMatchObject({ phase: 'MAINTENANCE', stoppingRunId: null, activeRunId: null });
    expect(trueConditions(machineOf(free))).toEqual([]);
    expect(theRun(free)).toMatchObject({ phase: 'CANCELED', stopping: false });
    expect(decideOutcome(free, { runId: RUN, fence: 1, outcome: DONE }, 0).events).toEqual([]);
  });

  it('with release_stuck does not say that the call has returned: nobody knows', () => {
    const decision = decideRepair(held, RELEASE);
    if (isRefusal(decision) || decision.kind === 'existing') throw new Error('not carried out');
    const [stopped, freed] = decision.events;
    expect([stopped?.kind, freed?.kind]).toEqual(['STOPPED', 'CALL_STOPPED']);
    for (const event of [stopped, freed]) expect(event?.message).toContain('was released by hand');
  });

  it('with release_stuck of a machine that is not held only resolves', () => {
    const aggregate = inPhase('MAINTENANCE', 'NeedsIntervention');
    expect(decideRepair(aggregate, RELEASE)).toMatchObject({ releasedRunId: null });
    expect(trueConditions(machineOf(repaired(aggregate, RELEASE)))).toEqual([]);
  });
});

describe('CompleteRma', () => {
  const waiting = inPhase('RMA', 'RMA', 'Provisioned', 'NeedsIntervention');

  it('puts the new hardware under the old name, FACTORY_READY', () => {
    const machine = machineOf(repaired(waiting, COMPLETE));
    expect(machine.phase).toBe('FACTORY_READY');
    expect(trueConditions(machine)).toEqual([]);
    expect(machine.spec).toMatchObject({ ...REPLACEMENT, rack: 'r1', provider: 'fake' });
    expect(identitiesOf(machine).map((identity) => identity.value)).toEqual([
      '02:00:00:00:00:02',
      'SN-0002',
      '198.51.100.2',
    ]);
  });

  it('leaves as before what is not given', () => {
    const before = machineOf(waiting);
    const only: Repair = {
      ...BASE,
      method: 'CompleteRma',
      replacement: { serial: 'SN-0002', macAddresses: [], bmcAddress: '' },
    };
    const machine = machineOf(repaired(waiting, only));
    expect(machine.spec).toEqual({ ...before.spec, serial: 'SN-0002' });
    expect(etagOf(machine)).not.toBe(etagOf(before));
  });

  it('with the hardware as before leaves the etag as before', () => {
    const nothing = { serial: '', macAddresses: [], bmcAddress: '' };
    const machine = machineOf(repaired(waiting, { ...BASE, method: 'CompleteRma', replacement: nothing }));
    expect(machine.phase).toBe('FACTORY_READY');
    expect(etagOf(machine)).toBe(etagOf(machineOf(waiting)));
  });
});

describe('RetireMachine', () => {
  it('is the end: RETIRED, and its identities are free', () => {
    const machine = machineOf(repaired(inPhase('IN_SERVICE', 'InCustomerCluster'), RETIRE));
    expect(machine.phase).toBe('RETIRED');
    expect(findCondition(machine.conditions, 'Retired')).toMatchObject({ status: true, message: 'bad fan' });
    expect(identitiesOf(machine)).toEqual([]);
  });
});

describe('DeleteMachine', () => {
  it('forgets the machine; its request id still answers', () => {
    const gone = repaired(inPhase('FACTORY_READY'), DELETE);
    expect(gone.machine).toBeNull();
    expect(decideRepair(gone, DELETE)).toEqual({ kind: 'existing' });
    expect(answer(asked(gone, null), DELETE)).toBe('NOT_FOUND MACHINE_NOT_FOUND');
  });

  it('leaves the runs that there were', () => {
    const resolved = asked(repaired(held, RELEASE), null);
    const retired = asked(repaired(resolved, { ...RETIRE, requestId: 'request-3' }), null);
    const gone = repaired(retired, { ...DELETE, requestId: 'request-4' });
    expect(runOf(gone, RUN)?.run.phase).toBe('CANCELED');
  });

  it.each<Machine['phase']>(['READY', 'IN_SERVICE', 'MAINTENANCE', 'RMA'])('of a machine in %s says how', (phase) => {
    expect(refusalOf(inPhase(phase), DELETE)).toBe(
      `machine machine-1 is ${phase}: it can be deleted only when RETIRED or FACTORY_READY`,
    );
  });
});

describe('a machine that its source does not have any more', () => {
  const owned = (source: string) => anAggregate(aMachine({ phase: 'READY', ...(source === '' ? {} : { source }) }));
  const FOR_CMDB: Repair = { ...BASE, method: 'RetireMachine', source: 'cmdb' };

  it('is retired by the source that owns it, and by that one alone', () => {
    expect(answer(owned('cmdb'), FOR_CMDB)).toBe('decision');
    expect(answer(owned('lab'), FOR_CMDB)).toBe('FAILED_PRECONDITION SOURCE_TAKEN');
    expect(refusalOf(owned('lab'), FOR_CMDB)).toBe('machine machine-1 belongs to source lab, and not to cmdb');
    expect(refusalOf(owned(''), FOR_CMDB)).toBe('machine machine-1 belongs to no source, and not to cmdb');
    expect(answer(owned('lab'), RETIRE)).toBe('decision');
  });

  it('is retired once by the same request, and not by it once more without the source', () => {
    const first = repaired(owned('cmdb'), FOR_CMDB);
    expect(decideRepair(first, FOR_CMDB)).toEqual({ kind: 'existing' });
    expect(refusalOf(first, RETIRE)).toContain('source was "cmdb"');
  });
});
