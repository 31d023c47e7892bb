import type { DescFile, DescMessage, DescService } from '@bufbuild/protobuf';
import { create, toBinary } from '@bufbuild/protobuf';
import { nestedTypes } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { ServiceHandlers } from '../wire/bridge-server.ts';
import { Code } from '../wire/gen/google/rpc/code_pb.ts';
import { file_google_rpc_error_details } from '../wire/gen/google/rpc/error_details_pb.ts';
import type { ServerReflection, ServerReflectionRequest } from '../wire/gen/grpc/reflection/v1/reflection_pb.ts';
import { ServerReflectionResponseSchema } from '../wire/gen/grpc/reflection/v1/reflection_pb.ts';
import type {
  ServerReflection as ServerReflectionAlpha,
  ServerReflectionRequest as ServerReflectionRequestAlpha,
} from '../wire/gen/grpc/reflection/v1alpha/reflection_pb.ts';
import { ServerReflectionResponseSchema as ServerReflectionResponseAlphaSchema } from '../wire/gen/grpc/reflection/v1alpha/reflection_pb.ts';

/** Server reflection in the version that tools ask for first, and in the one that older tools know. */
export interface ReflectionHandlers {
  readonly v1: ServiceHandlers<typeof ServerReflection>;
  readonly v1alpha: ServiceHandlers<typeof ServerReflectionAlpha>;
}

/**
 * Lets tools call a server of exactly these services with no proto files at hand.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function reflectionHandlers(services: readonly DescService[]): ReflectionHandlers {
  const index = new DescriptorIndex(services);
  return {
    v1: {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          yield create(ServerReflectionResponseSchema, {
            validHost: request.host,
            originalRequest: request,
            messageResponse: index.answer(request.messageRequest),
          });
        }
      },
    },
    v1alpha: {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          yield create(ServerReflectionResponseAlphaSchema, {
            validHost: request.host,
            originalRequest: request,
            messageResponse: index.answer(request.messageRequest),
          });
        }
      },
    },
  };
}

/** What either version asks; they differ in the names of their messages alone. */
type Question = (ServerReflectionRequest | ServerReflectionRequestAlpha)['messageRequest'];

type Answer =
  | { case: 'fileDescriptorResponse'; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: 'allExtensionNumbersResponse'; value: { baseTypeName: string; extensionNumber: number[] } }
  | { case: 'listServicesResponse'; value: { service: { name: string }[] } }
  | { case: 'errorResponse'; value: { errorCode: number; errorMessage: string } };

/**
 * Every name that the services' files and their dependencies declare, by what asks for it; and what the details of errors are:
 * no file imports those, and a tool cannot print an answer whose `Any` it cannot look up.
 */
class DescriptorIndex {
  readonly #services: { name: string }[];
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  /** By extended type, then by field number. */
  readonly #extensions = new Map<string, Map<number, DescFile>>();
  readonly #bytes = new Map<DescFile, Uint8Array>();

  constructor(services: readonly DescService[]) {
    this.#services = services.map((service) => ({ name: service.typeName })).sort((a, b) => (a.name < b.name ? -1 : 1));
    const roots = [...services.map((service) => service.file), file_google_rpc_error_details];
    for (const root of roots) for (const file of withDependencies(root)) this.#add(file);
  }

  answer(question: Question): Answer {
    switch (question.case) {
      case 'listServices':
        return { case: 'listServicesResponse', value: { service: this.#services } };
      case 'fileByFilename':
        return this.#found(this.#files.get(question.value), `file ${question.value}`);
      case 'fileContainingSymbol':
        return this.#found(this.#symbols.get(question.value), `symbol ${question.value}`);
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = question.value;
        const file = this.#extensions.get(containingType)?.get(extensionNumber);
        return this.#found(file, `extension ${extensionNumber} of ${containingType}`);
      }
      case 'allExtensionNumbersOfType': {
        const baseTypeName = question.value;
        if (!this.#symbols.has(baseTypeName)) return failed(Code.NOT_FOUND, `there is no type ${baseTypeName} here`);
        const extensionNumber = [...(this.#extensions.get(baseTypeName)?.keys() ?? [])];
        return { case: 'allExtensionNumbersResponse', value: { baseTypeName, extensionNumber } };
      }
      default:
        return failed(Code.INVALID_ARGUMENT, 'the request asks for nothing that this server knows');
    }
  }

  /** The file, then everything that it needs: not every tool asks again. */
  #found(file: DescFile | undefined, what: string): Answer {
    if (file === undefined) return failed(Code.NOT_FOUND, `there is no ${what} here`);
    const fileDescriptorProto = [...withDependencies(file)].map((each) => this.#encode(each));
    return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
  }

  #encode(file: DescFile): Uint8Array {
    const bytes = this.#bytes.get(file) ?? toBinary(FileDescriptorProtoSchema, file.proto);
    this.#bytes.set(file, bytes);
    return bytes;
  }

  #add(file: DescFile): void {
    if (this.#files.has(file.proto.name)) return;
    this.#files.set(file.proto.name, file);
    for (const type of nestedTypes(file)) {
      this.#symbols.set(type.typeName, file);
      if (type.kind === 'message') for (const name of membersOf(type)) this.#symbols.set(name, file);
      if (type.kind === 'service') {
        for (const method of type.methods) this.#symbols.set(`${type.typeName}.${method.name}`, file);
      }
      if (type.kind === 'enum') {
        // A value's full name is that of its enum's sibling, as in C++.
        const scope = type.typeName.slice(0, type.typeName.lastIndexOf('.') + 1);
        for (const value of type.values) this.#symbols.set(`${scope}${value.name}`, file);
      }
      if (type.kind === 'extension') {
        const numbers = this.#extensions.get(type.extendee.typeName) ?? new Map<number, DescFile>();
        this.#extensions.set(type.extendee.typeName, numbers.set(type.number, file));
      }
    }
  }
}

function membersOf(message: DescMessage): string[] {
  return [...message.fields, ...message.oneofs].map((member) => `${message.typeName}.${member.name}`);
}

/** The file and all that it imports, directly or not, each once, the file itself first. */
function withDependencies(file: DescFile, seen = new Set<DescFile>()): Set<DescFile> {
  if (!seen.has(file)) {
    seen.add(file);
    for (const dependency of file.dependencies) withDependencies(dependency, seen);
  }
  return seen;
}

function failed(errorCode: number, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}
