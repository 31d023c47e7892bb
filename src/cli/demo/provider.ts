import type { Capability } from '../../core/domain/plan.ts';
import type { Driver, Provider } from '../../core/ports/provider.ts';
import { systemClock } from '../../server/clock.ts';
import type { FakeConfig } from '../../server/config.ts';
import { createFakeProvider } from '../../server/providers/fake/provider.ts';
import type { FakeWorld } from '../../server/providers/fake/world/world.ts';

/** The fake provider of a tour: it can be told to take no time for a while. */
export interface HurryingProvider {
  readonly provider: Provider;
  /** What is begun while it is on takes no time; what was begun before goes on as it was. */
  hurry(on: boolean): void;
}

/** A fake provider over a world, which can be hurried. The faults are the same at either pace. */
export function createHurryingProvider(config: FakeConfig, world: FakeWorld): HurryingProvider {
  const clock = systemClock;
  const usual = createFakeProvider({ ...config, clock, world });
  const quick = createFakeProvider({ ...config, clock, world, factor: Number.POSITIVE_INFINITY });
  let now: Provider = usual;
  const driverOf = (capability: Capability): Driver | undefined => now.drivers[capability];
  const drivers = Object.keys(usual.drivers).map((name) => {
    const capability = name as Capability;
    const driver: Driver = {
      perform: (call) => chosen(driverOf(capability), capability).perform(call),
      probe: (call) => chosen(driverOf(capability), capability).probe(call),
    };
    return [capability, driver] as const;
  });
  return {
    provider: { name: usual.name, drivers: Object.fromEntries(drivers) },
    hurry: (on) => {
      now = on ? quick : usual;
    },
  };
}

function chosen(driver: Driver | undefined, capability: Capability): Driver {
  if (driver === undefined) throw new Error(`the fake provider has no ${capability}`);
  return driver;
}
