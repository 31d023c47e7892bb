import type { ConsoleBackend } from '../backend.ts';
import type { Source } from './list-feed.ts';

/** The runs that match, the newest first. @param query in the server's grammar; empty: all */
export function runsSource<Key extends 'runs' | 'machineRuns'>(
  key: Key,
  query: string,
  backend: ConsoleBackend,
): Source<Key> {
  return {
    key,
    query,
    page: async (pageToken, pageSize, signal) => {
      const { runs, nextPageToken } = await backend.listRuns({ filter: query, pageToken, pageSize }, signal);
      return { rows: runs, more: nextPageToken, cursor: '' };
    },
    async *watch(_first, signal, onRestart) {
      for await (const { snapshot, kind } of backend.watchRuns(query, signal, onRestart)) {
        if (snapshot === undefined) continue;
        if (kind === 'LEFT') yield { kind: 'drop', id: snapshot.runId };
        else yield { kind: 'row', row: snapshot };
      }
    },
  };
}

/** The events that match, the newest first. @param query in the server's grammar; empty: all */
export function eventsSource(query: string, backend: ConsoleBackend): Source<'events'> {
  return {
    key: 'events',
    query,
    page: async (pageToken, pageSize, signal) => {
      const answer = await backend.listEvents({ filter: query, pageToken, pageSize }, signal);
      return { rows: answer.events, more: answer.nextPageToken, cursor: answer.cursor };
    },
    async *watch({ cursor }, signal, onRestart) {
      for await (const row of backend.watchEvents(query, cursor, signal, onRestart)) yield { kind: 'row', row };
    },
  };
}

/** The plans that there are when it is asked. */
export function plansSource(backend: ConsoleBackend): Source<'plans'> {
  return {
    key: 'plans',
    query: '',
    page: async (_pageToken, _pageSize, signal) => {
      const rows = await backend.listPlans(signal);
      return { rows, more: '', cursor: '' };
    },
    // Nobody can watch plans: they change when somebody makes one.
    async *watch() {},
  };
}
