/** What the engine counts. Errors on the wire are counted, never thrown. */
export interface EngineStats {
  datagramsIn: number;
  bytesIn: number;
  datagramsOut: number;
  bytesOut: number;
  /** Datagrams from source port 0: dropped before anything else. */
  portZero: number;
  malformed: number;
  resetsOut: number;
  duplicates: number;
  requests: number;
  /** Requests refused by the engine itself: options, method, block rules. */
  refused: number;
  /** Strangers that were asked to prove their address (Echo). */
  challenged: number;
  /** Requests put off because the air is taken: 5.03, 4.29. */
  putOff: number;
  blocksServed: number;
  blockBytesServed: number;
  checkIns: number;
  separateResponses: number;
  retransmissions: number;
  /** CON messages of ours that nobody acknowledged. */
  lost: number;
  notifications: number;
  /** Handlers that threw. */
  failures: number;
}

export const newStats = (): EngineStats => ({
  datagramsIn: 0,
  bytesIn: 0,
  datagramsOut: 0,
  bytesOut: 0,
  portZero: 0,
  malformed: 0,
  resetsOut: 0,
  duplicates: 0,
  requests: 0,
  refused: 0,
  challenged: 0,
  putOff: 0,
  blocksServed: 0,
  blockBytesServed: 0,
  checkIns: 0,
  separateResponses: 0,
  retransmissions: 0,
  lost: 0,
  notifications: 0,
  failures: 0,
});
