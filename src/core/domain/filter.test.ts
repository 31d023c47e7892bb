import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONDITION_TYPES } from './condition.ts';
import type { EventView } from './event.ts';
import { EVENT_KINDS } from './event.ts';
import type { Clause, Filter, FilterSubject } from './filter.ts';
import { EVERYTHING, filterFields, MAX_FILTER_LENGTH, matches, parseFilter, pinned } from './filter.ts';
import { MACHINE_PHASES, machineView } from './machine.ts';
import { RUN_PHASES, runView } from './run.ts';
import { accepted, aMachine, aSpec, builtIn, conditions, theRun } from './testing.ts';

function read(text: string, subject: FilterSubject = 'machine'): Filter {
  const filter = parseFilter(text, subject);
  if ('kind' in filter) throw new Error(`column ${filter.column}: ${filter.message}`);
  return filter;
}

function clause(field: string, op: Clause['op'], value: string, key = ''): Clause {
  return { field, key, op, value };
}

const MACHINE = machineView(
  aMachine({
    id: 'machine-1',
    phase: 'IN_SERVICE',
    spec: aSpec({ rack: 'Row 3' }),
    labels: { env: 'prod', 'example.com/team': 'a b' },
    conditions: conditions('Provisioned', 'InCustomerCluster'),
  }),
);
const RUN = runView(theRun(accepted(builtIn('reboot'))));
const EVENT: EventView = {
  machine_id: 'machine-1',
  run_id: 'abc',
  plan_id: 'plan/reboot',
  subject: 'run',
  kind: 'ATTEMPT_FAILED',
  actor: 'engine',
  request_id: '',
  method: '',
  server: 'server-1',
};

describe('reading a filter', () => {
  it.each([
    ['machine_id=machine-1', [clause('machine_id', '=', 'machine-1')]],
    ['machine_id = machine-1', [clause('machine_id', '=', 'machine-1')]],
    ['  machine_id= "machine-1"  ', [clause('machine_id', '=', 'machine-1')]],
    ["rack != 'Row 3'", [clause('rack', '!=', 'Row 3')]],
    ['rack:row', [clause('rack', ':', 'row')]],
    ['rack:*', [clause('rack', ':', '*')]],
    ['rack=""', [clause('rack', '=', '')]],
    ['rack="say \\"hi\\" \\\\"', [clause('rack', '=', 'say "hi" \\')]],
    ['cluster=a=b', [clause('cluster', '=', 'a=b')]],
    ['cluster=arn:aws:eks', [clause('cluster', '=', 'arn:aws:eks')]],
    ['rack="=r1"', [clause('rack', '=', '=r1')]],
    ['phase=in_service', [clause('phase', '=', 'IN_SERVICE')]],
    ['effective_state != RMA', [clause('effective_state', '!=', 'RMA')]],
    ['NeedsIntervention=true', [clause('condition', '=', 'true', 'NeedsIntervention')]],
    ['needsintervention = FALSE', [clause('condition', '=', 'false', 'NeedsIntervention')]],
    ['RMA=true', [clause('condition', '=', 'true', 'RMA')]],
    ['labels.env=prod', [clause('labels', '=', 'prod', 'env')]],
    ['labels.example.com/team:a', [clause('labels', ':', 'a', 'example.com/team')]],
    ['"labels.a:b" = c', [clause('labels', '=', 'c', 'a:b')]],
    [
      'rack=r1 AND phase=READY and provider!=fake',
      [clause('rack', '=', 'r1'), clause('phase', '=', 'READY'), clause('provider', '!=', 'fake')],
    ],
    ['rack=AND AND rack="AND"', [clause('rack', '=', 'AND'), clause('rack', '=', 'AND')]],
  ])('of machines: %s', (text, clauses) => {
    expect(read(text)).toEqual({ clauses });
  });

  it.each([
    ['run_id=abc', [clause('run_id', '=', 'abc')]],
    ['type=net-reconfig', [clause('type', '=', 'NET_RECONFIG')]],
    ['type:net-reconfig', [clause('type', ':', 'NET_RECONFIG')]],
    ['type != custom', [clause('type', '!=', 'CUSTOM')]],
    ['plan_id=reboot', [clause('plan_id', '=', 'plan/reboot')]],
    ['plan_id=plan/reboot', [clause('plan_id', '=', 'plan/reboot')]],
    ['plan_id:join', [clause('plan_id', ':', 'join')]],
    ['phase=running', [clause('phase', '=', 'RUNNING')]],
    ['phase:*', [clause('phase', ':', '*')]],
    ['phase:ed', [clause('phase', ':', 'ED')]],
    ['initiated_by=alice AND machine_id=m', [clause('initiated_by', '=', 'alice'), clause('machine_id', '=', 'm')]],
  ])('of runs: %s', (text, clauses) => {
    expect(read(text, 'run')).toEqual({ clauses });
  });

  it.each([
    ['machine_id=m AND run_id=abc', [clause('machine_id', '=', 'm'), clause('run_id', '=', 'abc')]],
    ['kind=run-accepted', [clause('kind', '=', 'RUN_ACCEPTED')]],
    ['kind:attempt', [clause('kind', ':', 'ATTEMPT')]],
    ['subject=Machine', [clause('subject', '=', 'machine')]],
    ['plan_id!=rma', [clause('plan_id', '!=', 'plan/rma')]],
    ['method=RunService/StartRun', [clause('method', '=', 'RunService/StartRun')]],
    ['actor=alice AND request_id:*', [clause('actor', '=', 'alice'), clause('request_id', ':', '*')]],
  ])('of events: %s', (text, clauses) => {
    expect(read(text, 'event')).toEqual({ clauses });
  });

  it('nothing is the filter that everything passes', () => {
    expect(read('')).toEqual(EVERYTHING);
    expect(read(' \t\n ')).toEqual(EVERYTHING);
  });
});

