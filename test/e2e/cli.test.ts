import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CliProcess } from './cli-process.ts';

const started: CliProcess[] = [];
let server: CliProcess;
let address: string;

function bmdemo(words: readonly string[], env: NodeJS.ProcessEnv = {}): CliProcess {
  const command = new CliProcess(words, { BMDEMO_SERVER: address, BMDEMO_USER: 'lin', ...env });
  started.push(command);
  return command;
}

/** A server of its own, in memory and on a free port, and where it listens. */
async function serve(...words: string[]): Promise<{ process: CliProcess; address: string }> {
  const process = new CliProcess(['serve', '--port', '0', '--store', 'memory', ...words]);
  started.push(process);
  const line = await process.line(/ listens on /);
  return { process, address: line.split(' ').at(-1) ?? '' };
}

beforeAll(async () => {
  ({ process: server, address } = await serve('--speed', '5', '--fault', 'machine-2/repave-image=hang'));
  started.splice(0);
  await bmdemo(['import', '3']).outcome();
});

afterEach(() => {
  for (const command of started.splice(0)) command.kill('SIGKILL');
});

afterAll(() => server.kill('SIGKILL'));

describe('without a command and without a terminal', () => {
  it('shows the main job: import, repave with steps and log, phases, outcome', async () => {
    const { code, out, err } = await bmdemo([], { BMDEMO_SPEED: '20' }).outcome();
    expect(code).toBe(0);
    expect(out).toMatch(
      /^\$ bmdemo import 3\n3 machines: 3 new\n\n\$ bmdemo repave machine-1\nrun [0-9a-z]{16} of machine-1/,
    );
    expect(out).toMatch(/ repave-image +\| /);
    expect(out).toMatch(/machine-1 is IN_SERVICE\n/);
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^run [0-9a-z]{16} of machine-1 SUCCEEDED after /);
    expect(out).not.toContain('\u001b');
    expect(err).toContain('a server of its own on 127.0.0.1:');
  });

  it('ends with the code of the run', async () => {
    const env = { BMDEMO_SPEED: '50', BMDEMO_FAULT: 'machine-1/set-netboot=fail,terminal' };
    const { code, out } = await bmdemo([], env).outcome();
    expect(code).toBe(1);
    expect(out).toContain(' FAILED after ');
  });
});

it('ends when it is over, whatever in it could not be closed, and all that it said has gone out', async () => {
  const left = 'data:text/javascript,setInterval(() => {}, 1000)';
  const { code, out } = await bmdemo(['help', 'repave'], { NODE_OPTIONS: `--import "${left}"` }).outcome();
  expect(code).toBe(0);
  expect(out).toContain('Usage: bmdemo repave');
});

describe('Ctrl-C', () => {
  it('while a run is followed leaves it going, and says so', async () => {
    const following = bmdemo(['repave', 'machine-2']);
    await following.line(/repave-image +begins/);
    following.kill('SIGINT');
    const { code, err, out } = await following.outcome();
    expect(code).toBe(130);
    const run = /^run ([0-9a-z]+) /.exec(out)?.[1];
    expect(err).toContain(`detached; run ${run} goes on`);
    const { out: shown } = await bmdemo(['run', run ?? '', '-o', 'json']).outcome();
    expect(JSON.parse(shown).phase).toBe('RUNNING');
    expect((await bmdemo(['cancel', run ?? '']).outcome()).code).toBe(0);
  });

  it('ends a watch', async () => {
    const watching = bmdemo(['watch', 'machine-3']);
    await watching.line(/machine-3 {2}FACTORY_READY/);
    watching.kill('SIGINT');
    expect(await watching.outcome()).toMatchObject({ code: 130, err: '' });
  });
});

describe('a watch', () => {
  it('shows the phases that a machine passes', async () => {
    const watching = bmdemo(['watch', 'machine-3', '--machines', '-o', 'json']);
    await watching.line(/"kind":"SNAPSHOT"/);
    expect((await bmdemo(['repave', 'machine-3']).outcome()).code).toBe(0);
    await watching.line(/"phase":"IN_SERVICE"/);
    watching.kill('SIGINT');
    const { out } = await watching.outcome();
    const phases = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).snapshot.status.phase);
    expect([...new Set(phases)]).toEqual(['FACTORY_READY', 'PROVISIONING', 'READY', 'IN_SERVICE']);
  });
});

