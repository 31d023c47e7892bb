import { describe, expect, it } from 'vitest';
import { newInstanceId, newMachineId, newRunId, randomId } from './ids.ts';

describe('ids', () => {
  it('makes run ids of 16 characters of [0-9a-z], no two alike', () => {
    const ids = Array.from({ length: 1_000 }, newRunId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{16}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('favours no character', () => {
    const counts = new Map<string, number>();
    for (const character of randomId(72_000)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(36);
    // 2,000 each, standard deviation 44: seven of them either way happens once in 10^10 runs.
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(310);
  });

  it('makes machine ids that the contract accepts, and instances that say what they are', () => {
    expect(newMachineId()).toMatch(/^machine-[0-9a-z]{10}$/);
    expect(newInstanceId()).toMatch(/^server-[0-9a-z]{8}$/);
  });
});
