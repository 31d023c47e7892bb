import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { planJsonSchema } from '../src/server/plans/schema.ts';
import { packageRoot } from './bundle.ts';
import { PLAN_SCHEMA_FILE } from './generate-plan-schema.ts';
import { schemaText } from './schema-text.ts';

it(`${PLAN_SCHEMA_FILE} is what the source says (else run: node scripts/generate-plan-schema.ts)`, async () => {
  expect(await readFile(join(packageRoot, PLAN_SCHEMA_FILE), 'utf8')).toBe(schemaText(planJsonSchema()));
});
