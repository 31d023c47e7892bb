import type { Plan, Step } from '../../wire/gen/baremetal/v1/plan_pb.ts';
import type { Glyphs } from '../theme/glyphs.ts';
import { cellWidth, fitCells, wrap } from './cells.ts';
import { namedLines } from './named-lines.ts';
import { defaultText, doesText, mannersText, timeoutSecondsOf } from './plan-row.ts';
import { printable } from './printable.ts';
import type { Line, Segment } from './segment.ts';
import { millis } from './time.ts';

const MAX_ROWS = 12;

/** The whole of a plan: what it is for, what it takes, and its steps one by one. */
export function planLines(plan: Plan, width: number, glyphs: Glyphs): readonly Line[] {
  const made = millis(plan.createdAt);
  const when = made === undefined ? '' : `, ${new Date(made).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return [
    ...namedLines(
      [
        ['name', printable(plan.displayName)],
        ['is for', printable(plan.description)],
        ['type', plan.defaultForType === '' ? '' : `${plan.defaultForType}, and its default plan`],
        ['version', plan.version === 0 ? '' : String(plan.version)],
        ['made by', plan.builtIn ? 'the server (built in)' : printable(plan.createdBy) + when],
      ],
      width,
      glyphs,
    ),
    ...stepsLines(plan, width, glyphs),
    ...paramLines(plan, width, glyphs),
  ];
}

function stepsLines({ steps }: Plan, width: number, glyphs: Glyphs): Line[] {
  const name = Math.min(28, Math.max(0, ...steps.map((step) => cellWidth(step.name))));
  const lead = name + 6;
  return [
    ...headLines('steps'),
    ...steps.flatMap((step, at) => {
      const told = wrap(stepText(step), Math.max(1, width - lead), MAX_ROWS, glyphs.ellipsis);
      const lines = told.map((text, row): Line => {
        const head: Segment =
          row === 0
            ? { text: `${String(at + 1).padStart(3)}  ${fitCells(step.name, name, 'left', glyphs.ellipsis)} ` }
            : { text: ' '.repeat(lead) };
        return [head, { text, tone: 'muted' }];
      });
      const destroys: Line[] =
        step.kind.case === 'repave'
          ? [
              [
                { text: ' '.repeat(lead) },
                { text: `${glyphs.attention} destroys everything on its disk`, tone: 'warn' },
              ],
            ]
          : [];
      return [...lines, ...destroys];
    }),
  ];
}

/** What a step does, how long one attempt may take, how often it is tried, and what is special about it. */
function stepText(step: Step): string {
  const attempts = step.maxRetries === 0 ? '1 attempt' : `${step.maxRetries + 1} attempts`;
  const timeout = `at most ${timeoutSecondsOf(step)} s`;
  return [
    printable(doesText(step)),
    `${attempts}, ${timeout}${step.maxRetries === 0 ? '' : ' each'}`,
    mannersText(step),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function paramLines({ params }: Plan, width: number, glyphs: Glyphs): Line[] {
  if (params.length === 0) return [];
  const pairs = params.map((param): [string, string] => {
    const allowed = param.allowedValues.length === 0 ? '' : `one of ${param.allowedValues.join(', ')}`;
    return [
      param.name,
      [`default ${defaultText(param)}`, printable(param.help), allowed].filter((one) => one !== '').join(' · '),
    ];
  });
  return [...headLines('params'), ...namedLines(pairs, width, glyphs, '  ')];
}

function headLines(text: string): Line[] {
  return [[], [{ text, tone: 'strong' }]];
}
