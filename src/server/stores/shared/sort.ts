import type { Machine } from '../../../core/domain/machine.ts';
import { MACHINE_PHASES } from '../../../core/domain/machine.ts';
import type { Run } from '../../../core/domain/run.ts';
import type { MachineOrder, PageKey, RunOrder } from '../../../core/ports/store.ts';

/** What a row is sorted by, before its id. */
export type SortValue = PageKey['value'];

/** What machines are sorted by; phases in the order of a machine's life. */
export const MACHINE_SORT: Readonly<Record<MachineOrder, (machine: Machine) => SortValue>> = {
  machine_id: (machine) => machine.id,
  phase: (machine) => MACHINE_PHASES.indexOf(machine.phase),
  rack: (machine) => machine.spec.rack,
  updated_at: (machine) => machine.updatedAt,
};

/** What runs are sorted by; a run that has not ended comes after all that have. */
export const RUN_SORT: Readonly<Record<RunOrder, (run: Run) => SortValue>> = {
  created_at: (run) => run.createdAt,
  finished_at: (run) => run.finishedAt,
  machine_id: (run) => run.machineId,
};

/** Compares two places in a list, ascending: by value, null last, then by id. */
export function comparePlaces(aValue: SortValue, aId: string, bValue: SortValue, bId: string): number {
  return compareValues(aValue, bValue) || compareText(aId, bId);
}

function compareValues(a: SortValue, b: SortValue): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return compareText(String(a), String(b));
}

/** Compares by code point, as databases do for UTF-8 bytes; `<` compares UTF-16, which puts U+FF21 after U+1F600. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
