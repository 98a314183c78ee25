/** MQTT 5.0 §3.3.2.3.4: numbers in the place of topics, on one connection; the topic that was told longest ago gives its number away. */
import type { Alias } from "./publish-packet.ts";

export class TopicAliases {
  readonly #max: number;
  /** In the order of their use. */
  readonly #numbers = new Map<string, number>();

  /** `max`: the broker's Topic Alias Maximum; 0 = it takes none. */
  constructor(max: number) {
    this.#max = max;
  }

  of(topic: string): Alias | undefined {
    if (this.#max === 0) return undefined;
    const known = this.#numbers.get(topic);
    const number = known ?? this.#free();
    if (known !== undefined) this.#numbers.delete(topic);
    this.#numbers.set(topic, number);
    return { number, known: known !== undefined };
  }

  #free(): number {
    if (this.#numbers.size < this.#max) return this.#numbers.size + 1;
    for (const [oldest, number] of this.#numbers) {
      this.#numbers.delete(oldest);
      return number;
    }
    return 1;
  }
}
