import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import pg from 'pg';

/** Something between servers and PostgreSQL that hands out its few sessions transaction by transaction, as poolers do. */
export interface Pooler {
  /** The URL of the database, by way of the pooler. */
  readonly url: string;
  close(): Promise<void>;
}

/** A session with PostgreSQL, whose answers go to whoever has it. */
interface Session {
  readonly client: pg.Client;
  readonly stream: Socket;
  taker: Guest | null;
}

/** Bytes of a message's type and length. */
const HEAD = 5;
const READY_FOR_QUERY = 'Z';
/** Messages that end what a client says for now: Query and Sync. */
const ENDS_SAYING = new Set(['Q', 'S']);

/**
 * Opens a pooler with so many sessions. It knows no more of the protocol than where messages begin, when a session is free
 * again (`I` in ReadyForQuery), and how to greet without a password.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export async function openPooler(url: string, sessions: number): Promise<Pooler> {
  const pool: Session[] = [];
  for (let at = 0; at < sessions; at += 1) pool.push(await openSession(url, () => serve()));
  const queue: Guest[] = [];
  const guests = new Set<Guest>();

  /** Gives free sessions to guests who have something to say, the one that was free longest first. */
  const serve = () => {
    for (const guest of [...queue]) {
      const free = pool.findIndex(({ taker }) => taker === null);
      const session = pool[free];
      if (session === undefined) return;
      queue.splice(queue.indexOf(guest), 1);
      pool.push(...pool.splice(free, 1));
      session.taker = guest;
      guest.session = session;
      guest.flush();
    }
  };

  const server = createServer((socket) => {
    const guest = new Guest(socket, () => {
      if (guest.session === null && !queue.includes(guest)) queue.push(guest);
      serve();
    });
    guests.add(guest);
    socket.on('close', () => guests.delete(guest));
  });
  const port = await listening(server);
  const other = new URL(url);
  other.host = `127.0.0.1:${port}`;
  return {
    url: other.href,
    async close() {
      for (const { socket } of guests) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      for (const { client } of pool) client.connection.stream.destroy();
    },
  };
}

/** A client of the pooler. What it says waits until it has a session. */
class Guest {
  readonly socket: Socket;
  session: Session | null = null;
  readonly #wants: () => void;
  #input = Buffer.alloc(0);
  #waiting: Buffer[] = [];
  #greeted = false;

  constructor(socket: Socket, wants: () => void) {
    this.socket = socket;
    this.#wants = wants;
    socket.on('error', () => {});
    socket.on('data', (data) => this.#read(data));
  }

  /** Says to its session what has waited. */
  flush(): void {
    for (const message of this.#waiting.splice(0)) this.session?.stream.write(message);
  }

  #read(data: Buffer): void {
    this.#input = Buffer.concat([this.#input, data]);
    if (!this.#greeted) this.#greet();
    let complete = false;
    while (this.#greeted && this.#input.length >= HEAD) {
      const length = this.#input.readUInt32BE(1) + 1;
      if (this.#input.length < length) break;
      const message = this.#input.subarray(0, length);
      this.#input = this.#input.subarray(length);
      const type = String.fromCharCode(message[0] ?? 0);
      if (type === 'X') {
        this.socket.end();
        return;
      }
      this.#waiting.push(Buffer.from(message));
      complete ||= ENDS_SAYING.has(type);
    }
    if (this.session !== null) this.flush();
    else if (complete) this.#wants();
  }

  /** The startup message has no type; the answers are AuthenticationOk, BackendKeyData and ReadyForQuery. */
  #greet(): void {
    if (this.#input.length < 4 || this.#input.length < this.#input.readUInt32BE(0)) return;
    this.#input = this.#input.subarray(this.#input.readUInt32BE(0));
    this.#greeted = true;
    this.socket.write(
      Buffer.from([
        ...[0x52, 0, 0, 0, 8, 0, 0, 0, 0],
        ...[0x4b, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1],
        ...[0x5a, 0, 0, 0, 5, 0x49],
      ]),
    );
  }
}

/** Logs in by means of the driver, then takes the connection away from it. */
async function openSession(url: string, freed: () => void): Promise<Session> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  const stream = client.connection.stream as Socket;
  stream.removeAllListeners('data');
  const session: Session = { client, stream, taker: null };
  let input = Buffer.alloc(0);
  stream.on('data', (data: Buffer) => {
    input = Buffer.concat([input, data]);
    while (input.length >= HEAD) {
      const length = input.readUInt32BE(1) + 1;
      if (input.length < length) return;
      const message = Buffer.from(input.subarray(0, length));
      input = input.subarray(length);
      const { taker } = session;
      const isFree = String.fromCharCode(message[0] ?? 0) === READY_FOR_QUERY && message[HEAD] === 0x49;
      if (isFree) {
        session.taker = null;
        if (taker !== null) taker.session = null;
      }
      taker?.socket.write(message);
      if (isFree) freed();
    }
  });
  return session;
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
