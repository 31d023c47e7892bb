/** Who gave a command and from where; kept with every event it brings about. */
export interface Origin {
  readonly actor: string;
  /** The peer's address; empty for what the server does by itself. */
  readonly peer: string;
  readonly requestId: string;
  readonly reason: string;
  /** The call that gave the command, as `RunService/StartRun`; empty for what the server does by itself. */
  readonly method: string;
  /** The incarnation of the server that wrote it. */
  readonly server: string;
}
