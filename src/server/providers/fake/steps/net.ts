import { addressOf } from '../names.ts';
import { notThere, type Procedure, type Scene } from '../procedure.ts';

/** Applies network settings; a setting that is not given stays as it is. */
export function netProcedure({ machine, before }: Scene, settings: Readonly<Record<string, string>>): Procedure {
  const given = Object.entries(settings);
  const told =
    given.length === 0 ? 'no settings given, keeping those in place' : given.map(([k, v]) => `${k} ${v}`).join(', ');
  return {
    unit: 'stages',
    stages: [
      {
        note: 'writing the configuration',
        share: 40,
        lines: [
          `ssh: connected to ${addressOf(machine)}`,
          ...given.map(([name, value]) => `netplan: eno1: ${name}: ${value}`),
          'netplan: generate: /run/systemd/network/10-netplan-eno1.network',
        ],
      },
      {
        note: 'applying it',
        share: 60,
        lines: [
          'netplan: apply, rolls back in 120 s unless confirmed',
          'networkctl: eno1: routable (configured)',
          'netplan: confirmed',
        ],
        effect: { network: { ...before.network, ...settings } },
      },
    ],
    lacks: ({ network }) => {
      const wrong = given.find(([name, value]) => network[name] !== value);
      return wrong === undefined ? null : notThere(`${wrong[0]} is "${network[wrong[0]] ?? ''}", not "${wrong[1]}"`);
    },
    done: told,
    usualFailure: { code: 'NET_ROLLED_BACK', message: 'netplan: no contact after apply, rolled back' },
  };
}
