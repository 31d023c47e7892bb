import { differential } from './differential.ts';
import { memoryFixture } from './memory-fixture.ts';
import { sqliteFixture } from './sqlite-fixture.ts';

differential({ memory: memoryFixture, SQLite: sqliteFixture }, 60);
