// node scripts/tour-pictures.ts: a picture of each chapter of the talk at three sizes, in the ignored folder pictures/tour/.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { builtInTalk } from '../src/tour/script/talk.ts';
import { PtyTerminal } from '../test/support/pty-terminal.ts';
import { buildBundle, isBundleStale } from './bundle.ts';
import { pictureOf } from './terminal-picture.ts';

const folder = join(dirname(import.meta.dirname), 'pictures', 'tour');
const SIZES = [
  [120, 40],
  [100, 30],
  [80, 24],
] as const;

/** The tour's own rows. */
const stripOf = (text: string) => text.split('\n').slice(-2).join('\n');
const isDone = (text: string) => stripOf(text).includes('space next');

/** Presses space until the screen is so; presses that come too soon after each other count once. */
async function pressUntil(tour: PtyTerminal, isSo: (text: string) => boolean): Promise<void> {
  const pressing = setInterval(() => tour.press(' '), 350);
  try {
    await tour.until(isSo);
  } finally {
    clearInterval(pressing);
  }
}

/** A question: its answer, each command before it runs, and what came of it. In the end the closing card is back. */
async function questionPictures(tour: PtyTerminal, number: number, question: string, name: string): Promise<void> {
  const isHere = (text: string) => stripOf(text).includes(question.slice(0, 20));
  const isArmed = (text: string) => stripOf(text).includes('space run it');
  tour.press(`${number}o`);
  await tour.until((text) => isHere(text) && isDone(text));
  for (let picture = 1; isHere(tour.text); picture += 1) {
    await writeFile(join(folder, `${name}-${picture}.png`), pictureOf(tour.emulator));
    const before = stripOf(tour.text);
    await pressUntil(tour, (now) => !isHere(now) || (stripOf(now) !== before && (isDone(now) || isArmed(now))));
  }
}

/** What a chapter has come to with its first beat, and with each one after it until the next chapter begins. */
async function chapterPictures(tour: PtyTerminal, number: number, title: string, name: string): Promise<void> {
  const isHere = (text: string) => stripOf(text).includes(title);
  tour.press(`${number}G`);
  await tour.until((text) => isHere(text) && !stripOf(text).includes('putting the room'));
  for (let beat = 1; ; beat += 1) {
    await pressUntil(tour, (text) => !isHere(text) || isDone(text));
    if (!isHere(tour.text)) return;
    await writeFile(join(folder, `${name}-${beat}.png`), pictureOf(tour.emulator));
    const { text } = tour;
    await pressUntil(tour, (now) => stripOf(now) !== stripOf(text));
  }
}

if (isBundleStale()) await buildBundle();
await mkdir(folder, { recursive: true });
for (const [columns, rows] of SIZES) {
  const tour = await PtyTerminal.start(['demo', '--fast', '--speed', '4', '--port', '0'], { columns, rows });
  try {
    await tour.until('Space begins');
    await writeFile(join(folder, `${columns}x${rows}-ready.png`), pictureOf(tour.emulator));
    const { chapters, questions } = builtInTalk();
    for (const [number, { title }] of chapters.slice(0, -1).entries()) {
      await chapterPictures(tour, number, title, `${columns}x${rows}-${String(number).padStart(2, '0')}`);
      console.log(`${columns}x${rows} ${title}`);
    }
    // It is the closing by now, whose last beat ends the talk.
    await pressUntil(tour, isDone);
    await writeFile(join(folder, `${columns}x${rows}-11-1.png`), pictureOf(tour.emulator));
    for (const [at, { question }] of questions.entries()) {
      await questionPictures(tour, at + 1, question, `${columns}x${rows}-question-${at + 1}`);
      console.log(`${columns}x${rows} ${question}`);
    }
  } finally {
    await tour.close();
  }
}
