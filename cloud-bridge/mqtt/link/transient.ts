/** Messages that are told to who listens now and kept nowhere: bounded, sent while connected. */
import type { Message } from "../outbox/message.ts";

const MAX_MESSAGES = 1000;
const MAX_BYTES = 4 * 1024 * 1024;

export class Transient {
  #messages: Message[] = [];
  #bytes = 0;

  get size(): number {
    return this.#messages.length;
  }

  /** False = there is no room. */
  add(message: Message): boolean {
    if (this.#messages.length >= MAX_MESSAGES || this.#bytes + message.payload.length > MAX_BYTES) return false;
    this.#messages.push(message);
    this.#bytes += message.payload.length;
    return true;
  }

  shift(): Message | undefined {
    const message = this.#messages.shift();
    if (message !== undefined) this.#bytes -= message.payload.length;
    return message;
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
  }
}
