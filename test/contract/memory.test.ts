import { describeStore } from './describe-store.ts';
import { memoryFixture } from './memory-fixture.ts';

describeStore('memory', memoryFixture);
