import type { AdmissionLimit } from '../core/domain/admission.ts';
import { equal } from '../core/domain/equal.ts';
import type { CoreLog } from '../core/ports/log.ts';
import type { Store } from '../core/ports/store.ts';

/**
 * Makes the limits that a server is told the limits of its store, which hold for every server that shares it. Says so where others
 * held before: another server may have been told something else.
 */
export async function bringInLimits(
  store: Store,
  wanted: readonly AdmissionLimit[] | undefined,
  log: CoreLog,
): Promise<void> {
  const before = await store.limits();
  if (wanted === undefined) {
    if (before.length > 0) log.info({ limits: textOf(before) }, 'limits of the store hold');
    return;
  }
  if (equal(sorted(before), sorted(wanted))) return;
  await store.setLimits(wanted);
  if (before.length > 0) {
    log.warn(
      { before: textOf(before), now: textOf(wanted) },
      'the limits of the store were others; now they are these',
    );
  }
}

function textOf(limits: readonly AdmissionLimit[]): string {
  const texts = sorted(limits).map(({ kind, name, most }) => `${kind}${name === '' ? '' : `:${name}`}=${most}`);
  return texts.length === 0 ? 'none' : texts.join(' ');
}

function sorted(limits: readonly AdmissionLimit[]): readonly AdmissionLimit[] {
  const key = ({ kind, name }: AdmissionLimit) => `${kind} ${name}`;
  return limits.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
