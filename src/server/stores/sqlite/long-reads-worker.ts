import { parentPort } from 'node:worker_threads';
import type { LongTask } from './long-reads-task.ts';
import { carryOut } from './long-reads-task.ts';

// The program of the thread for long reads: one task after another.
parentPort?.on('message', (task: LongTask) => parentPort?.postMessage(carryOut(task)));
