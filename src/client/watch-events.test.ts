import { create } from '@bufbuild/protobuf';
import { expect, it, onTestFinished } from 'vitest';
import { RpcError } from '../wire/errors.ts';
import { ListEventsResponseSchema, WatchEventsResponseSchema } from '../wire/gen/baremetal/v1/event_service_pb.ts';
import { parseAddress } from './address.ts';
import { connect } from './client.ts';
import type { StreamState } from './resume.ts';
import { startDouble } from './server-double.ts';

const row = (cursor: number) => create(WatchEventsResponseSchema, { event: { cursor: String(cursor) } });

/** A trail that ends at `end` when it is asked for, and that is lost after every second row. */
async function losing(end: string, expired: ReadonlySet<string> = new Set()) {
  const places: string[] = [];
  const server = await startDouble({
    events: {
      listEvents: async () => create(ListEventsResponseSchema, { cursor: end }),
      async *watchEvents({ afterCursor, filter }) {
        places.push(`${filter} ${afterCursor}`);
        if (expired.has(afterCursor)) {
          throw new RpcError({ code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED', message: 'too old' });
        }
        const from = Number(afterCursor);
        for (let n = from + 1; n <= from + 2; n += 1) yield row(n);
        throw new RpcError({ code: 'UNAVAILABLE', reason: 'SHUTTING_DOWN', message: 'bye' });
      },
    },
  });
  const client = connect({ address: parseAddress(`127.0.0.1:${server.port}`), backOff: { initialMs: 5, capMs: 10 } });
  onTestFinished(() => {
    client.close();
    server.kill();
  });
  const take = async (count: number, afterCursor?: string) => {
    const states: StreamState['kind'][] = [];
    const seen: string[] = [];
    const onState = (state: StreamState) => states.push(state.kind);
    for await (const { cursor } of client.watchEvents({ filter: 'kind=FAILED', afterCursor }, { onState })) {
      seen.push(cursor);
      if (seen.length === count) break;
    }
    return { seen, states: states.filter((kind) => kind !== 'lost') };
  };
  return { places, take };
}

it('begins at the end of the trail, and has every row once across losses', async () => {
  const { places, take } = await losing('7');
  expect(await take(6)).toEqual({
    seen: ['8', '9', '10', '11', '12', '13'],
    states: ['connected', 'resumed', 'resumed'],
  });
  expect(places).toEqual(['kind=FAILED 7', 'kind=FAILED 9', 'kind=FAILED 11']);
});

it('begins behind a cursor, where one is given', async () => {
  const { take } = await losing('7');
  expect((await take(2, '40')).seen).toEqual(['41', '42']);
});

it('begins with what comes next where retention has passed its cursor, and says so', async () => {
  const { places, take } = await losing('7', new Set(['40']));
  expect(await take(2, '40')).toEqual({ seen: ['1', '2'], states: ['connected', 'restarted'] });
  expect(places).toEqual(['kind=FAILED 40', 'kind=FAILED ']);
});
