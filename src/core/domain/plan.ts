import type { TargetCluster } from './machine.ts';
import type { RetryPolicy } from './retry.ts';
import type { Millis } from './time.ts';

/** What one step does to the machine. String fields may hold `{{param}}` until the plan is bound to a run. */
export type StepAction =
  | {
      readonly kind: 'ssh';
      readonly scriptRef: string;
      readonly args: Readonly<Record<string, string>>;
      /** True where running the script twice does what running it once does, so that a crash needs no probe. */
      readonly restartable: boolean;
    }
  | { readonly kind: 'reboot'; readonly force: boolean }
  | { readonly kind: 'netboot'; readonly profile: string }
  | { readonly kind: 'repave'; readonly imageRef: string; readonly cloudInitRef: string }
  | { readonly kind: 'join'; readonly targetCluster: TargetCluster }
  | { readonly kind: 'verify'; readonly targetCluster: TargetCluster }
  | { readonly kind: 'net'; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'rma'; readonly reason: string }
  | { readonly kind: 'drain' }
  | { readonly kind: 'power_off' };

/** The kinds of step that there are. */
export type StepKind = StepAction['kind'];

/** What a provider may be able to do; a step kind asks for some of it. */
export type Capability = 'Power' | 'BootDevice' | 'Imaging' | 'RemoteExec' | 'Cluster' | 'Identity' | 'Inventory';

/** What is fixed for a kind of step, whoever carries it out. */
export interface StepKindTraits {
  /** The first one carries the step out; the provider must have them all. */
  readonly capabilities: readonly [Capability, ...Capability[]];
  /** After a crash in mid-call: begin again, or ask the hardware first. */
  readonly afterCrash: 'restart' | 'probe';
  /** What is lost on the machine, in a few words; null where nothing is. */
  readonly destroys: string | null;
  /**
   * The machine's phase after the run is read off the step. So it can be neither passed over when it fails, nor done in a
   * run that has failed.
   */
  readonly settlesPhase: boolean;
}

/** One row a step kind: the place to begin when a kind is added. */
export const STEP_KINDS: Readonly<Record<StepKind, StepKindTraits>> = {
  ssh: { capabilities: ['RemoteExec'], afterCrash: 'probe', destroys: null, settlesPhase: false },
  reboot: { capabilities: ['Power'], afterCrash: 'probe', destroys: null, settlesPhase: false },
  netboot: { capabilities: ['BootDevice'], afterCrash: 'restart', destroys: null, settlesPhase: false },
  repave: { capabilities: ['Imaging'], afterCrash: 'restart', destroys: 'everything on the disk', settlesPhase: true },
  join: { capabilities: ['Cluster'], afterCrash: 'probe', destroys: null, settlesPhase: true },
  verify: { capabilities: ['Cluster'], afterCrash: 'restart', destroys: null, settlesPhase: true },
  net: { capabilities: ['RemoteExec'], afterCrash: 'restart', destroys: null, settlesPhase: false },
  rma: { capabilities: ['Inventory'], afterCrash: 'restart', destroys: null, settlesPhase: true },
  drain: {
    capabilities: ['Cluster'],
    afterCrash: 'restart',
    destroys: 'running workloads are evicted',
    settlesPhase: false,
  },
  power_off: { capabilities: ['Power'], afterCrash: 'probe', destroys: null, settlesPhase: false },
};

/** What is wrong with a step that does not say what it does. */
export const NO_ACTION = `must say what it does, by one of ${Object.keys(STEP_KINDS).join(', ')}`;

/** True where a step that was cut off must be probed before it is tried again. */
export function needsProbeAfterCrash(action: StepAction): boolean {
  if (action.kind === 'ssh') return !action.restartable;
  return STEP_KINDS[action.kind].afterCrash === 'probe';
}

/** How a step fits into its run. */
export interface StepManners {
  /** What becomes of the run when the step is out of attempts: it fails, or it goes on with the next step. */
  readonly onFailure: 'stop' | 'continue';
  /** The step is carried out in its turn although a step before it has failed the run. */
  readonly always: boolean;
  /** What a person is asked who has to let the step begin; null where nobody is. */
  readonly hold: string | null;
}

/** How long an attempt may take where a step does not say, in seconds. */
export const DEFAULT_TIMEOUT_SECONDS = 300;

/** A step of which nothing is said: it fails its run, is done in a run that goes well, and waits for nobody. */
export const PLAIN_STEP: StepManners = { onFailure: 'stop', always: false, hold: null };

/** One step of a plan. */
export interface Step extends StepManners {
  readonly name: string;
  readonly action: StepAction;
  /** For one attempt, in seconds. */
  readonly timeoutSeconds: number;
  /** Attempts are one more than this. */
  readonly maxRetries: number;
  readonly retry: RetryPolicy;
}

/** A value that a plan takes from whoever starts it. */
export interface ParamSpec {
  readonly name: string;
  readonly type: 'string' | 'int' | 'bool';
  readonly help: string;
  readonly required: boolean;
  readonly default: string | null;
  /** Where a param that is not given takes its value from, before `default` is looked at. */
  readonly defaultFrom: 'machine.target_cluster' | null;
  /** The values allowed; empty where any is. */
  readonly oneOf: readonly string[];
}

/** A named sequence of steps. Immutable from creation: a change is a new version under the same id. */
export interface Plan {
  /** `plan/NAME`. */
  readonly id: string;
  readonly version: number;
  readonly displayName: string;
  readonly description: string;
  readonly builtIn: boolean;
  readonly createdAt: Millis;
  /** Who made this version; empty for a built-in plan. */
  readonly createdBy: string;
  readonly params: readonly ParamSpec[];
  readonly steps: readonly Step[];
}

/** What the lifecycle needs to know of a plan. */
export interface PlanTraits {
  readonly repaves: boolean;
  /** A step joins a cluster, and none after it writes the disk that it joined with. */
  readonly joins: boolean;
  readonly marksRma: boolean;
}

/** Reads off the steps what a run of the plan does to a machine's phase. */
export function planTraits(plan: Plan): PlanTraits {
  const last = (kind: StepKind) => plan.steps.findLastIndex((step) => step.action.kind === kind);
  return { repaves: last('repave') >= 0, joins: last('join') > last('repave'), marksRma: last('rma') >= 0 };
}

/** The capabilities that a plan asks of a provider, each once. */
export function capabilitiesOf(plan: Plan): readonly Capability[] {
  return [...new Set(plan.steps.flatMap((step) => STEP_KINDS[step.action.kind].capabilities))];
}
