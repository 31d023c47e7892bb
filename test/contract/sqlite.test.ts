import { describeStore } from './describe-store.ts';
import { sqliteFixture } from './sqlite-fixture.ts';

describeStore('SQLite', sqliteFixture);
