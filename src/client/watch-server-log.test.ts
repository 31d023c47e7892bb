import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { expect, it, onTestFinished } from 'vitest';
import { RpcError } from '../wire/errors.ts';
import { WatchServerLogResponseSchema } from '../wire/gen/baremetal/v1/server_service_pb.ts';
import { parseAddress } from './address.ts';
import { connect } from './client.ts';
import { startDouble } from './server-double.ts';

const line = (message: string, at: number) =>
  create(WatchServerLogResponseSchema, { entry: { ts: timestampFromMs(at), message } });

/** The first lines that a client gives out, where each call to the server has these and is lost behind them. */
async function given(calls: readonly (readonly ReturnType<typeof line>[])[], count: number) {
  const tails: number[] = [];
  const server = await startDouble({
    server: {
      async *watchServerLog({ tail }) {
        const lines = calls[tails.length] ?? [];
        tails.push(tail);
        yield* lines;
        throw new RpcError({ code: 'UNAVAILABLE', reason: 'SHUTTING_DOWN', message: 'bye' });
      },
    },
  });
  const client = connect({ address: parseAddress(`127.0.0.1:${server.port}`), backOff: { initialMs: 5, capMs: 10 } });
  onTestFinished(() => {
    client.close();
    server.kill();
  });
  const seen: string[] = [];
  for await (const { entry } of client.watchServerLog({ tail: 3 })) {
    seen.push(entry?.message ?? '');
    if (seen.length === count) break;
  }
  return { seen, tails };
}

it('goes on across losses, and gives out no line twice, not even of one moment', async () => {
  const [a, b, c, d] = [line('a', 1), line('b', 2), line('c', 2), line('d', 2)];
  const answer = await given(
    [
      [a, b, c],
      [a, b, c],
      [b, c, d, line('e', 3)],
    ],
    5,
  );
  expect(answer).toEqual({ seen: ['a', 'b', 'c', 'd', 'e'], tails: [3, 3, 3] });
});

it('gives out a line that is said twice in one moment, as long as nothing comes again', async () => {
  const { seen } = await given([[line('a', 1), line('a', 1)]], 2);
  expect(seen).toEqual(['a', 'a']);
});

it('loses nothing to a clock that is set back', async () => {
  const { seen } = await given(
    [
      [line('a', 9), line('b', 2)],
      [line('b', 2), line('c', 3), line('d', 1)],
    ],
    4,
  );
  expect(seen).toEqual(['a', 'b', 'c', 'd']);
});
