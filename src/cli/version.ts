/** The program's version; the build puts it in, sources that run as they are have none. */
export const VERSION: string = process.env.BMDEMO_VERSION ?? '0.0.0-sources';
