import { execFileSync } from 'node:child_process';
import type { JsonValue } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddress } from './address.ts';
import type { CallTarget } from './grpcurl.ts';
import { grpcurlCommand, shellQuote } from './grpcurl.ts';

const METHOD = 'baremetal.v1.RunService/StartRun';
const HERE: CallTarget = { address: parseAddress('127.0.0.1:50051'), user: 'lin' };

/** The words that bash gives a grpcurl, and what it gives it on stdin. */
function run(command: string, env: NodeJS.ProcessEnv = {}): { words: string[]; input: string } {
  // Each word ends in a zero byte, which no word can have; what is read comes behind an empty word.
  const script = `grpcurl() { printf '%s\\0' "$@"; printf '\\0'; if [[ " $* " == *' -d @ '* ]]; then cat; fi; }\n${command}\n`;
  const out = execFileSync('bash', ['--norc', '-s'], {
    input: script,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  const [words = '', input = ''] = out.split('\0\0');
  return { words: words.split('\0'), input };
}

describe('the grpcurl command', () => {
  test('is one line that says everything', () => {
    const request = { machineId: 'machine-1', type: 'REPAVE' };
    expect(grpcurlCommand({ method: METHOD, request }, HERE)).toBe(
      `grpcurl -plaintext -H 'x-bmdemo-user: lin' -d '{"machineId":"machine-1","type":"REPAVE"}' 127.0.0.1:50051 ${METHOD}`,
    );
  });

  test('says no more than there is', () => {
    const target = { address: parseAddress('[::1]:7000'), user: '' };
    expect(grpcurlCommand({ method: METHOD, request: {} }, target)).toBe(`grpcurl -plaintext '[::1]:7000' ${METHOD}`);
  });

  test('reaches a socket by its path', () => {
    const target = { address: parseAddress("unix:/run/it's here.sock"), user: '' };
    const { words } = run(grpcurlCommand({ method: METHOD, request: {} }, target));
    expect(words).toEqual(['-plaintext', '-unix', "/run/it's here.sock", METHOD]);
  });

  test('has the files of a secured connection, and no token but its name', () => {
    const target = { ...HERE, user: '', token: true, tls: { ca: 'my ca.pem', serverName: 'bmdemo.example' } };
    const command = grpcurlCommand({ method: METHOD, request: {} }, target);
    expect(command).not.toContain('-plaintext');
    const { words } = run(command, { BMDEMO_TOKEN: 'to"k$en' });
    const header = 'authorization: Bearer to"k$en';
    expect(words).toEqual([
      '-cacert',
      'my ca.pem',
      '-servername',
      'bmdemo.example',
      '-H',
      header,
      '127.0.0.1:50051',
      METHOD,
    ]);
  });

  test('gives a request on stdin that is too long for an argument', () => {
    const request = { reason: `'$(date)\n${'x'.repeat(200_000)}` };
    const { words, input } = run(grpcurlCommand({ method: METHOD, request }, HERE));
    expect(words).toContain('@');
    expect(JSON.parse(input)).toEqual(request);
  });

  test('means in bash exactly what was sent, whatever that is, and nothing in it reaches the terminal as a command', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 40 });
    const spiky = fc.string({
      unit: fc.constantFrom(...`'"\\$\`!#&;|<>(){}[]*?~ \t\r\n\0\x1b\x7f\x9b\u202e\u200b\u2028ä😀`),
      maxLength: 40,
    });
    const request = fc.dictionary(fc.oneof(texts, spiky), fc.oneof(texts, spiky, fc.integer(), fc.boolean()));
    fc.assert(
      fc.property(request, fc.stringMatching(/^[ -~]{0,20}$/), (value, user) => {
        const sent: JsonValue = { ...value };
        const command = grpcurlCommand({ method: METHOD, request: sent }, { ...HERE, user });
        expect(command).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        const { words } = run(command);
        const data = words[words.indexOf('-d') + 1] ?? '';
        expect(words.includes('-d') ? JSON.parse(data) : {}).toEqual(JSON.parse(JSON.stringify(sent)));
        if (user !== '') expect(words[2]).toBe(`x-bmdemo-user: ${user}`);
        expect(words.slice(-2)).toEqual(['127.0.0.1:50051', METHOD]);
      }),
      { numRuns: 100 },
    );
  });

  test('quotes any text for bash', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed() && !text.includes('\0')),
        (text) => {
          expect(run(`grpcurl ${shellQuote(text)}`).words).toEqual([text]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
