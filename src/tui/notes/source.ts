import type { MessageInitShape } from '@bufbuild/protobuf';
import type { SendCommandRequestSchema, TourState } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import type { ScreenStream } from '../terminal/output.ts';

/** How a notes screen stands with its tour. */
export type NotesState =
  /** There is no tour, or none any more: it is waited for. */
  | { readonly kind: 'waiting'; readonly where: string }
  /** `at`: when this state of the tour came, in ms since 1970. */
  | { readonly kind: 'attached'; readonly address: string; readonly tour: TourState; readonly at: number };

/** What is asked of a tour. */
export type NotesRequest = MessageInitShape<typeof SendCommandRequestSchema>;

/** What a notes screen shows and drives. */
export interface NotesSource {
  readonly state: NotesState;
  /** Calls `listener` after every change, until the function that it answers is called. */
  subscribe(listener: () => void): () => void;
  /** Sends a command; answers why it was not taken, as a sentence, empty if it was. */
  send(request: NotesRequest): Promise<string>;
}

/** The terminal that a notes screen is drawn on and typed into. */
export interface NotesStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: ScreenStream;
}
