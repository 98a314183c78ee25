/** What a tool reads and says: the standard streams, or those of a test. */
export interface ToolIo {
  print(text: string): void;
  /** Bytes as they are, where somebody asked for them. */
  write(bytes: Uint8Array): void;
  /** Beside the result: for people, not for what reads the result. */
  note(text: string): void;
  readonly stdin: AsyncIterable<Uint8Array>;
}
