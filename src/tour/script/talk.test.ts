import { describe, expect, it } from 'vitest';
import { builtInTalk } from './talk.ts';
import { spokenMs, WORDS_A_MINUTE, wordsOfScript } from './words.ts';

describe('the talk', () => {
  const talk = builtInTalk();

  it('has twelve chapters: an opening, ten that are counted, a closing', () => {
    expect(talk.chapters.map(({ id }) => id)).toEqual([
      'opening',
      'server',
      'plans',
      'import',
      'inventory',
      'repave',
      'idempotency',
      'reboot',
      'cancel',
      'rma',
      'history',
      'closing',
    ]);
    expect(talk.chapters.filter(({ counted }) => counted)).toHaveLength(10);
  });

  it('is planned for ten minutes, and can be spoken in them; in fifteen with the questions', () => {
    const words = wordsOfScript(talk);
    expect(talk.chapters.reduce((sum, { plannedMs }) => sum + plannedMs, 0)).toBe(10 * 60_000);
    expect(words.talk).toBeLessThanOrEqual(10 * WORDS_A_MINUTE);
    expect(words.talk + words.questions).toBeLessThanOrEqual(15 * WORDS_A_MINUTE);
  });

  it.each(talk.chapters.map((chapter) => [chapter.id, chapter] as const))(
    'says what it has to say in %s within the time of the chapter',
    (_, { beats, plannedMs }) => {
      expect(beats.reduce((sum, { say }) => sum + spokenMs(say), 0)).toBeLessThanOrEqual(plannedMs);
    },
  );

  it('waits for something after everything that it does', () => {
    const beats = [...talk.chapters, ...talk.questions].flatMap((part) => part.beats);
    expect(beats.filter(({ command, waitFor }) => command !== null && waitFor.length === 0)).toEqual([]);
  });

  it('has a point to each beat and no name of another program in it', () => {
    const beats = talk.chapters.flatMap((chapter) => chapter.beats);
    expect(beats.filter(({ points }) => points.length === 0)).toEqual([]);
    expect(beats.map(({ say }) => say).join(' ')).not.toMatch(/\bGo\b|AVAILABLE/);
  });
});
