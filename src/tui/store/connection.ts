import type { GetServerInfoResponse } from '../../wire/gen/baremetal/v1/server_service_pb.ts';
import type { LinkState } from '../backend.ts';
import { printable } from '../format/printable.ts';
import { millis } from '../format/time.ts';

/** The server that the console speaks to. */
export interface ConnectionState {
  /** Its address, as people write it. */
  readonly label: string;
  /** True: it runs in another process. */
  readonly attached: boolean;
  /** `none`: nobody has wanted a server yet; `starting`: the one in this process is not up yet. */
  readonly link: { readonly kind: 'none' } | { readonly kind: 'starting' } | LinkState;
  /** How long an answer takes, in ms, without what comes and goes; undefined: nothing was measured yet. */
  readonly latencyMs: number | undefined;
  /** Whether what goes over the wire is encrypted; undefined: the way there is not open yet. */
  readonly encrypted: boolean | undefined;
  /** What the server says of itself; undefined until it has answered. */
  readonly server: ServerFacts | undefined;
}

/** What of GetServerInfo the console goes by. */
export interface ServerFacts {
  readonly version: string;
  /** `memory`, `sqlite` or `postgres`. */
  readonly storeKind: string;
  /** True: runs outlive the process. */
  readonly durable: boolean;
  /** What does not work as it should, as a sentence; empty: all does. */
  readonly degraded: string;
  readonly providers: readonly string[];
  /** True: machines of the fake provider can be imported. */
  readonly hasFake: boolean;
  /** Who this console is for the server; empty: it does not say. */
  readonly user: string;
  /** The methods that may be called, as `baremetal.v1.RunService/StartRun`; undefined: the server does not say, and refuses. */
  readonly allowed: ReadonlySet<string> | undefined;
  /** How far the server's clock is before this one, in ms; 0 where it is within what a call takes. */
  readonly skew: number;
}

/** A difference of the clocks below this says more about the call than about the clocks, in ms. */
const LEAST_SKEW = 2_000;

/** What of an answer to GetServerInfo the console goes by. @param now when it came, in ms since 1970 */
export function factsOf(info: GetServerInfoResponse, now: number): ServerFacts {
  const skew = (millis(info.time) ?? now) - now;
  const providers = info.providers.map(({ name }) => name);
  const allowed = info.caller?.allowedMethods ?? [];
  return {
    version: info.version,
    storeKind: info.store?.kind ?? 'unknown store',
    durable: info.store?.durable ?? false,
    degraded: info.store?.degraded ?? '',
    providers,
    hasFake: providers.includes('fake'),
    user: printable(info.caller?.user ?? ''),
    allowed: allowed.length === 0 ? undefined : new Set(allowed),
    skew: Math.abs(skew) < LEAST_SKEW ? 0 : skew,
  };
}

/** A latency that differs by less from the one that is shown, in ms and as a part of it, is the same to who looks. */
const STEADY_MS = 3;
const STEADY_PART = 0.3;

/** The latency to be shown after one was measured, in ms: a new one only if it says something new. */
export function steadyLatency(shown: number | undefined, measured: number): number {
  if (shown === undefined) return measured;
  return Math.abs(measured - shown) < Math.max(STEADY_MS, shown * STEADY_PART) ? shown : measured;
}

/** Whether calls can be made now. */
export function isConnected({ link }: ConnectionState): boolean {
  return link.kind === 'connected';
}