describe('output that nobody reads', () => {
  it('ends the command quietly', async () => {
    const watching = bmdemo(['watch', '-o', 'json']);
    await watching.line(/SNAPSHOT/);
    watching.process.stdout?.destroy();
    await bmdemo(['import', '4']).outcome();
    expect(await watching.outcome()).toMatchObject({ code: 141, err: '' });
  });
});

describe('serve', () => {
  it('ends cleanly on SIGTERM while a watcher is there and a run is going, and says what is lost', async () => {
    const own = await serve('--fault', 'machine-1/repave-image=hang', '--log-level', 'error');
    const env = { BMDEMO_SERVER: own.address };
    await bmdemo(['import', '2'], env).outcome();
    const watching = bmdemo(['watch'], env);
    await watching.line(/machine-2/);
    await bmdemo(['repave', 'machine-1', '--detach'], env).outcome();
    await watching.line(/repave-image begins/);
    own.process.kill('SIGTERM');
    const { code, err } = await own.process.outcome();
    expect(code).toBe(0);
    expect(err).toMatch(/stopped; .*2 machines with their history are gone; 1 run had not ended\n/);
    await watching.line(/; trying to reach it again$/);
  });

  it('ends at once on the second signal', async () => {
    const own = await serve('--fault', 'machine-1/set-netboot=ignore-abort');
    const env = { BMDEMO_SERVER: own.address };
    await bmdemo(['import', '1'], env).outcome();
    const following = bmdemo(['repave', 'machine-1'], env);
    await following.line(/begins/);
    own.process.kill('SIGINT');
    await own.process.line(/SIGINT: stopping/);
    own.process.kill('SIGTERM');
    expect((await own.process.outcome()).code).toBe(143);
  });

  it('says who has its port', async () => {
    const { code, out, err } = await bmdemo(['serve', '--listen', address, '--store', 'memory']).outcome();
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^error: cannot listen on .*: bmdemo \d+\.\d+\.\d+ \(memory store, instance .*\) has it; .*\n$/,
    );
  });

  it('says that something else has its port', async () => {
    const other = createServer((socket) => socket.end('220 mail\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const bound = other.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const { code, err } = await bmdemo(['serve', '--port', String(port), '--store', 'memory']).outcome();
    other.close();
    expect(code).toBe(1);
    expect(err).toMatch(/^error: .* something that is not bmdemo has it; --port 0 takes a free one\n$/);
  });
});

describe('the console without a terminal', () => {
  it('says what to use instead', async () => {
    const { code, out, err } = await bmdemo(['tui']).outcome();
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: The console needs a terminal.*`bmdemo list`.*\n$/);
  });
});

describe('completion', () => {
  it('is a script that bash can read, and that completes commands, options and ids', async () => {
    const { code, out } = await bmdemo(['completion', 'bash']).outcome();
    expect(code).toBe(0);
    const complete = (...words: string[]) => {
      const quoted = words.map((word) => `'${word}'`).join(' ');
      const stub = "bmdemo() { printf 'machine/machine-1\\nmachine/machine-2\\n'; }";
      const ask = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _bmdemo; echo "\${COMPREPLY[@]}"`;
      const answer = spawnSync('bash', ['-c', `${stub}\n${out}\n${ask}`], { encoding: 'utf8' });
      expect(answer.stderr).toBe('');
      return answer.stdout.trim();
    };
    expect(complete('bmdemo', 'rep')).toBe('repave');
    expect(complete('bmdemo', 'repave', '--ack')).toBe('--acknowledge --acknowledge-cluster');
    expect(complete('bmdemo', 'reboot', 'mach')).toBe('machine-1 machine-2');
    expect(complete('bmdemo', 'list', '-o', 'j')).toBe('json');
  });

  it.each([
    ['zsh', '#compdef bmdemo'],
    ['fish', '# fish completion for bmdemo'],
  ])('is there for %s', async (shell, head) => {
    const { code, out } = await bmdemo(['completion', shell]).outcome();
    expect(code).toBe(0);
    expect(out.startsWith(head)).toBe(true);
    expect(out).toContain('net-reconfig');
  });
});
