import { CallRecorder } from '../client/call-record.ts';
import type { Client } from '../client/client.ts';
import type { ConnectionState } from '../client/connection.ts';
import type { StreamSettings } from '../client/resume.ts';
import type { ConsoleBackend, LinkState } from './backend.ts';

/** Registering machines; who has the program's commands has it. */
export type Imports = Pick<ConsoleBackend, 'importDemoMachines' | 'previewFile' | 'importFile'>;

/**
 * The console's view of a client.
 *
 * @param client one that waits for its server (`waitForServer`): a console outlives the server's absence
 */
export function backendOf(client: Client, imports: Imports): ConsoleBackend {
  const { address, user, encrypted } = client;
  return {
    encrypted,
    onLatency: (listener) => client.connection.onLatency(listener),
    ping: async (signal) => void (await client.connection.ping(signal)),
    // A client that keeps no calls has none to show.
    wire: { log: client.calls ?? new CallRecorder(), target: { address, user, ...(encrypted ? { tls: {} } : {}) } },
    onLink: (listener) => {
      listener(linkOf(client.connection.state, client.connection.reached));
      return client.connection.subscribe((state) => listener(linkOf(state, client.connection.reached)));
    },
    serverInfo: (signal) => client.server.getServerInfo({}, { signal }),
    countMachines: async (filter, signal) => (await client.server.getCounts({ filter }, { signal })).machines,
    listPlans: (signal) => Array.fromAsync(client.listPlans({ signal })),
    latestRun: async (machineId, signal) => {
      const request = { filter: `machine_id=${machineId}`, pageSize: 1 };
      return (await client.runs.listRuns(request, { signal })).runs[0];
    },
    watchMachines: (filter, signal, onRestart) => client.watchMachines({ filter }, telling(signal, onRestart)),
    listRuns: (query, signal) => client.runs.listRuns({ ...query }, { signal }),
    getRun: (runId, signal) => client.runs.getRun({ runId }, { signal }),
    watchRuns: (filter, signal, onRestart) => client.watchRuns({ filter }, telling(signal, onRestart)),
    listEvents: (query, signal) => client.events.listEvents({ ...query, orderBy: 'ts desc' }, { signal }),
    watchEvents: (filter, afterCursor, signal, onRestart) =>
      client.watchEvents({ filter, afterCursor }, telling(signal, onRestart)),
    watchServerLog: (tail, signal) => client.watchServerLog({ tail }, { signal }),
    followLog: (runId, signal) => client.followLogs({ runId }, { signal }),
    previewRun: ({ previewToken: _, ...order }, signal) => client.runs.previewRun(order, { signal }),
    retryNow: (runId, signal) => client.runs.retryNow({ runId }, { signal }),
    startRun: (order, signal) => client.runs.startRun({ ...order }, { signal }),
    cancelRun: (runId, reason, signal) => client.runs.cancelRun({ runId, reason }, { signal }),
    repair: ({ what, machineId, requestId }, { reason = '', serial = '', macs = '', bmc = '' }, signal) => {
      const said = { machineId, requestId, reason };
      const { machines } = client;
      switch (what) {
        case 'enter-maintenance':
          return machines.enterMaintenance(said, { signal });
        case 'exit-maintenance':
          return machines.exitMaintenance(said, { signal });
        case 'resolve':
        case 'release-stuck':
          return machines.resolveIntervention({ ...said, releaseStuck: what === 'release-stuck' }, { signal });
        case 'complete-rma': {
          const macAddresses = macs.split(/[\s,;]+/).filter((mac) => mac !== '');
          return machines.completeRma({ ...said, serial, macAddresses, bmcAddress: bmc }, { signal });
        }
      }
    },
    ...imports,
  };
}

function linkOf(state: ConnectionState, reached: boolean): LinkState {
  switch (state.kind) {
    case 'connecting':
      return { kind: 'connecting' };
    case 'connected':
      return { kind: 'connected' };
    case 'lost':
      return { kind: 'lost', message: state.error.message, retryAt: state.retryAt, reached };
    case 'closed':
      return { kind: 'connecting' };
  }
}

/** Tells of each beginning of a watch but the first. */
function telling(signal: AbortSignal, onRestart: () => void): StreamSettings {
  return { signal, onState: (state) => state.kind === 'restarted' && onRestart() };
}
