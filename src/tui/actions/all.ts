import { copyActions } from './copy.ts';
import { dialogActions } from './dialog.ts';
import { facetActions } from './facets.ts';
import { findActions } from './find.ts';
import { logActions } from './log.ts';
import { markActions } from './mark.ts';
import { moveActions } from './move.ts';
import { paletteActions } from './palette.ts';
import { placeActions } from './place.ts';
import { programActions } from './program.ts';
import { repairActions } from './repair.ts';
import { runActions } from './run.ts';
import { wireActions } from './wire.ts';

/** Every action there is, in the order in which the footer and the help show them. */
export const allActions = [
  ...runActions,
  ...repairActions,
  ...findActions,
  ...facetActions,
  ...markActions,
  ...logActions,
  ...moveActions,
  ...placeActions,
  ...copyActions,
  ...paletteActions,
  ...wireActions,
  ...programActions,
  ...dialogActions,
];
