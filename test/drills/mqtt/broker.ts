/** A Mosquitto that is killed with -9 and started again on the same port, with what it saved before. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type Mosquitto, startMosquitto } from "../../support/bridge-mosquitto.ts";

export type Saving = "every change" | "its timer" | "nothing";

const SETTINGS: Readonly<Record<Saving, readonly string[]>> = {
  "every change": ["persistence true", "autosave_on_changes true", "autosave_interval 1"],
  "its timer": ["persistence true", "autosave_interval 1800"],
  nothing: [],
};

export class MortalBroker {
  readonly #folder: string;
  readonly #extra: readonly string[];
  #running: Mosquitto;
  #alive = true;

  private constructor(folder: string, extra: readonly string[], running: Mosquitto) {
    this.#folder = folder;
    this.#extra = extra;
    this.#running = running;
  }

  /** What docs/mqtt.md tells to set is `every change`. */
  static async start(saving: Saving = "every change"): Promise<MortalBroker> {
    const folder = await mkdtemp(join(tmpdir(), "sidgate-drill-broker-"));
    const extra = [`user ${userInfo().username}`, ...SETTINGS[saving], `persistence_location ${folder}/`];
    return new MortalBroker(folder, extra, await startMosquitto({ extra }));
  }

  get url(): string {
    return this.#running.url;
  }

  get port(): number {
    return this.#running.port;
  }

  async kill(): Promise<void> {
    if (this.#alive) await this.#running.close();
    this.#alive = false;
  }

  async start(): Promise<void> {
    this.#running = await startMosquitto({ port: this.port, extra: this.#extra });
    this.#alive = true;
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
