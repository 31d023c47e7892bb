/** The program of the thread for long reads: a file, or its text. The bundle, which is one file, has the text in place of this module. */
export const PROGRAM: URL | string = new URL('./long-reads-worker.ts', import.meta.url);
