// node scripts/generate-plan-schema.ts: publishes the schema of plans in files. A test says when it has to be run.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planJsonSchema } from '../src/server/plans/schema.ts';
import { packageRoot } from './bundle.ts';
import { schemaText } from './schema-text.ts';

/** Where the schema is published, below the checkout. */
export const PLAN_SCHEMA_FILE = 'docs/plan.schema.json';

if (import.meta.main) await writeFile(join(packageRoot, PLAN_SCHEMA_FILE), schemaText(planJsonSchema()));
