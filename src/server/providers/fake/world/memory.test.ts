import { describeWorld } from '../testing/describe-world.ts';
import { createMemoryWorld } from './memory.ts';

describeWorld('memory', createMemoryWorld);
