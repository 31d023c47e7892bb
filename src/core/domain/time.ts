/** An instant: whole milliseconds since the Unix epoch. */
export type Millis = number;
