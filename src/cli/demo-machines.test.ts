import { describe, expect, it } from 'vitest';
import { demoMachine, MAX_DEMO_MACHINES } from './demo-machines.ts';
import { mapLimited } from './map-limited.ts';

describe('demo machines', () => {
  const all = Array.from({ length: MAX_DEMO_MACHINES }, (_, index) => demoMachine(index + 1));

  it('are the same each time', () => {
    expect(demoMachine(7)).toEqual(demoMachine(7));
    expect(demoMachine(1)).toMatchObject({
      machineId: 'machine-1',
      spec: { provider: 'fake', rack: 'r1', targetCluster: { clusterId: 'prod-a' } },
    });
  });

  it.each([
    ['id', (machine: (typeof all)[number]) => machine.machineId],
    ['serial number', (machine: (typeof all)[number]) => machine.spec?.serial],
    ['MAC address', (machine: (typeof all)[number]) => machine.spec?.macAddresses?.[0]],
    ['BMC address', (machine: (typeof all)[number]) => machine.spec?.bmcAddress],
  ])('share no %s', (_name, read) => {
    expect(new Set(all.map(read)).size).toBe(MAX_DEMO_MACHINES);
  });

  it('have addresses that are addresses', () => {
    const last = all.at(-1)?.spec;
    expect(last?.macAddresses?.[0]).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(last?.bmcAddress?.split('.').every((part) => Number(part) <= 255)).toBe(true);
  });

  it('stand in more than one rack, twenty in each', () => {
    const racks = Map.groupBy(all.slice(0, 80), (machine) => machine.spec?.rack ?? '');
    expect([...racks].map(([rack, machines]) => [rack, machines.length])).toEqual([
      ['r1', 20],
      ['r2', 20],
      ['r3', 20],
      ['r4', 20],
    ]);
  });
});

describe('mapLimited', () => {
  it('keeps the order, and no more than the limit under way', async () => {
    let underWay = 0;
    let most = 0;
    const doubled = await mapLimited([5, 1, 4, 2, 3], 2, async (number) => {
      underWay += 1;
      most = Math.max(most, underWay);
      for (let turn = 0; turn < number; turn += 1) await Promise.resolve();
      underWay -= 1;
      return number * 2;
    });
    expect(doubled).toEqual([10, 2, 8, 4, 6]);
    expect(most).toBe(2);
  });

  it('begins nothing more after a failure', async () => {
    const begun: number[] = [];
    const failing = mapLimited([1, 2, 3, 4], 1, async (number) => {
      begun.push(number);
      if (number === 2) throw new Error('two');
    });
    await expect(failing).rejects.toThrow('two');
    expect(begun).toEqual([1, 2]);
  });
});
