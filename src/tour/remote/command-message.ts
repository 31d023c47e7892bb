import { durationMs } from '@bufbuild/protobuf/wkt';
import type { SendCommandRequest } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import { Command } from '../../wire/gen/bmdemo/v1/remote_pb.ts';
import type { TourCommand } from '../director/input.ts';

/** The longest time that a remote may have a beat shown, in milliseconds. */
const LONGEST_INTERVAL_MS = 3_600_000;

/** What a remote asks for; undefined: nothing that there is. */
export function commandOfMessage(request: SendCommandRequest): TourCommand | undefined {
  const { on } = request;
  switch (request.command) {
    case Command.NEXT:
      return { name: 'next' };
    case Command.BACK:
      return { name: 'back' };
    case Command.AGAIN:
      return { name: 'again' };
    case Command.SKIP:
      return { name: 'skip' };
    case Command.RESTART:
      return { name: 'restart' };
    case Command.QUIT:
      return { name: 'quit' };
    case Command.GOTO:
      return { name: 'goto', chapter: request.chapter };
    case Command.QUESTION:
      return { name: 'question', number: request.question };
    case Command.PAUSE:
      return { name: 'pause', on };
    case Command.NOTES:
      return { name: 'notes', on };
    case Command.BLANK:
      return { name: 'blank', on };
    case Command.EXPLORE:
      return { name: 'explore', on };
    case Command.AUTO: {
      if (request.interval === undefined) return { name: 'auto', on };
      const ms = Math.min(LONGEST_INTERVAL_MS, Math.max(0, durationMs(request.interval)));
      return { name: 'auto', on, pace: { kind: 'fixed', ms } };
    }
    default:
      return undefined;
  }
}
