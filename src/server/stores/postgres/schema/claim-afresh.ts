import { BY_KEY, claimPlaces } from './claim-places.ts';
import { claimRuns } from './claim-runs.ts';

/**
 * Claims that look at what they found once more, when nobody can change it any more.
 *
 * bmdemo.claim_runs: takes nothing where limits have come while it waited for who set them, as what it took would have no places; there is
 * something to look for at once, the other way.
 *
 * bmdemo.claim_places: a run that was claimed and given up again since it was seen has its places, and takes none a second time, which
 * nobody would give back.
 */
export const CLAIM_AFRESH = `
  ${claimRuns(
    'CREATE OR REPLACE',
    BY_KEY,
    `LOCK TABLE bmdemo.leases IN ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT 1 FROM bmdemo.limits) THEN
      time_now := bmdemo.now_ms();
      next_due_at := time_now;
      RETURN;
    END IF;`,
  )}
  ${claimPlaces('CREATE OR REPLACE', 'AND (l.slots IS NOT NULL) = picked.has_slots')}
`;
