// node scripts/generate-config-schema.ts: publishes the schema of the configuration file. `npm run check` says when it has to be run.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configJsonSchema } from '../src/cli/settings/config-schema.ts';
import { packageRoot } from './bundle.ts';
import { schemaText } from './schema-text.ts';

const SCHEMA_FILE = 'docs/config.schema.json';

/** What is wrong with the schema that is committed; empty where nothing is. */
export async function checkConfigSchema(): Promise<string> {
  const committed = await readFile(join(packageRoot, SCHEMA_FILE), 'utf8').catch(() => '');
  return committed === schemaText(configJsonSchema())
    ? ''
    : `${SCHEMA_FILE} is not what the settings say: run \`node scripts/generate-config-schema.ts\`.`;
}

if (import.meta.main) await writeFile(join(packageRoot, SCHEMA_FILE), schemaText(configJsonSchema()));