const MACHINE_FIELDS = `machine_id, phase, effective_state, rack, provider, cluster, source, labels.KEY, ${CONDITION_TYPES.join(', ')}`;
const RUN_FIELDS = 'run_id, machine_id, phase, type, plan_id, initiated_by';
const EVENT_FIELDS = 'machine_id, run_id, plan_id, subject, kind, actor, request_id, method, server';
const RUN_TYPES_TOLD = 'REPAVE, RMA, REBOOT, UPGRADE, NET_RECONFIG, CUSTOM';

describe('a mistake in a filter', () => {
  const cases: readonly (readonly [FilterSubject, string, number, string])[] = [
    ['machine', 'colour=red', 1, `unknown field "colour"; known: ${MACHINE_FIELDS}`],
    ['machine', '  run_id=1', 3, `unknown field "run_id"; known: ${MACHINE_FIELDS}`],
    ['machine', 'labels.=x', 1, `unknown field "labels."; known: ${MACHINE_FIELDS}`],
    ['machine', 'toString=x', 1, `unknown field "toString"; known: ${MACHINE_FIELDS}`],
    ['run', 'rack=r1', 1, `unknown field "rack"; known: ${RUN_FIELDS}`],
    ['run', 'Provisioned=true', 1, `unknown field "Provisioned"; known: ${RUN_FIELDS}`],
    ['machine', 'rack', 5, 'expected =, != or : after rack'],
    ['machine', 'rack r1', 6, 'expected =, != or : after rack'],
    ['machine', 'rack "=" r1', 6, 'expected =, != or : after rack'],
    ['machine', 'rack=', 6, 'expected a value after rack ='],
    ['machine', 'rack = ', 8, 'expected a value after rack ='],
    ['machine', 'rack=r1 phase=READY', 9, 'expected AND between two conditions'],
    ['machine', 'rack=r1 OR rack=r2', 9, 'expected AND between two conditions'],
    ['machine', 'rack=r1 "AND" rack=r2', 9, 'expected AND between two conditions'],
    ['machine', 'rack=r1 AND', 12, 'expected a field after AND'],
    ['machine', 'rack="r1', 6, 'cannot read this; is a quote missing its end?'],
    ['machine', 'rack ! r1', 6, 'cannot read this; is a quote missing its end?'],
    ['machine', 'rack==r1', 6, 'a value that begins with = needs quotes'],
    ['machine', 'rack == r1', 7, 'a value that begins with = needs quotes'],
    ['machine', 'rack=!=r1', 6, 'a value that begins with != needs quotes'],
    ['machine', 'rack:=r1', 6, 'a value that begins with = needs quotes'],
    ['machine', 'rack=:r1', 6, 'a value that begins with : needs quotes'],
    ['machine', 'phase=BUSY', 7, `unknown phase "BUSY"; known: ${MACHINE_PHASES.join(', ')}`],
    ['machine', 'phase:BUSY', 7, `no phase has "BUSY" in it; known: ${MACHINE_PHASES.join(', ')}`],
    ['machine', 'effective_state=', 17, 'expected a value after effective_state ='],
    ['machine', 'phase=""', 7, `unknown phase ""; known: ${MACHINE_PHASES.join(', ')}`],
    ['machine', 'Retired=maybe', 9, 'Retired is true or false'],
    ['machine', 'Retired:*', 9, 'Retired is true or false'],
    ['run', 'phase=READY', 7, `unknown phase "READY"; known: ${RUN_PHASES.join(', ')}`],
    ['run', 'type=wipe', 6, `unknown type "wipe"; known: ${RUN_TYPES_TOLD}`],
    ['event', 'phase=READY', 1, `unknown field "phase"; known: ${EVENT_FIELDS}`],
    ['event', 'kind=EXPLODED', 6, `unknown kind "EXPLODED"; known: ${EVENT_KINDS.join(', ')}`],
    ['event', 'subject=rack', 9, 'unknown subject "rack"; known: machine, run, plan'],
    ['run', 'type:wipe', 6, `no type has "wipe" in it; known: ${RUN_TYPES_TOLD}`],
  ];

  it.each(cases)('%s: %s is told at column %i', (subject, text, column, message) => {
    expect(parseFilter(text, subject)).toEqual({ kind: 'fault', column, message });
  });

  it('is a text of more than 2,048 characters', () => {
    const longest = `rack=${'r'.repeat(MAX_FILTER_LENGTH - 5)}`;
    expect(read(longest).clauses).toHaveLength(1);
    expect(parseFilter(`${longest}r`, 'machine')).toEqual({
      kind: 'fault',
      column: MAX_FILTER_LENGTH + 1,
      message: 'longer than 2048 characters',
    });
  });

  it('is told with the fields that there are', () => {
    expect(filterFields('run').join(', ')).toBe(RUN_FIELDS);
    expect(filterFields('machine').join(', ')).toBe(MACHINE_FIELDS);
  });
});

