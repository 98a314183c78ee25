/** Events of a site whose clock was moved: their order is that of their numbers, whatever their times say. */
import { expect, test } from "@jest/globals";
import { parsePayload } from "../../cloud-bridge/mqtt/outbox/message.ts";
import { ViewStore } from "../../cloud-bridge/mqtt/outbox/view-store.ts";
import { render } from "../../cloud-bridge/mqtt/render/render.ts";
import { keysOf } from "../../cloud-bridge/mqtt/render/view.ts";
import { days, type Millis, millis } from "../../gateway/base/index.ts";
import { type Fact, memoryState } from "../../gateway/store/index.ts";
import { atSecond, SITE } from "../support/bridge-site.ts";
import { bridgeTrees } from "../support/bridge-trees.ts";

const started = (seq: number, at: Millis): Fact => ({
  seq,
  at,
  type: "gateway.started",
  version: "0",
  boot: String(seq),
  mode: "lab",
});
const moved = (seq: number, at: Millis, step: Millis): Fact => ({
  seq,
  at,
  type: "clock.state",
  synchronised: true,
  why: "told",
  step,
  since: at,
});

test("time: events form one chain, with an id each, when the clock goes back by years and forward again", async () => {
  const trees = await bridgeTrees();
  const view = await ViewStore.load(memoryState(), trees);
  const back = millis(-days(9000));
  const earlier = millis(atSecond(0) + back);
  const facts = [
    started(1, atSecond(0)),
    moved(2, earlier, back),
    started(3, earlier),
    moved(4, atSecond(0), millis(days(9000))),
    started(5, atSecond(0)),
  ];
  const events = facts.map((fact) => {
    const keys = keysOf(fact);
    const { slice, messages } = render(view.slice(keys), fact, { site: SITE.site, epoch: SITE.epoch, trees });
    view.put(keys, slice);
    return parsePayload(messages[0]?.payload ?? new Uint8Array());
  });
  expect(events.map((event) => event["prev-seq"])).toEqual(["0", "1", "2", "3", "4"]);
  expect(events.slice(1).map(({ prev }) => prev)).toEqual(events.slice(0, -1).map(({ hash }) => hash));
  expect(new Set(events.map(({ id }) => id)).size).toBe(5);
  expect(events.map((event) => event["step-ms"])).toEqual([undefined, -days(9000), undefined, days(9000), undefined]);
});
