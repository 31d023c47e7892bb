import type { Machine } from '../src/core/domain/machine.ts';
import type { Run } from '../src/core/domain/run.ts';

/** How many rows a store is given. */
export interface Size {
  readonly machines: number;
  readonly runs: number;
}

const idOf = (at: number) => `m${String(at).padStart(6, '0')}`;

/** A machine of a fleet that is large enough for a figure, and whose rows need not have come about. */
export function machineAt(at: number): Machine {
  const phase = at % 5 === 0 ? 'MAINTENANCE' : 'IN_SERVICE';
  const rack = `r${at % 10}`;
  return {
    id: idOf(at),
    spec: {
      provider: 'fake',
      macAddresses: [],
      serial: `S${at}`,
      sshEndpoint: '',
      bmcAddress: '',
      rack,
      bmcCredentialsRef: '',
      model: 'R650',
      targetCluster: { clusterId: 'prod-a', kubeconfigSecretRef: '' },
    },
    labels: {},
    phase,
    conditions: [],
    activeRunId: null,
    stoppingRunId: null,
    lastSeenAt: null,
    createdAt: at,
    updatedAt: at,
    phaseSince: at,
    specRevision: 1,
    revision: 1,
  };
}

/** A run that has ended, without its steps; so many of them share a machine that each has ten. */
export function runAt(at: number, { runs }: Size): Omit<Run, 'steps'> & { readonly steps: readonly [] } {
  const phase = at % 10 === 0 ? 'FAILED' : 'SUCCEEDED';
  return {
    id: `run${String(at).padStart(13, '0')}`,
    machineId: idOf(at % (runs / 10)),
    requestId: `request-${at}`,
    type: 'REPAVE',
    planId: 'plan/repave-join',
    params: {},
    reason: '',
    initiatedBy: 'bench',
    canceledBy: null,
    phase,
    originPhase: 'FACTORY_READY',
    createdAt: at,
    startedAt: at,
    finishedAt: at,
    currentStep: 4,
    steps: [],
    failure: null,
    error: null,
    stopping: false,
    revision: 13,
  };
}
