#!/usr/bin/env node
// The executable: finds a fit Node and runs the built program, dist/bmdemo.js, on it.
//
// On a fit Node the program runs here, in this process. An older Node starts the one of the `node` package and then
// only waits for it. This file must load on such an older Node too; see fit-node.js for what that rules out.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installedNode, isFit, noFitNode, packageRoot } from './fit-node.js';

/** Set for the program while a launcher waits for it: the number of the descriptor that closes when the launcher dies. */
const LAUNCHER_FD = 'BMDEMO_LAUNCHER_FD';

/** How long an orphaned program may take to end by itself after SIGTERM; the server promises 5 s. */
const ORPHAN_GRACE_MS = 8000;

/** What the launcher passes on to the program. */
const RELAYED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGCONT'];

/** Two of the same signal within this time are one signal that came by two ways; see `dropTwinSignals`. */
const TWIN_MS = 200;

if (isFit(process.versions.node)) {
  runHere();
} else {
  const found = process.env[LAUNCHER_FD]
    ? { problem: 'it is the one that was started in place of an older one' }
    : installedNode();
  if (found.path) handOver(found.path);
  else fail(noFitNode(found.problem));
}

/** Runs the program in this process. */
function runHere() {
  endWithLauncher();
  const program = join(packageRoot, 'dist', 'bmdemo.js');
  if (!existsSync(program)) {
    fail(`bmdemo is not built: run \`npm run build\` in ${packageRoot}.`);
    return;
  }
  dropTwinSignals();
  hideSqliteWarning();
  // Compiling the bundle is a third of the start; V8 keeps what it made of it beside it (a folder that cannot be
  // written is no error).
  module.enableCompileCache(join(packageRoot, 'dist', '.cache'));
  import(pathToFileURL(program).href);
}

/**
 * Ends this process when its launcher is gone, however that went: the launcher holds the other end of a socket, which
 * the system closes even after `kill -9`. The socket is unreferenced and never keeps the program alive.
 */
function endWithLauncher() {
  const fd = process.env[LAUNCHER_FD];
  if (!fd) return;
  // What the program starts has no launcher of its own.
  delete process.env[LAUNCHER_FD];
  const lifeline = new Socket({ fd: Number(fd) });
  lifeline.on('error', () => {});
  lifeline.on('close', () => {
    // As a service manager would: first the polite way, which gives the terminal and the store back in order.
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), ORPHAN_GRACE_MS).unref();
  });
  lifeline.resume();
  lifeline.unref();
}

/**
 * Drops the second of two equal signals that come within TWIN_MS. Ctrl-C reaches every process of the foreground
 * group; the launcher below is in that group, gets it as well and passes it on, and so do npm and npx (to this process
 * itself where `sh` is bash). One key press would arrive here two or three times, and a second SIGINT means "end at
 * once". The relays cannot tell a key press from `kill`, for Node does not show who sent a signal: they pass on
 * everything, and twins are dropped here, where they meet. Signals of the same kind merge in the kernel too while they
 * are pending, so that nobody may count on two.
 *
 * It wraps `emit` in place of listening, so that a signal nobody listens to keeps its default action.
 */
function dropTwinSignals() {
  const emit = process.emit;
  const deliveredAt = new Map(RELAYED.map((signal) => [signal, Number.NEGATIVE_INFINITY]));
  process.emit = function emitOnce(event, ...args) {
    const before = deliveredAt.get(event);
    if (before !== undefined) {
      const now = performance.now();
      if (now - before < TWIN_MS) return true;
      deliveredAt.set(event, now);
    }
    return Reflect.apply(emit, this, [event, ...args]);
  };
}

/** Up to Node 22 node:sqlite calls itself experimental; every other warning is shown. */
function hideSqliteWarning() {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    if (rest[0] === 'ExperimentalWarning' && /^SQLite /.test(String(warning))) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
}

/** Runs this file again on the Node at `path`, and from then on only waits for it. */
function handOver(path) {
  const child = spawn(path, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: Object.assign({}, process.env, { [LAUNCHER_FD]: '3' }),
  });
  child.stdio[3].on('error', () => {});

  // A signal to the launcher alone must reach the program; one to the whole group then reaches it twice, and the
  // program drops the twin (dropTwinSignals).
  for (const signal of RELAYED) process.on(signal, () => child.kill(signal));

  stopWithChild(child);

  child.on('error', (error) => fail(noFitNode(`the one of the \`node\` package does not start (${error.message})`)));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of RELAYED) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    // Still here: the signal does not end this process. The shell's number for it says the same.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 1000);
  });
}

/**
 * Stops this process when the program has stopped itself (Ctrl-Z in the console), or else the shell would go on
 * waiting for a job that does not move. The system says so with SIGCHLD, Linux's /proc tells a stop from an end;
 * elsewhere a program that stops only itself stays stopped alone, and Ctrl-Z in the terminal stops both as ever.
 */
function stopWithChild(child) {
  if (process.platform !== 'linux') return;
  let check;
  process.on('SIGCONT', () => clearTimeout(check));
  process.on('SIGCHLD', () => {
    clearTimeout(check);
    // Not at once: after `fg` the SIGCHLD of the old stop may be seen before the program, continued by the same
    // SIGCONT as this process, runs again, and this process would stop a second time.
    check = setTimeout(() => {
      if (isStopped(child.pid)) process.kill(process.pid, 'SIGTSTP');
    }, 20);
  });
}

/** Whether the process is stopped by a signal: the state in /proc/PID/stat, the field after the name in brackets. */
function isStopped(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2] === 'T';
  } catch (_gone) {
    return false;
  }
}

/** One sentence on stderr, and exit code 1. */
function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
