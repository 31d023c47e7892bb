import type { DescMessage, DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';

/**
 * A message that has been encoded already. Handlers may send it in place of the message itself: its bytes go out as
 * they are, so that one event that a thousand watchers see is encoded once and not a thousand times. (It is still
 * copied once a stream, into grpc-js's own frame.)
 */
export class Encoded<Desc extends DescMessage = DescMessage> {
  /** What the bytes encode; also tells `Encoded` of different messages apart in types. */
  readonly desc: Desc;
  readonly bytes: Buffer;

  constructor(desc: Desc, bytes: Buffer) {
    this.desc = desc;
    this.bytes = bytes;
  }
}

/** What may be sent where a message of that kind is due: the message, or its bytes. */
export type Outgoing<Desc extends DescMessage> = MessageShape<Desc> | Encoded<Desc>;

/** Encodes a message once, to be sent to many. Changing the message afterwards changes nothing. */
export function encodeOnce<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): Encoded<Desc> {
  return new Encoded(desc, toBuffer(toBinary(desc, message)));
}

/** How grpc-js is to encode and decode a method; serializers take messages and `Encoded` alike. */
export function methodDefinition<Input extends DescMessage, Output extends DescMessage>(
  method: DescMethod & { readonly input: Input; readonly output: Output },
): MethodDefinition<Outgoing<Input>, Outgoing<Output>> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: serializer(method.input),
    requestDeserialize: deserializer(method.input),
    responseSerialize: serializer(method.output),
    responseDeserialize: deserializer(method.output),
  };
}

/** What grpc-js's `Server.addService` takes, made from a generated service descriptor; keys are the local names. */
export function serviceDefinition(service: DescService): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(method)]));
}

function serializer<Desc extends DescMessage>(desc: Desc): (value: Outgoing<Desc>) => Buffer {
  return (value) => (value instanceof Encoded ? value.bytes : toBuffer(toBinary(desc, value)));
}

function deserializer<Desc extends DescMessage>(desc: Desc): (bytes: Buffer) => MessageShape<Desc> {
  return (bytes) => fromBinary(desc, bytes);
}

/** The same memory as a Buffer: grpc-js asks for one, and a copy is not needed. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