describe('what passes a filter', () => {
  it.each([
    ['', true],
    ['machine_id=machine-1', true],
    ['machine_id=machine-2', false],
    ['machine_id!=machine-2', true],
    ['machine_id!=machine-1', false],
    ['machine_id:CHINE', true],
    ['machine_id:server', false],
    ['rack="Row 3"', true],
    ['rack="row 3"', false],
    ['rack:"row 3"', true],
    ['rack:*', true],
    ['phase=IN_SERVICE AND effective_state=IN_SERVICE', true],
    ['phase=IN_SERVICE AND effective_state=READY', false],
    ['phase:service', true],
    ['cluster=prod-a', true],
    ['provider=fake', true],
    ['labels.env=prod', true],
    ['labels.env!=prod', false],
    ['labels.env:*', true],
    ['labels.tier:*', false],
    ['labels.tier=""', true],
    ['labels.tier!=gold', true],
    ['labels.example.com/team="a b"', true],
    ['Provisioned=true', true],
    ['Provisioned!=true', false],
    ['NeedsIntervention=false', true],
    ['NeedsIntervention:true', false],
    ['labels.constructor:*', false],
    ['labels.constructor:a', false],
    ['labels.toString=""', true],
    ['labels.__proto__=""', true],
  ])('the machine, %s: %s', (text, passes) => {
    expect(matches(read(text), MACHINE)).toBe(passes);
  });

  it.each([
    ['run_id=run0000000000001', true],
    ['run_id:run', true],
    ['machine_id=machine-1 AND phase=PENDING', true],
    ['phase!=PENDING', false],
    ['plan_id=reboot', true],
    ['plan_id:boot', true],
    ['type=CUSTOM', true],
    ['type:cust', true],
    ['initiated_by=bob', false],
  ])('the run, %s: %s', (text, passes) => {
    expect(matches(read(text, 'run'), RUN)).toBe(passes);
  });

  it.each([
    ['machine_id=machine-1 AND run_id=abc', true],
    ['kind=attempt_failed', true],
    ['kind:attempt', true],
    ['kind!=ATTEMPT_FAILED', false],
    ['subject=RUN', true],
    ['subject:mach', false],
    ['plan_id=reboot AND server=server-1', true],
    ['request_id:*', false],
    ['method=""', true],
    ['actor!=engine', false],
  ])('the event, %s: %s', (text, passes) => {
    expect(matches(read(text, 'event'), EVENT)).toBe(passes);
  });

  it('is one row only where an id is pinned with =', () => {
    expect(pinned(read('phase=RUNNING AND run_id=abc', 'run'), 'run_id')).toBe('abc');
    expect(pinned(read('run_id!=abc', 'run'), 'run_id')).toBeNull();
    expect(pinned(read('run_id:abc', 'run'), 'run_id')).toBeNull();
    expect(pinned(EVERYTHING, 'machine_id')).toBeNull();
  });
});

