import { runTypeOf } from '../room/run-type.ts';
import { filledIn } from '../script/references.ts';
import type { StartCommand } from '../script/script.ts';

/** A StartRun as it is sent; sent again it is the very same. */
export interface StartOrder {
  readonly machineId: string;
  readonly requestId: string;
  /** Empty: the plan says it. */
  readonly type: string;
  /** Empty: the plan that runs of the type have. */
  readonly planId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly reason: string;
}

/** What a start command asks of the server. */
export function startOrder(
  { run, plan, machine, params, reason }: StartCommand,
  machineOf: (role: string) => string,
  requestId: string,
): StartOrder {
  const told = filledIn(reason, machineOf);
  const values = Object.entries(params).map(([key, value]) => [key, filledIn(value, machineOf)]);
  // The reason of an RMA is what its plan marks the machine with.
  const marked = run === 'rma' && told !== '' && params.reason === undefined ? [['reason', told]] : [];
  return {
    machineId: machineOf(machine),
    requestId,
    type: run === null ? '' : runTypeOf(run),
    planId: plan,
    params: Object.fromEntries([...values, ...marked]),
    reason: told,
  };
}
