/** The control socket while the start waits for Redis: whoever asks is told so, instead of being sent away without a word. */
import { createServer } from "node:http";
import type { Server, Socket } from "node:net";
import { StoreError } from "../../base/index.ts";

export interface StartingDoor {
  /** What is waited for, for those who ask from now on. */
  waits(what: string, reason: string): void;
  /** Whoever asks from now on is answered by somebody else. */
  close(): void;
}

export function openStartingDoor(control: Server): StartingDoor {
  let now = new StoreError("gateway.waits", { what: "its store", reason: "it has only just been started" });
  const http = createServer((request, answer) => {
    request.resume(); // an image that is sent in comes to its end
    const { code, message: text, hint } = now;
    answer.writeHead(503, { "content-type": "application/json", connection: "close" });
    answer.end(JSON.stringify({ error: { code, text, hint } }));
  });
  const accept = (socket: Socket): void => void http.emit("connection", socket); // documented by node:http
  control.on("connection", accept);
  return {
    waits: (what, reason) => {
      now = new StoreError("gateway.waits", { what, reason });
    },
    close: () => void control.off("connection", accept),
  };
}
