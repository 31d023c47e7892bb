import { paramFault } from './bind.ts';
import { LIMITS, linesFault, textFault } from './limits.ts';
import type { ParamSpec } from './plan.ts';
import type { FieldViolation } from './refusal.ts';

/** The longest help of a param, in characters. */
const MAX_HELP = 256;
/** The most values that a param may choose from. */
const MAX_CHOICES = 64;

/** Everything that is wrong with the params that a plan declares, at once, each by its path, such as `params[0].name`. */
export function paramSpecViolations(params: readonly ParamSpec[]): readonly FieldViolation[] {
  if (params.length > LIMITS.params) return [{ field: 'params', description: `has more than ${LIMITS.params} params` }];
  return params.flatMap((param, index) => {
    const found: FieldViolation[] = [];
    const note = (field: string, description: string | null) => {
      if (description !== null) found.push({ field: `params[${index}].${field}`, description });
    };
    note('name', nameFault(param.name) ?? repeated(params, index));
    note('help', textFault(param.help, MAX_HELP));
    for (const { field, description } of choiceViolations(param)) note(field, description);
    note('default_value', defaultFault(param));
    note('default_from', sourceFault(param));
    return found;
  });
}

/** Names begin with no underscore: `__proto__` is a key that objects do not take like others. */
function nameFault(name: string): string | null {
  if (name === '') return 'is required';
  if (name.length > LIMITS.paramName) return `is longer than ${LIMITS.paramName} characters`;
  return /^[a-z0-9][a-z0-9_]*$/.test(name) ? null : 'may hold a-z, 0-9 and "_" alone, and not begin with "_"';
}

function repeated(params: readonly ParamSpec[], index: number): string | null {
  const first = params.findIndex((other) => other.name === params[index]?.name);
  return first < index ? `is the name of params[${first}] already` : null;
}

function choiceViolations(param: ParamSpec): readonly FieldViolation[] {
  if (param.oneOf.length > MAX_CHOICES) {
    return [{ field: 'allowed_values', description: `has more than ${MAX_CHOICES} values` }];
  }
  return param.oneOf.flatMap((value, index) => {
    const description = textFault(value, LIMITS.labelValue) ?? paramFault({ ...param, oneOf: [] }, value);
    return description === null ? [] : [{ field: `allowed_values[${index}]`, description }];
  });
}

function defaultFault(param: ParamSpec): string | null {
  if (param.default === null) return null;
  return linesFault(param.default, LIMITS.paramValue) ?? paramFault(param, param.default);
}

function sourceFault(param: ParamSpec): string | null {
  return param.defaultFrom === 'machine.target_cluster' && param.type !== 'string'
    ? 'gives a text, so the param must be of type string'
    : null;
}
