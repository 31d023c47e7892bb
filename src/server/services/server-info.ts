import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { MACHINE_PHASES } from '../../core/domain/machine.ts';
import { RUN_PHASES } from '../../core/domain/run.ts';
import type { Millis } from '../../core/domain/time.ts';
import { MAX_LINE_BYTES } from '../../core/engine/log-line.ts';
import { phaseToWire } from '../../wire/convert/machine.ts';
import { runPhaseToWire } from '../../wire/convert/run.ts';
import { timestampOf } from '../../wire/convert/time.ts';
import type { ServerService } from '../../wire/gen/baremetal/v1/server_service_pb.ts';
import { GetCountsResponseSchema, GetServerInfoResponseSchema } from '../../wire/gen/baremetal/v1/server_service_pb.ts';
import type { Handlers } from '../interceptors/call.ts';
import type { LogRing } from '../log-ring.ts';
import type { ServiceContext } from './context.ts';
import { MAX_PAGE_SIZE, readFilter } from './lists.ts';
import { watchServerLog } from './server-log.ts';

/** What a server says about itself. */
export interface AboutServer {
  readonly version: string;
  readonly instance: string;
  readonly startedAt: Millis;
  readonly maxRuns: number;
  readonly maxRequestBytes: number;
  readonly maxBatchSize: number;
  readonly maxLogLines: number;
  /** The methods that can be called, as `baremetal.v1.RunService/StartRun`. */
  readonly methods: readonly string[];
  /** The providers that only play hardware. */
  readonly simulated: ReadonlySet<string>;
  /** How many runs this server carries out at this moment. */
  readonly activeRuns: () => number;
  readonly ring: LogRing;
}

/** About the server itself. */
export function serverService(context: ServiceContext, about: AboutServer): Handlers<typeof ServerService> {
  const { store, clock, providers, recovering } = context;
  return {
    async getServerInfo(_, call) {
      const { servers, schemaVersion, degraded, lagMs } = await store.health();
      return create(GetServerInfoResponseSchema, {
        version: about.version,
        api: 'baremetal.v1',
        instance: about.instance,
        store: {
          kind: store.kind,
          durable: store.kind !== 'memory',
          schemaVersion,
          degraded,
          ...(lagMs > 0 ? { eventLag: durationFromMs(lagMs) } : {}),
        },
        providers: [...providers.values()].map((provider) => ({
          name: provider.name,
          capabilities: Object.keys(provider.drivers),
          simulated: about.simulated.has(provider.name),
        })),
        time: timestampOf(clock.now()),
        startedAt: timestampOf(about.startedAt),
        limits: {
          maxRuns: about.maxRuns,
          maxPageSize: MAX_PAGE_SIZE,
          maxBatchSize: about.maxBatchSize,
          maxRequestBytes: about.maxRequestBytes,
          maxLogLineBytes: MAX_LINE_BYTES,
          maxLogLines: about.maxLogLines,
          earliestEvent: timestampOf(await store.earliest()),
        },
        caller: { ...call.caller, allowedMethods: [...about.methods] },
        demo: [...providers.keys()].every((name) => about.simulated.has(name)),
        servers,
        recoveringRuns: await recovering.count(),
      });
    },

    async getCounts({ filter }) {
      const { machines, attention, runs } = await store.counts(readFilter(filter, 'machine'));
      const { scopes, places } = await store.queue();
      const waiting = [...places.values()].filter(([first]) => first?.scope === 'server').length;
      return create(GetCountsResponseSchema, {
        machines: Object.values(machines).reduce((sum, count) => sum + count, 0),
        machinesByState: present(MACHINE_PHASES, machines).map(([state, count]) => ({
          state: phaseToWire(state),
          count,
        })),
        attention,
        runsByPhase: present(RUN_PHASES, runs).map(([phase, count]) => ({
          phase: runPhaseToWire(phase),
          count,
        })),
        scopes: [
          { scope: 'server', limit: about.maxRuns, used: about.activeRuns(), waiting },
          ...scopes.map(({ scope, most, used, waiting: queued }) => ({ scope, limit: most, used, waiting: queued })),
        ],
      });
    },

    watchServerLog: (request, { signal }) => watchServerLog(about.ring, request, signal),
  };
}

/** The counts of words that there is something of, in the order of the words. */
function present<Word extends string>(
  words: readonly Word[],
  counts: Readonly<Record<string, number>>,
): readonly (readonly [Word, number])[] {
  return words.map((word) => [word, counts[word] ?? 0] as const).filter(([, count]) => count > 0);
}
