import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { Option } from 'commander';
import { usageFailure } from './failure.ts';

/** The options of commands that start runs, as commander gives them. */
export interface StartOptions {
  readonly requestId?: string;
  readonly param?: readonly string[];
  readonly reason?: string;
  readonly acknowledge?: boolean;
  readonly acknowledgeCluster?: boolean;
  readonly detach?: boolean;
  readonly dryRun?: boolean;
  readonly previewToken?: string;
}

/** What to start, on whatever machine. */
export interface StartOrder {
  readonly type: string;
  readonly planId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly acknowledgeIntervention: boolean;
  readonly acknowledgeCluster: boolean;
  /** Of the preview that the start is bound to; empty: of none. */
  readonly previewToken: string;
  /** The request id for a machine; each call without one of the caller's own makes a new one. */
  readonly requestId: () => string;
}

/** Gives a command the options of a start. */
export function addStartOptions(command: Command): void {
  command
    .option('--request-id <ID>', 'the same id again gives the same run (default: a new one)')
    .option('--param <K=V>', 'a value for a param of the plan (`bmdemo plans PLAN` has them); may be repeated', gather)
    .option('--reason <TEXT>', 'why, for the audit trail')
    .option('--acknowledge', 'go on although the machine needs intervention')
    .option('--acknowledge-cluster', 'go on although a control plane would be left without its majority')
    .option('--detach', 'only start; follow nothing')
    .addOption(
      new Option('--dry-run', 'show what it would do, and what stands against it; start nothing').conflicts('detach'),
    )
    .addOption(
      new Option('--preview-token <TOKEN>', 'from --dry-run: refuse where what it showed has changed').conflicts(
        'dryRun',
      ),
    );
}

function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** What the options ask for: the type's default plan, or the plan where `type` is empty. */
export function startOrder(type: string, planId: string, options: StartOptions): StartOrder {
  const params = readParams(options.param ?? []);
  const reason = options.reason ?? '';
  // The reason of an RMA is what its plan marks the machine with.
  const marked = type === 'RMA' && reason !== '' && params.reason === undefined ? { ...params, reason } : params;
  return {
    type,
    planId,
    params: marked,
    reason,
    acknowledgeIntervention: options.acknowledge === true,
    acknowledgeCluster: options.acknowledgeCluster === true,
    previewToken: options.previewToken ?? '',
    requestId: () => options.requestId ?? randomUUID(),
  };
}

/** Reads `k=v` words; a value may hold `=`. */
export function readParams(words: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw usageFailure(`--param must be K=V, and is "${word}"`);
    const key = word.slice(0, at);
    if (Object.hasOwn(params, key)) throw usageFailure(`--param ${key} is given twice`);
    params[key] = word.slice(at + 1);
  }
  return params;
}
