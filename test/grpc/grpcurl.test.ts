import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { parseAddress } from '../../src/client/address.ts';
import { connect } from '../../src/client/client.ts';
import { grpcurlCommand } from '../../src/client/grpcurl.ts';
import { startGrpc } from '../support/grpc.ts';

/** A grpcurl for bash out of buf's own: of what grpcurl is told, it takes what the console tells it. */
const GRPCURL = `
grpcurl() {
  local headers=() data='{}'
  while [[ $1 == -* ]]; do
    case $1 in
      -plaintext) shift ;;
      -H) headers+=(-H "$2"); shift 2 ;;
      -d) data=$2; shift 2 ;;
      *) echo "unknown option $1" >&2; return 2 ;;
    esac
  done
  "$BUF" curl --protocol grpc --http2-prior-knowledge --reflect "\${headers[@]}" -d "$data" "http://$1/$2"
}
`;

test('what the command line sends through reflection is the recorded call, and gets the same answer', async () => {
  const { address } = await startGrpc();
  const client = connect({ address: parseAddress(address), user: 'o.brien+x', record: true });
  onTestFinished(() => client.close());
  const labels = { note: `it's "$HOME" \`id\` \\n !!` };
  const request = { machine: { machineId: 'machine-1', spec: { provider: 'fake' }, labels } };
  await client.machines.registerMachine(request);
  await client.runs.startRun({ machineId: 'machine-1', requestId: 'once', type: 'REBOOT', reason: `it's "$HOME"` });
  const call = client.calls?.calls().at(-1);
  if (call === undefined) throw new Error('nothing was recorded');
  const command = grpcurlCommand(call, { address: client.address, user: client.user });
  const env = { ...process.env, BUF: join(process.cwd(), 'node_modules', '.bin', 'buf') };
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', `${GRPCURL}${command}`], { env });
  // The same request id: the server answers with the run that it had accepted.
  const { runId, reason, initiatedBy } = JSON.parse(stdout);
  const run = await client.runs.getRun({ runId });
  expect(call.answer).toMatchObject({ runId });
  expect([reason, initiatedBy]).toEqual([run.reason, 'o.brien+x']);
  expect(reason).toBe(`it's "$HOME"`);
});
