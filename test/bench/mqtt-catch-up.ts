/**
 * An hour of events, 50 a second, waits in the outbox when the broker comes back. The events are rendered by the bridge's own
 * renderer and laid into its outbox in large batches, so that the bench does not wait for a journal of an hour.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { dial, openMqttBridge, treesFrom } from "../../cloud-bridge/mqtt/index.ts";
import { Outbox } from "../../cloud-bridge/mqtt/outbox/outbox.ts";
import { PROJECTION } from "../../cloud-bridge/mqtt/outbox/projection.ts";
import { render } from "../../cloud-bridge/mqtt/render/render.ts";
import { EMPTY_SITE, type Slice } from "../../cloud-bridge/mqtt/render/view.ts";
import { millis, type NodeId, SILENT, seededRandom, systemClock } from "../../gateway/base/index.ts";
import { type Fact, type JournalReader, openLmdbState, type StateStore } from "../../gateway/store/index.ts";
import { fixedSchema, loadModels } from "../../gateway/yang/index.ts";
import { type Figures, quartiles } from "./measure.ts";
import type { Bench } from "./mqtt.ts";

const BACKLOG = 180_000;
/** Each costs the disk an fsync, which is not what is measured. */
const BATCH = 45_000;
const SITE = { site: "s-bench-2", epoch: 1, process: "gw-bench" };
const LIMITS = { maxBytes: 2 ** 31, replaySpan: millis(1e15) };

export async function catchUp({ url, folder: parent }: Bench): Promise<Figures> {
  const folder = join(parent, "outbox");
  const state = await openLmdbState({ folder });
  const trees = treesFrom(fixedSchema(await loadModels({ log: SILENT })));
  const before = await bytesIn(folder);
  await fill(state, { ...SITE, trees });
  const bytes = ((await bytesIn(folder)) - before) / BACKLOG;
  const payload = await payloadBytes(state);
  const start = performance.now();
  const bridge = await openMqttBridge({
    site: SITE,
    journal: told,
    state,
    trees,
    clock: systemClock(),
    realtime: systemClock(),
    random: seededRandom(1),
    log: SILENT,
    dial,
    broker: { url, protocol: 5 },
    run: { roles: ["gateway", "bridge"], broker: "configured" },
    software: { sidgate: "bench" },
    figures: () => ({}),
    sections: () => ({}),
    limits: LIMITS,
  });
  try {
    await bridge.settled();
    return {
      catch_up_seconds_180k: quartiles([(performance.now() - start) / 1000], "s"),
      outbox_bytes_per_message: quartiles([bytes], "bytes"),
      payload_bytes_per_message: quartiles([payload], "bytes"),
    };
  } finally {
    await bridge.close();
    await state.close();
  }
}

/** A journal all of whose facts were rendered. */
const told: JournalReader = {
  read: async () => [],
  onDurable: () => () => undefined,
  first: 1,
  last: BACKLOG,
  lastDurable: BACKLOG,
  close: () => undefined,
};

async function fill(state: StateStore, context: Parameters<typeof render>[2]): Promise<void> {
  const outbox = await Outbox.open(state, { log: SILENT, site: SITE.site, limits: LIMITS });
  let slice: Slice = { site: EMPTY_SITE };
  for (let seq = 1; seq <= BACKLOG; ) {
    const messages = Array.from({ length: BATCH }, () => {
      const at = millis(Date.parse("2026-11-22T08:00:00Z") + seq * 20);
      const node = `n-${String(seq % 500).padStart(4, "0")}` as NodeId;
      const renamed: Fact = { type: "node.renamed", seq, at, node, name: `Room ${seq}`, actor: "bench" };
      const rendered = render(slice, renamed, context);
      seq += 1;
      slice = rendered.slice;
      return rendered.messages.map((message) => ({ ...message, at }));
    });
    const staged = await outbox.stage(messages.flat(), millis(0));
    await state.commit(PROJECTION, seq - 1, staged.changes);
    outbox.committed(staged, millis(0));
  }
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).blocks * 512);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** With the few words before it. */
async function payloadBytes(state: StateStore): Promise<number> {
  const rows = await state.entries("mqtt.journal", "", 1000);
  return rows.reduce((sum, [, row]) => sum + row.length, 0) / rows.length;
}
