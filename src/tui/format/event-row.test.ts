import { expect, it } from 'vitest';
import { eventMessage } from './event-row.ts';

it.each([
  ['RMA accepted: plan/rma on machine-2', 'bad DIMM', 'RMA accepted: plan/rma on machine-2 (bad DIMM)'],
  ['machine machine-2 was retired: end of lease', 'end of lease', 'machine machine-2 was retired: end of lease'],
  ['canceled by bob in drain: too late; left undone: eject', 'too late', undefined],
  ['machine machine-2 registered', '', undefined],
  ['REBOOT accepted: plan/reboot on machine-2', '2', 'REBOOT accepted: plan/reboot on machine-2 (2)'],
])('an event tells why once: %s, %s', (message, reason, told) => {
  expect(eventMessage({ message, reason })).toBe(told ?? message);
});
