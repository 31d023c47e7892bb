import type { DescMessage, DescMethod, JsonValue, MessageShape } from '@bufbuild/protobuf';
import { toBinary, toJson } from '@bufbuild/protobuf';

/** One call as it went over the wire; the same object for as long as nothing about it changes. */
export interface CallRecord {
  /** Counts the calls of this client from 1. */
  readonly id: number;
  /** `baremetal.v1.RunService/StartRun`. */
  readonly method: string;
  readonly kind: 'unary' | 'stream';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds until the answer or the end of the stream; null while it is open. */
  readonly durationMs: number | null;
  /** `OK`, a code such as `NOT_FOUND`, or null while it is open. */
  readonly status: string | null;
  /** What an error said; empty otherwise. */
  readonly error: string;
  /** proto3 JSON. */
  readonly request: JsonValue;
  /** The answer, or the last message of a stream, in proto3 JSON; null where there was none or it was too long to keep. */
  readonly answer: JsonValue | null;
  /** How many messages came. */
  readonly messages: number;
}

/** The last calls of a client, the newest last; the oldest go when there are more than it keeps. */
export interface CallLog {
  /** The calls, as they are now. */
  calls(): readonly CallRecord[];
  /** Calls `listener` after every change, until the function that it answers is called. */
  subscribe(listener: () => void): () => void;
}

/** How many calls are kept. */
const MAX_CALLS = 100;

/** An answer that is longer is not kept: a hundred full pages of machines would be as many megabytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** A call that is being recorded. */
export interface Recording {
  answer(message: MessageShape<DescMessage>): void;
  end(status: string, error?: string): void;
}

/** Records calls. Messages turn into JSON when somebody looks, not when they pass. */
export class CallRecorder implements CallLog {
  readonly #entries: Entry[] = [];
  readonly #listeners = new Set<() => void>();
  #count = 0;

  /** Begins to record one call. */
  begin(method: DescMethod, request: MessageShape<DescMessage>): Recording {
    this.#count += 1;
    const entry = new Entry(this.#count, method, request, () => this.#changed());
    this.#entries.push(entry);
    if (this.#entries.length > MAX_CALLS) this.#entries.shift();
    this.#changed();
    return entry;
  }

  calls(): readonly CallRecord[] {
    return this.#entries.map((entry) => entry.record());
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

class Entry implements Recording {
  readonly #id: number;
  readonly #method: DescMethod;
  readonly #request: MessageShape<DescMessage>;
  readonly #changed: () => void;
  readonly #startedAt = Date.now();
  readonly #startedMonotonic = performance.now();
  #picture: CallRecord | null = null;
  #answer: MessageShape<DescMessage> | null = null;
  #messages = 0;
  #end: { readonly durationMs: number; readonly status: string; readonly error: string } | null = null;

  constructor(id: number, method: DescMethod, request: MessageShape<DescMessage>, changed: () => void) {
    this.#id = id;
    this.#method = method;
    this.#request = request;
    this.#changed = () => {
      this.#picture = null;
      changed();
    };
  }

  answer(message: MessageShape<DescMessage>): void {
    this.#messages += 1;
    // A stream's messages are single machines, runs and lines; only the answer of a list can be long.
    const long = this.#method.methodKind === 'unary' && this.#size(message) > MAX_ANSWER_BYTES;
    this.#answer = long ? null : message;
    this.#changed();
  }

  end(status: string, error = ''): void {
    if (this.#end !== null) return;
    this.#end = { durationMs: performance.now() - this.#startedMonotonic, status, error };
    this.#changed();
  }

  #size(message: MessageShape<DescMessage>): number {
    return toBinary(this.#method.output, message).byteLength;
  }

  record(): CallRecord {
    this.#picture ??= this.#draw();
    return this.#picture;
  }

  #draw(): CallRecord {
    const { input, output, parent, name, methodKind } = this.#method;
    const [request, answer] = [this.#request, this.#answer];
    return {
      id: this.#id,
      method: `${parent.typeName}/${name}`,
      kind: methodKind === 'unary' ? 'unary' : 'stream',
      startedAt: this.#startedAt,
      durationMs: this.#end?.durationMs ?? null,
      status: this.#end?.status ?? null,
      error: this.#end?.error ?? '',
      get request() {
        return toJson(input, request);
      },
      get answer() {
        return answer === null ? null : toJson(output, answer);
      },
      messages: this.#messages,
    };
  }
}
