/** A machine's phase, as the contract spells it. */
export const MACHINE_PHASES = [
  'FACTORY_READY',
  'READY',
  'PROVISIONING',
  'IN_SERVICE',
  'MAINTENANCE',
  'RMA',
  'RETIRED',
] as const;

/** A run's phase, as the contract spells it. */
export const RUN_PHASES = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED'] as const;

/** The kinds of run that have a command of their own, as the command line spells them. */
export const RUN_COMMANDS = ['repave', 'reboot', 'rma', 'upgrade', 'net-reconfig'] as const;

/** What a beat can show over the console, filled from real answers. */
export const CARDS = ['title', 'plans', 'phases', 'answers', 'history', 'file', 'closing'] as const;

/** The panes of the console that a beat can lead the eye to. */
export const PANES = ['machines', 'run', 'log'] as const;

/** One of MACHINE_PHASES. */
export type MachinePhaseName = (typeof MACHINE_PHASES)[number];
/** One of RUN_PHASES. */
export type RunPhaseName = (typeof RUN_PHASES)[number];
/** One of RUN_COMMANDS. */
export type RunCommandName = (typeof RUN_COMMANDS)[number];
/** One of CARDS. */
export type CardName = (typeof CARDS)[number];
/** One of PANES. */
export type PaneName = (typeof PANES)[number];

/** What a command of the walk does. Machines are named by their role, runs by the name that the walk gave them. */
export type Command =
  | { readonly kind: 'serve' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'list' }
  | { readonly kind: 'plans' }
  | { readonly kind: 'runs' }
  | { readonly kind: 'import'; readonly count: number }
  /** Registers the machines in one of the walk's files. */
  | { readonly kind: 'import-file'; readonly file: string }
  /** Makes a plan of one of the walk's files. */
  | { readonly kind: 'create-plan'; readonly file: string; readonly reason: string }
  /** Stops the walk's own server in the middle of its work, and starts it again with the same store. */
  | { readonly kind: 'restart' }
  | StartCommand
  /** Starts the same run on demo machines `from` to `to`, all at once. */
  | { readonly kind: 'start-many'; readonly run: RunCommandName; readonly from: number; readonly to: number }
  /** Sends the very request once more that started run `run`; its answer is called `as`. */
  | { readonly kind: 'again'; readonly run: string; readonly as: string }
  | { readonly kind: 'cancel'; readonly run: string; readonly reason: string };

/** Starts a run on one machine; the answer is called `as`. */
export interface StartCommand {
  readonly kind: 'start';
  /** Null: a run of `plan`. */
  readonly run: RunCommandName | null;
  /** The plan, without `plan/`; empty: the one that runs of its kind have. */
  readonly plan: string;
  readonly machine: string;
  readonly as: string;
  readonly params: Readonly<Record<string, string>>;
  readonly reason: string;
  /** Shown as it is; a number is put behind it where it was used before. Empty: one is made up, and not shown. */
  readonly requestId: string;
  /** True: the command is shown as one that does not follow its run. */
  readonly detach: boolean;
}

/** Something that can be seen to be so, or not so; never a time. */
export type Condition =
  | { readonly kind: 'server'; readonly is: 'up' | 'stopped' }
  /** So many machines are there, or more. */
  | { readonly kind: 'machines'; readonly count: number }
  | MachineCondition
  | RunCondition
  /** Both answers are the same run, and there is no other of that request. */
  | { readonly kind: 'same'; readonly first: string; readonly second: string }
  /** These plans are there, named without `plan/`. */
  | { readonly kind: 'plans'; readonly ids: readonly string[] }
  | PastCondition
  /** Every run that start-many began has SUCCEEDED. */
  | { readonly kind: 'many'; readonly phase: 'SUCCEEDED' }
  /** No run is under way and no machine is held. */
  | { readonly kind: 'idle' }
  /** What the server knows outlives it. */
  | { readonly kind: 'store'; readonly is: 'durable' };

/** How a machine is. */
export interface MachineCondition {
  readonly kind: 'machine';
  readonly role: string;
  /** The phase that it is in; null: any. */
  readonly phase: MachinePhaseName | null;
  /** The phases that it was seen in, in this order, since its last run was accepted. */
  readonly passed: readonly MachinePhaseName[];
  /** A condition that is set on it; null: none is asked for. */
  readonly condition: string | null;
  /** A text that the condition's message holds; empty: any message. */
  readonly saying: string;
  /** True: a run can be started on it as it is. */
  readonly free: boolean;
}

/** How a run of the walk is. */
export interface RunCondition {
  readonly kind: 'run';
  readonly name: string;
  /** The phase that it has reached; null: any. */
  readonly phase: RunPhaseName | null;
  /** The step that it has come to, or ended in; empty: any. */
  readonly step: string;
  /** How far that step has come at least; 0: it has begun. */
  readonly percent: number;
  /** The step that was tried again; empty: none is asked for. */
  readonly retried: string;
}

/** A run of the past. */
export interface PastCondition {
  readonly kind: 'past';
  readonly run: RunCommandName;
  readonly role: string;
  readonly phase: 'SUCCEEDED' | 'CANCELED';
}

/** What a beat wants to be looked at. */
export interface Show {
  /** The role of the machine that is selected; null: as it was. */
  readonly machine: string | null;
  readonly pane: PaneName | null;
  readonly card: CardName | null;
}

/** One press of next: something to say, and perhaps something to do. */
export interface Beat {
  /** To be spoken. */
  readonly say: string;
  /** What must not be left out. */
  readonly points: readonly string[];
  readonly show: Show;
  readonly command: Command | null;
  /** All of it has to be so before the beat is over. */
  readonly waitFor: readonly Condition[];
  /** What to say while a failure is mended; empty: nothing. */
  readonly onFail: string;
}

/** A chapter of the walk. */
export interface Chapter {
  readonly id: string;
  readonly title: string;
  /** How long it is to take when the whole walk takes as long as the script says, in milliseconds. */
  readonly plannedMs: number;
  /** False for what frames the walk: the opening and the closing. */
  readonly counted: boolean;
  /** What has to be so when it begins. */
  readonly needs: readonly Condition[];
  /** At least one. */
  readonly beats: readonly Beat[];
}

/** A question that the audience may have. */
export interface Question {
  readonly question: string;
  /** The answer; its beats show it live, if there are any beside the first, which is the answer itself. */
  readonly beats: readonly Beat[];
  readonly needs: readonly Condition[];
}

/** A guided walk. */
export interface Script {
  readonly title: string;
  /** For each role the machines that can play it, the preferred one first. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** Faults for the walk's own server, as `bmdemo serve --fault` takes them; `{role}` stands for its machine. */
  readonly faults: readonly string[];
  /** The texts of the files that its commands speak of, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly chapters: readonly Chapter[];
  /** What the closing card sums up. */
  readonly summary: readonly string[];
  readonly questions: readonly Question[];
}
