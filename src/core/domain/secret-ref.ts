import { LIMITS } from './limits.ts';

const ENV = /^env:[A-Za-z_][A-Za-z0-9_]*$/;
const FILE = /^file:[^\s\p{Cc}]+$/u;
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,251}[A-Za-z0-9])?$/;
/** The longest piece of a name between its separators; Kubernetes names have at most 63. */
const LONGEST_PIECE = 63;

// No fault says a word of the value: what is refused here may be the secret itself.

/** What is wrong with a reference to credentials, or null; an empty one is good and means none. */
export function credentialRefFault(ref: string): string | null {
  if (ref === '' || isReference(ref)) return null;
  return 'must be env:NAME or file:PATH: a reference to the secret, never the secret itself';
}

/**
 * What is wrong with a reference to a kubeconfig, or null; an empty one is good and means none. Beside `env:` and `file:` a
 * plain name is taken, such as `prod-a-kubeconfig` or `secret/namespace/name`, unless it looks like a token or a key.
 */
export function kubeconfigRefFault(ref: string): string | null {
  if (ref === '' || isReference(ref)) return null;
  if (!NAME.test(ref)) {
    return 'must be env:NAME, file:PATH or a name of letters, digits, ".", "_", "/" and "-" (at most 253)';
  }
  return looksSecret(ref)
    ? 'looks like the secret itself; it must be a reference: env:NAME, file:PATH or a name'
    : null;
}

function isReference(ref: string): boolean {
  return ref.length <= LIMITS.credentialRef && (ENV.test(ref) || (FILE.test(ref) && !looksSecret(ref.slice(5))));
}

/**
 * JSON in base64 (a JWT, a service account) begins with eyJ, a kubeconfig or a PEM in base64 is one long piece, and a key of
 * random characters mixes both cases and digits for longer than people name things.
 */
function looksSecret(name: string): boolean {
  return name
    .split(/[._/-]/)
    .some(
      (piece) =>
        piece.length > LONGEST_PIECE ||
        /^eyJ[A-Za-z0-9]{7}/.test(piece) ||
        (piece.length >= 32 && /[a-z]/.test(piece) && /[A-Z]/.test(piece) && /\d/.test(piece)),
    );
}
