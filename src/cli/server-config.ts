import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { ServerConfig, StoreConfig } from '../server/config.ts';
import { DEFAULT_FAKE, DEFAULT_KEEP, DEFAULT_MAX_RUNS } from '../server/config.ts';
import type { PlanFile } from '../server/plans/directory.ts';
import { readPlansDirectory } from '../server/plans/directory.ts';
import { formatPlanProblem } from '../server/plans/read.ts';
import type { FaultScript } from '../server/providers/fake/faults/fault.ts';
import { parseFaultFlag } from '../server/providers/fake/faults/flag.ts';
import type { FaultsRead } from '../server/providers/fake/faults/mistake.ts';
import { formatFaultMistake } from '../server/providers/fake/faults/mistake.ts';
import { parseFaultsYaml } from '../server/providers/fake/faults/yaml.ts';
import { count } from '../tui/format/words.ts';
import { EXIT } from './exit-code.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import type { Settings } from './settings/resolve.ts';
import { VERSION } from './version.ts';

/** So many mistakes of a fault script are named. */
const MAX_MISTAKES = 5;

/**
 * What the settings make of a server that listens there and keeps its state in that store.
 *
 * @param logOut where its log goes; null: to nobody but those who ask the server for it
 * @throws CommandFailure where the fault script or a plan is wrong
 */
export function serverConfig(
  settings: Settings,
  listen: string,
  store: StoreConfig,
  logOut: Writable | null,
): ServerConfig {
  const worldFile = settings.value('fake-world');
  const limits = settings.value('limit');
  return {
    listen,
    store,
    fake: {
      speed: settings.value('slow') === true ? 'slow' : DEFAULT_FAKE.speed,
      factor: settings.value('speed') ?? DEFAULT_FAKE.factor,
      seed: settings.value('seed') ?? DEFAULT_FAKE.seed,
      faults: [...faultsOfFlags(settings.value('fault') ?? []), ...faultsOfFile(settings.value('faults'))],
      worldFile: worldFile === undefined ? null : resolve(worldFile),
    },
    maxRuns: settings.value('max-runs') ?? DEFAULT_MAX_RUNS,
    ...(limits === undefined ? {} : { limits }),
    plans: plansIn(settings.value('plans')),
    keep: {
      events: settings.value('keep-events') ?? DEFAULT_KEEP.events,
      logs: settings.value('keep-logs') ?? DEFAULT_KEEP.logs,
      runs: settings.value('keep-runs') ?? DEFAULT_KEEP.runs,
    },
    log: {
      level: settings.value('log-level') ?? 'info',
      format: settings.value('log-format') ?? 'text',
      out: logOut,
    },
    version: VERSION,
  };
}

/** The plans of a folder; everything that is wrong with any of them is told at once. */
function plansIn(directory: string | undefined): readonly PlanFile[] {
  if (directory === undefined) return [];
  const read = readPlansDirectory(directory);
  switch (read.kind) {
    case 'plans':
      return read.files;
    case 'unreadable':
      throw usageFailure(`there are no plans to be had: ${read.message}`);
    case 'problems': {
      const wrong = `the plans in ${directory} cannot be used: ${count(read.problems.length, 'mistake')}`;
      throw new CommandFailure(wrong, EXIT.usage, read.problems.map(formatPlanProblem));
    }
  }
}

function faultsOfFlags(texts: readonly string[]): FaultScript {
  return texts.flatMap((text) => faultsOf(parseFaultFlag(text), '--fault'));
}

function faultsOfFile(file: string | undefined): FaultScript {
  if (file === undefined) return [];
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageFailure(`cannot read the fault script ${file}: ${code === 'ENOENT' ? 'there is no such file' : code}`);
  }
  return faultsOf(parseFaultsYaml(text, file), 'the fault script');
}

function faultsOf(read: FaultsRead, what: string): FaultScript {
  if (read.kind === 'faults') return read.faults;
  const told = read.mistakes.slice(0, MAX_MISTAKES).map(formatFaultMistake);
  const more = read.mistakes.length - told.length;
  throw usageFailure(`${what} is wrong: ${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`);
}
