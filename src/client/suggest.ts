/** The word that somebody who wrote `text` may have meant; null where none is near. */
export function suggest(text: string, words: readonly string[]): string | null {
  let best: string | null = null;
  // One slip in three letters is a slip; more is another word.
  let least = Math.floor(text.length / 3) + 1;
  for (const word of words) {
    const distance = editDistance(text.toLowerCase(), word.toLowerCase());
    if (distance >= least) continue;
    best = word;
    least = distance;
  }
  return best;
}

/** `; did you mean WORD?`, or nothing. */
export function didYouMean(text: string, words: readonly string[]): string {
  const word = suggest(text, words);
  return word === null ? '' : `; did you mean ${word}?`;
}

/** How many letters are to be put in, taken out, changed or swapped with their neighbour (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed);
      next.push(swapped ? Math.min(least, (before[j - 2] ?? 0) + 1) : least);
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}
