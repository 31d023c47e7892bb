import { durationMs } from '@bufbuild/protobuf/wkt';
import type { Client } from '../client/client.ts';
import { printable } from '../tui/format/printable.ts';
import { formatDuration } from '../tui/format/time.ts';
import { machinePhaseWord, runPhaseWord } from '../tui/format/words.ts';
import type {
  DurationEstimate,
  Gate,
  PreviewRunResponse,
  PreviewStep,
} from '../wire/gen/baremetal/v1/run_service_pb.ts';
import { PreviewRunResponseSchema } from '../wire/gen/baremetal/v1/run_service_pb.ts';
import type { Context } from './context.ts';
import { reportFailure } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT, worstOf } from './exit-code.ts';
import { inWordsOfCommands } from './failure.ts';
import { documentText, jsonOf } from './output/document.ts';
import { mapText, pairLines, sectionTable } from './output/print.ts';
import type { Column } from './output/table.ts';
import { machineTone } from './output/words.ts';
import type { StartOrder } from './start-options.ts';

const STEPS: readonly Column<PreviewStep>[] = [
  { title: 'STEP', text: ({ name }) => name },
  { title: 'DOES', text: ({ kind }) => kind, leaves: 1 },
  { title: 'DESTROYS', text: ({ destroys }) => destroys || '–', tone: destroysTone, shrinkTo: 12 },
  { title: 'TOOK BEFORE', text: ({ estimate }) => estimateText(estimate) || '–', shrinkTo: 10 },
];

const GATES: readonly Column<Gate>[] = [
  { title: 'GATE', text: ({ title }) => title },
  { title: 'FOUND', text: verdictOf, tone: gateTone },
  { title: 'WHY', text: ({ message }) => inWordsOfCommands(message) },
];

/**
 * Shows what a start would do on each machine, one after the other, and starts nothing. Refused is what the server would
 * refuse now; the worst exit code counts.
 */
export async function dryRun(context: Context, machineIds: readonly string[], order: StartOrder): Promise<ExitCode> {
  const client = context.client();
  const [only] = machineIds;
  if (machineIds.length === 1 && only !== undefined) {
    const preview = await previewOf(client, only, order);
    await write(context, only, preview);
    if (isDocument(context)) await writeDocument(context, jsonOf(PreviewRunResponseSchema, preview));
    return codeOf(preview);
  }
  const codes: ExitCode[] = [];
  const previews: PreviewRunResponse[] = [];
  for (const machineId of machineIds) {
    try {
      const preview = await previewOf(client, machineId, order);
      if (context.form === 'table' && codes.length > 0) await context.io.out.line();
      await write(context, machineId, preview);
      previews.push(preview);
      codes.push(codeOf(preview));
    } catch (error) {
      codes.push(await reportFailure(context.io, error, context));
    }
  }
  if (isDocument(context)) {
    await writeDocument(context, { previews: previews.map((preview) => jsonOf(PreviewRunResponseSchema, preview)) });
  }
  return worstOf(codes);
}

function previewOf(client: Client, machineId: string, order: StartOrder): Promise<PreviewRunResponse> {
  const { type, planId, params, reason, acknowledgeIntervention, acknowledgeCluster } = order;
  const request = { type, planId, params, reason, acknowledgeIntervention, acknowledgeCluster };
  return client.runs.previewRun({ ...request, machineId, requestId: order.requestId() });
}

function codeOf({ allowed }: PreviewRunResponse): ExitCode {
  return allowed ? EXIT.done : EXIT.refused;
}

function isDocument({ form }: Context): boolean {
  return form === 'json' || form === 'yaml';
}

function writeDocument({ io, form }: Context, value: Parameters<typeof documentText>[0]): Promise<void> {
  return io.out.write(documentText(value, form === 'yaml' ? 'yaml' : 'json'));
}

/** Writes a preview for people, or the machine's name where it would be started. */
async function write(context: Context, machineId: string, preview: PreviewRunResponse): Promise<void> {
  const { io, form } = context;
  if (form === 'table') for (const line of previewLines(context, machineId, preview)) await io.out.line(line);
  else if (form === 'name' && preview.allowed) await io.out.line(`machine/${machineId}`);
}

function previewLines(context: Context, machineId: string, preview: PreviewRunResponse): string[] {
  const { paint } = context;
  const { plan, type, params, steps, phaseBefore, phaseAfter, gates, estimate, existingRun } = preview;
  const version = plan === undefined || plan.version === 0 ? '' : ` version ${plan.version}`;
  const phase = (one: typeof phaseBefore) => paint(machineTone(one), machinePhaseWord(one));
  return [
    ...pairLines(context, [
      ['machine', paint('strong', machineId)],
      ['plan', `${plan?.planId ?? ''}${version}`],
      ['type', type],
      ['params', mapText(params)],
      ['phase', `${phase(phaseBefore)} → ${phase(phaseAfter)}`],
      ['took before', estimateText(estimate) || 'not known: no run of this plan has ended well so far'],
      ['preview token', printable(preview.previewToken)],
    ]),
    ...sectionTable(context, 'steps', STEPS, steps),
    ...sectionTable(context, 'gates', GATES, gates),
    '',
    verdict(context, preview, existingRun),
  ];
}

function verdict(
  { paint }: Context,
  { allowed, gates }: PreviewRunResponse,
  existing: PreviewRunResponse['existingRun'],
) {
  if (existing !== undefined) {
    const phase = runPhaseWord(existing.phase);
    return `nothing would be started: this request id has started run ${existing.runId} before, which is ${phase}`;
  }
  if (!allowed) {
    const refusing = gates.filter((gate) => gate.blocking && !gate.passed).map((gate) => gate.title);
    return `${paint('error', 'it would be refused')}, because this is not so: ${refusing.join(', ')}`;
  }
  const warnings = gates.filter((gate) => !gate.passed).length;
  const but = warnings === 0 ? '' : `, with ${warnings === 1 ? 'a warning' : `${warnings} warnings`}`;
  return `${paint('ok', 'it would be started')}${but}; this was a dry run, and nothing was`;
}

function verdictOf({ passed, blocking }: Gate): string {
  if (passed) return 'passed';
  return blocking ? 'refused' : 'warning';
}

function gateTone({ passed, blocking }: Gate) {
  if (passed) return 'ok';
  return blocking ? 'error' : 'warn';
}

function destroysTone({ destroys }: PreviewStep) {
  return destroys === '' ? 'muted' : 'error';
}

/** `4.1s, p95 5.0s (12 runs on R650)`; empty where it is not known. */
function estimateText(estimate: DurationEstimate | undefined): string {
  if (estimate?.median === undefined || estimate.p95 === undefined) return '';
  const { median, p95, samples, model } = estimate;
  const of = model === '' ? '' : ` on ${printable(model)}`;
  const runs = `${samples} ${samples === 1 ? 'run' : 'runs'}${of}`;
  return `${formatDuration(durationMs(median))}, p95 ${formatDuration(durationMs(p95))} (${runs})`;
}
