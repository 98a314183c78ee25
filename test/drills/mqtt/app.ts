/** A cloud application that gives commands all the while, some of them twice, and keeps the answers. */
import { connect, type MqttClient } from "mqtt";

export interface Answer {
  readonly id: string;
  readonly status: "accepted" | "completed" | "failed" | "expired";
  readonly error?: { readonly "error-app-tag": string };
}

export class App {
  readonly client: string;
  readonly #mqtt: MqttClient;
  readonly #root: string;
  readonly #answers = new Map<string, Answer[]>();
  readonly #given = new Set<string>();

  constructor(url: string, site: string, client: string) {
    this.client = client;
    this.#root = `sidgate/1/${site}`;
    this.#mqtt = connect(url, { clientId: `app-${client}`, clean: false, reconnectPeriod: 200 });
    this.#mqtt.on("error", () => undefined);
    this.#mqtt.on("connect", () => this.#mqtt.subscribe(`${this.#root}/rsp/${client}`, { qos: 1 }));
    this.#mqtt.on("message", (_topic, payload) => {
      const answer: Answer = JSON.parse(payload.toString());
      this.#answers.set(answer.id, [...(this.#answers.get(answer.id) ?? []), answer]);
    });
  }

  /** Ids that were given. */
  get given(): readonly string[] {
    return [...this.#given];
  }

  give(topic: string, id: string, args: object, options: { readonly retain?: boolean } = {}): void {
    this.#given.add(id);
    const payload = JSON.stringify({ id, client: this.client, ...args });
    this.#mqtt.publish(`${this.#root}/${topic}`, payload, { qos: 1, retain: options.retain ?? false });
  }

  answers(id: string): readonly Answer[] {
    return this.#answers.get(id) ?? [];
  }

  /** How it ended, each time that was told. */
  ends(id: string): readonly Answer["status"][] {
    return this.answers(id).flatMap(({ status }) => (status === "accepted" ? [] : [status]));
  }

  async close(): Promise<void> {
    await this.#mqtt.endAsync(true);
  }
}
