import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkImports } from './check-imports.ts';

let src: string;

beforeEach(async () => {
  src = await mkdtemp(join(tmpdir(), 'bmdemo-imports-'));
});

afterEach(() => rm(src, { recursive: true }));

/** What the check says of a src/ folder with these files. */
async function sentencesFor(files: Record<string, string>): Promise<string[]> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(src, path)), { recursive: true });
    await writeFile(join(src, path), text);
  }
  return checkImports(src);
}

describe('checkImports', () => {
  it('has nothing to say of a tree that keeps every line', async () => {
    const sentences = await sentencesFor({
      'core/domain/run.ts': "import type { Plan } from './plans/plan.ts';",
      'core/domain/plans/plan.ts': '',
      'core/domain/run.test.ts': "import fc from 'fast-check'; import { it } from 'vitest'; import './run.ts';",
      'core/ports/store.ts': "import type { Run } from '../domain/run.ts';",
      'core/engine/claim.ts': "import '../ports/store.ts'; import '../domain/run.ts';",
      'core/engine/claim.test.ts':
        "import { vi } from 'vitest'; import '../../server/stores/memory/store.ts'; import './testing/world.ts'; import '../../../test/clock.ts';",
      'core/engine/testing/world.ts': "import '../../../server/providers/fake/fake.ts'; import '../claim.ts';",
      'wire/gen/v1/run_pb.ts': "import { file } from '@bufbuild/protobuf/codegenv2';",
      'wire/run.ts': "import './gen/v1/run_pb.ts'; import '../core/domain/run.ts'; import '@grpc/grpc-js';",
      'server/stores/memory/store.ts': "import '../../../core/ports/store.ts'; import '../shared/cursor.ts';",
      'server/stores/shared/cursor.ts': "import 'node:crypto';",
      'server/stores/stores.ts': "import './memory/store.ts';",
      'server/providers/fake/fake.ts': "import '../../../core/domain/run.ts';",
      'server/server.ts': "import './stores/stores.ts'; import '../core/engine/claim.ts'; import '../wire/run.ts';",
      'client/client.ts': "import '../wire/gen/v1/run_pb.ts';",
      'tour/director.ts': "import '../client/client.ts'; import '../wire/run.ts';",
      'tui/app.tsx': "import { Box } from 'ink'; import '../client/client.ts'; export const app = <Box />;",
      'cli/main.ts': "const tui = await import('../tui/app.tsx'); import '../server/server.ts';",
    });
    expect(sentences).toEqual([]);
  });

  it.each([
    [
      'core/domain/run.ts',
      "import 'node:fs';",
      'src/core/domain/run.ts:1 imports node:fs, but the domain imports nothing outside itself.',
    ],
    [
      'core/domain/run.ts',
      "import '../ports/store.ts';",
      'src/core/domain/run.ts:1 imports ../ports/store.ts, but the domain imports nothing outside itself.',
    ],
    [
      'core/domain/run.ts',
      "import 'vitest';",
      'src/core/domain/run.ts:1 imports vitest, but the domain imports nothing outside itself.',
    ],
    [
      'core/domain/run.test.ts',
      "import 'vitest';\nimport 'pg';",
      'src/core/domain/run.test.ts:2 imports pg, but the domain imports nothing outside itself.',
    ],
    [
      'core/ports/store.ts',
      "import type { Claim } from '../engine/claim.ts';",
      'src/core/ports/store.ts:1 imports ../engine/claim.ts, but ports import the domain and nothing else.',
    ],
    [
      'core/engine/claim.ts',
      "// why\n\nexport * from '../../server/stores/memory/store.ts';",
      'src/core/engine/claim.ts:3 imports ../../server/stores/memory/store.ts, but the engine imports domain and ports and nothing else.',
    ],
    [
      'core/engine/claim.test.ts',
      "import '../../server/stores/sqlite/store.ts';",
      'src/core/engine/claim.test.ts:1 imports ../../server/stores/sqlite/store.ts, but the engine imports domain and ports and nothing else.',
    ],
    [
      'server/stores/sqlite/store.ts',
      "import { rows } from '../memory/rows.ts';",
      'src/server/stores/sqlite/store.ts:1 imports ../memory/rows.ts, but stores and providers import ports and domain, never each other and never the engine.',
    ],
    [
      'server/providers/redfish/power.ts',
      "import '../../../core/engine/claim.ts';",
      'src/server/providers/redfish/power.ts:1 imports ../../../core/engine/claim.ts, but stores and providers import ports and domain, never each other and never the engine.',
    ],
    [
      'wire/run.ts',
      "import '../core/ports/store.ts';",
      'src/wire/run.ts:1 imports ../core/ports/store.ts, but wire stands on generated code and the domain.',
    ],
    [
      'server/server.ts',
      "import '../client/client.ts';",
      'src/server/server.ts:1 imports ../client/client.ts, but the server stands on wire and core.',
    ],
    [
      'client/client.ts',
      "export { phases } from '../core/domain/machine.ts';",
      'src/client/client.ts:1 imports ../core/domain/machine.ts, but the client stands on wire; only cli brings the server into the process.',
    ],
    [
      'tui/app.tsx',
      "export const load = () => import('../server/server.ts');",
      'src/tui/app.tsx:1 imports ../server/server.ts, but tui stands on client and wire; only cli brings the server into the process.',
    ],
    [
      'tui/app.tsx',
      "type Engine = import('../core/engine/engine.ts').Engine;",
      'src/tui/app.tsx:1 imports ../core/engine/engine.ts, but tui stands on client and wire; only cli brings the server into the process.',
    ],
    [
      'tour/director.ts',
      "import { Box } from 'ink';",
      'src/tour/director.ts:1 imports ink, but the tour stands on client and wire, and draws nothing itself; only cli brings the server into the process.',
    ],
    [
      'cli/main.ts',
      'const which = process.argv[2];\nawait import(which);',
      'src/cli/main.ts:2 imports something computed, but only an import that is spelled out can be held to a line.',
    ],
    [
      'cli/main.ts',
      "import '../server/testing/start.ts';",
      'src/cli/main.ts:1 imports ../server/testing/start.ts, but only tests import what belongs to tests.',
    ],
    [
      'cli/main.ts',
      "import pkg from '../../package.json' with { type: 'json' };",
      'src/cli/main.ts:1 imports ../../package.json, but a part of src/ imports nothing beside src/.',
    ],
    ['core/clock.ts', '', 'src/core/clock.ts lies in none of the parts that scripts/import-rules.ts knows.'],
  ])('says of %s with %j which line it crossed', async (path, text, sentence) => {
    expect(await sentencesFor({ [path]: text })).toEqual([sentence]);
  });

  it('finds a circle once, by its shortest way, through types too', async () => {
    const sentences = await sentencesFor({
      'core/domain/a.ts': "import './b.ts';",
      'core/domain/b.ts': "import './c.ts'; import './d.ts';",
      'core/domain/c.ts': "import './d.ts';",
      'core/domain/d.ts': "import type { A } from './a.ts';",
    });
    expect(sentences).toEqual([
      'src/core/domain/a.ts → src/core/domain/b.ts → src/core/domain/d.ts → src/core/domain/a.ts is a circle of imports.',
    ]);
  });

  it('takes a file that imports itself for a circle', async () => {
    expect(await sentencesFor({ 'cli/main.ts': "import './main.ts';" })).toEqual([
      'src/cli/main.ts → src/cli/main.ts is a circle of imports.',
    ]);
  });
});
