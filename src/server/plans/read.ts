import { refuseBuiltIn } from '../../core/domain/decide/plan.ts';
import { NO_ACTION } from '../../core/domain/plan.ts';
import type { PlanDeclaration } from '../../core/domain/plan-aggregate.ts';
import type { FieldViolation } from '../../core/domain/refusal.ts';
import { planViolations } from '../../core/domain/validate-plan.ts';
import { planFromWire } from '../../wire/convert/plan-from.ts';
import type { Plan as PlanMessage } from '../../wire/gen/baremetal/v1/plan_pb.ts';

/** Something wrong with a plan, and where. */
export interface PlanProblem {
  /** The document; empty where the plan did not come as one. */
  readonly file: string;
  /** From 1; 0 where it is not known. */
  readonly line: number;
  /** From 1; 0 where it is not known. */
  readonly column: number;
  /** A path such as `steps[2].retry.cap`; empty: the document as a whole. */
  readonly field: string;
  readonly message: string;
}

/** A problem in a line that editors and terminals make a link of: `plans/own.yaml:3:5: steps[0].name: is required`. */
export function formatPlanProblem({ file, line, column, field, message }: PlanProblem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return (
    [place, field]
      .filter((part) => part !== '')
      .map((part) => `${part}: `)
      .join('') + message
  );
}

/** A good plan, or everything that is wrong with it, in the order of the places. */
export type PlanRead =
  | { readonly kind: 'plan'; readonly declared: PlanDeclaration }
  | { readonly kind: 'problems'; readonly problems: readonly PlanProblem[] };

/** What else is wrong with a plan than what any reader of it can tell. */
export type OtherViolations = (declared: PlanDeclaration) => readonly FieldViolation[];

/** The name of a plan that comes with the program is no name for another one. */
export const builtInViolations: OtherViolations = ({ id }) => {
  const refusal = refuseBuiltIn(id, 'replaced');
  return refusal === null ? [] : [{ field: 'plan_id', description: refusal.message }];
};

/** Reads a plan that was sent as a message. */
export function readPlanMessage(message: PlanMessage, file: string, others: OtherViolations = () => []): PlanRead {
  const { declared, violations } = planFromWire(message);
  const all = [...withViolations(declared, violations), ...others(declared)];
  const found = all.toSorted((a, b) => placeOf(a.field) - placeOf(b.field));
  if (found.length === 0) return { kind: 'plan', declared };
  const problems = found.map(({ field, description }) => ({ file, line: 0, column: 0, field, message: description }));
  return { kind: 'problems', problems };
}

/**
 * What could not be read of a plan, and then what is wrong with the rest of it. Nothing is said twice: not of what is below a
 * place that could not be read, and not of what only follows from it.
 */
export function withViolations(
  declared: PlanDeclaration,
  unread: readonly FieldViolation[],
): readonly FieldViolation[] {
  const broken = (place: RegExp) => unread.some(({ field }) => place.test(field));
  const lostParam = broken(/^params(\[\d+\](\.name)?)?$/);
  const lostText = broken(/^steps/);
  const follows = ({ description }: FieldViolation) =>
    (lostParam && description.endsWith('is no param of this plan')) ||
    (lostText && description.startsWith('no step uses'));
  const lost = unread.filter(({ description }) => description !== NO_ACTION);
  const isBelow = (field: string) => lost.some((one) => field === one.field || /^[.[]/.test(after(field, one.field)));
  return [...unread, ...planViolations(declared).filter((one) => !isBelow(one.field) && !follows(one))];
}

const TOP_FIELDS = ['plan_id', 'display_name', 'description', 'params', 'steps'];

/** A number by which fields come in the order of the message; those of one item keep theirs. */
function placeOf(field: string): number {
  const [, top = '', index = '0'] = /^(\w+)(?:\[(\d+)\])?/.exec(field) ?? [];
  return TOP_FIELDS.indexOf(top) * 1_000_000 + Number(index);
}

/** What of a path comes behind another one that it begins with; empty where it does not. */
function after(path: string, beginning: string): string {
  return path.startsWith(beginning) ? path.slice(beginning.length) : '';
}
