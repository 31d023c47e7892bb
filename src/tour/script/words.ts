import type { Beat, Script } from './script.ts';

/** How many words a minute are spoken to an audience. */
export const WORDS_A_MINUTE = 140;

/** How many words a text has, as they are spoken. */
export function wordsOf(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** How long a text takes to be spoken, in milliseconds. */
export function spokenMs(text: string): number {
  return Math.round((wordsOf(text) / WORDS_A_MINUTE) * 60_000);
}

/** How many words there are to be spoken: in the chapters, and in the answers to all questions. */
export function wordsOfScript({ chapters, questions }: Script): { readonly talk: number; readonly questions: number } {
  const ofBeats = (beats: readonly Beat[]) => beats.reduce((sum, { say }) => sum + wordsOf(say), 0);
  const sum = (parts: readonly { readonly beats: readonly Beat[] }[]) =>
    parts.reduce((total, { beats }) => total + ofBeats(beats), 0);
  return { talk: sum(chapters), questions: sum(questions) };
}
