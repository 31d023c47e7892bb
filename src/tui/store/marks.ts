/** The machines that are marked: actions are about them, and about the row under the cursor only where none is. */
export interface MarksState {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins that is not ended yet; empty: none does. */
  readonly from: string;
}

/** Nothing is marked. */
export const noMarks: MarksState = { ids: new Set(), from: '' };
