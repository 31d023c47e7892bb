import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { textFault } from '../../core/domain/limits.ts';
import { RpcError } from '../../wire/errors.ts';
import type { PlanSource } from '../../wire/gen/baremetal/v1/plan_service_pb.ts';
import { PlanProblemsSchema } from '../../wire/gen/baremetal/v1/plan_service_pb.ts';
import type { OtherViolations, PlanProblem, PlanRead } from '../plans/read.ts';
import { readPlanMessage } from '../plans/read.ts';
import { readPlanYaml } from '../plans/yaml.ts';
import { badField } from './answers.ts';

/** The longest name of a document, in characters. */
const MAX_FILE_NAME = 512;

/**
 * Reads a plan in the form in which it was sent.
 *
 * @throws RpcError INVALID_ARGUMENT where there is none, or its name is no name
 */
export function readSource(source: PlanSource | undefined, others?: OtherViolations): PlanRead {
  const fault = textFault(source?.fileName ?? '', MAX_FILE_NAME);
  if (fault !== null) throw badField('source.file_name', fault);
  switch (source?.form.case) {
    case 'plan':
      return readPlanMessage(source.form.value, source.fileName, others);
    case 'yaml':
      return readPlanYaml(source.form.value, source.fileName, others);
    default:
      throw badField('source', 'must have a plan, as a message or as YAML');
  }
}

/** What ErrorInfo and the message leave for problems, in bytes: more does not fit into a trailer. */
const MAX_PROBLEM_BYTES = 3_000;
/** Problems that the message names; the details have more. */
const NAMED = 3;

/** The error for a plan that is not good, with as many of its problems as fit; ValidatePlan tells them all. */
export function badPlan(problems: readonly PlanProblem[]): RpcError {
  let count = problems.length;
  while (count > 1 && sizeOf(problems.slice(0, count)) > MAX_PROBLEM_BYTES) count = Math.ceil(count / 2);
  const named = problems
    .slice(0, NAMED)
    .map(({ field, message }) => (field === '' ? `it ${message}` : `${field} ${message}`));
  const more =
    problems.length > named.length ? [`and ${problems.length - named.length} more, which ValidatePlan tells`] : [];
  const detail = create(PlanProblemsSchema, { problems: problems.slice(0, count) });
  return new RpcError({
    code: 'INVALID_ARGUMENT',
    reason: 'BAD_PLAN',
    message: `the plan cannot be used: ${[...named, ...more].join('; ')}`,
    details: [anyPack(PlanProblemsSchema, detail)],
  });
}

function sizeOf(problems: readonly PlanProblem[]): number {
  return toBinary(PlanProblemsSchema, create(PlanProblemsSchema, { problems: [...problems] })).length;
}