/** One spelling of a filter: everything in quotes. */
function print(filter: Filter): string {
  const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const name = (one: Clause) => {
    if (one.field === 'condition') return one.key;
    return one.field === 'labels' ? quote(`labels.${one.key}`) : one.field;
  };
  return filter.clauses.map((one) => `${name(one)} ${one.op} ${quote(one.value)}`).join(' AND ');
}

const field = fc.constantFrom(
  ...[
    'machine_id',
    'rack',
    'phase',
    'labels.env',
    '"labels.a b"',
    'Retired',
    'run_id',
    'type',
    'plan_id',
    'kind',
    'subject',
    'nothing',
  ],
);
const value = fc.oneof(
  fc.constantFrom('r1', 'READY', 'reboot', 'net-reconfig', 'true', '"a b"', "'it\\'s'", '""', '*', 'é', '\\', '='),
  fc.string({ maxLength: 8 }),
);
const piece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(field, fc.constantFrom('=', '!=', ':', ' = '), value).map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: 'binary' }) },
);
const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(' AND '));
const subject = fc.constantFrom<FilterSubject>('machine', 'run', 'event');

describe('whatever is sent as a filter', () => {
  it('is read or refused at a column that it has, and can then be asked', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary', maxLength: 60 })), subject, (sent, about) => {
        const filter = parseFilter(sent, about);
        if ('kind' in filter) {
          expect(filter.column).toBeGreaterThanOrEqual(1);
          expect(filter.column).toBeLessThanOrEqual(sent.length + 1);
          expect(filter.message).not.toBe('');
        } else {
          expect(typeof matches(filter, { machine: MACHINE, run: RUN, event: EVENT }[about])).toBe('boolean');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('means the same in its canonical spelling', () => {
    let accepted = 0;
    fc.assert(
      fc.property(text, subject, (sent, about) => {
        const filter = parseFilter(sent, about);
        if ('kind' in filter) return;
        accepted += 1;
        expect(parseFilter(print(filter), about)).toEqual(filter);
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
