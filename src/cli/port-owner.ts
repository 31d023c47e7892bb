import type { Address } from '../client/address.ts';
import { connect } from '../client/client.ts';
import { ClientError } from '../client/client-error.ts';
import type { GetServerInfoResponse } from '../wire/gen/baremetal/v1/server_service_pb.ts';

/** What listens at an address. */
export type PortOwner =
  | { readonly kind: 'bmdemo'; readonly info: GetServerInfoResponse }
  /** Something that is not bmdemo. */
  | { readonly kind: 'other' }
  | { readonly kind: 'nobody' };

/** How long what listens may take to say what it is, in milliseconds. */
const ASK_TIMEOUT_MS = 2_000;

/** How grpc-js says that there was no connection at all. */
const NO_CONNECTION =
  /ECONNREFUSED|ENOENT|ENOTSOCK|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EACCES|[Nn]ame resolution/;

/** Asks what listens at an address. */
export async function portOwner(address: Address): Promise<PortOwner> {
  const client = connect({ address, timeoutMs: ASK_TIMEOUT_MS });
  try {
    return { kind: 'bmdemo', info: await client.server.getServerInfo({}) };
  } catch (error) {
    const unmet = error instanceof ClientError && NO_CONNECTION.test(error.description.message);
    return { kind: unmet ? 'nobody' : 'other' };
  } finally {
    client.close();
  }
}

/** Who has the port, in words: `bmdemo 0.1.0, memory store, up since …`. */
export function ownerText(owner: PortOwner): string {
  if (owner.kind !== 'bmdemo') return 'something that is not bmdemo';
  const { version, store, instance } = owner.info;
  return `bmdemo ${version} (${store?.kind ?? 'unknown'} store, instance ${instance})`;
}
