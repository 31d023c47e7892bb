import { join } from 'node:path';
import { DEFAULT_ADDRESS } from '../../client/address.ts';
import { DEFAULT_FAKE, DEFAULT_KEEP, DEFAULT_LEASE_MS, DEFAULT_MAX_RUNS } from '../../server/config.ts';
import { stateDirectory } from '../state-directory.ts';
import { keepText } from './keep.ts';
import type { SettingName } from './settings.ts';

/** What holds where nothing is said about a setting. */
export interface Default {
  /** In words where it is no value that could be given: in brackets then. */
  readonly text: string;
  /** A value as the configuration file has it, in YAML, for an example; `text` if not given. */
  readonly sample?: string;
}

/** The defaults of all settings, for people. */
export function defaultsIn(env: NodeJS.ProcessEnv): Readonly<Record<SettingName, Default>> {
  const port = DEFAULT_ADDRESS.split(':').at(-1) ?? '';
  return {
    server: { text: DEFAULT_ADDRESS },
    user: { text: '(your login name)', sample: 'lin' },
    output: { text: 'table' },
    color: { text: '(on a terminal)', sample: 'true' },
    verbose: { text: 'false' },
    theme: { text: 'dark' },
    'screen-reader': { text: 'false' },
    'read-only': { text: 'false' },
    listen: { text: DEFAULT_ADDRESS },
    port: { text: '(that of listen)', sample: port },
    store: { text: `sqlite:${join(stateDirectory(env), 'bmdemo.db')}` },
    lease: { text: String(DEFAULT_LEASE_MS / 1_000) },
    provider: { text: 'fake' },
    slow: { text: 'false' },
    speed: { text: String(DEFAULT_FAKE.factor) },
    faults: { text: '(none)', sample: 'faults.yaml' },
    fault: { text: '(none)', sample: '[machine-1/join-cluster=transient:2]' },
    seed: { text: String(DEFAULT_FAKE.seed) },
    'fake-world': { text: '(in memory)', sample: 'world.db' },
    plans: { text: '(those that come with the program)', sample: 'plans' },
    'max-runs': { text: String(DEFAULT_MAX_RUNS) },
    limit: { text: '(those that the store has; none at first)', sample: '[rack=20, "cluster:prod-a=2"]' },
    'keep-events': { text: keepText(DEFAULT_KEEP.events) },
    'keep-logs': { text: keepText(DEFAULT_KEEP.logs) },
    'keep-runs': { text: keepText(DEFAULT_KEEP.runs) },
    'log-level': { text: 'info' },
    'log-format': { text: 'text' },
  };
}
