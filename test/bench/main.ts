/** `npm run bench -- GROUP [--json]`: one JSON line of figures last; a table for people without --json. */
import { parseArgs } from "node:util";
import { campaignBench } from "./campaign.ts";
import { checkInBench } from "./checkin.ts";
import { coapBench } from "./coap.ts";
import { codecBench } from "./codec.ts";
import { coreconfBench } from "./coreconf/figures.ts";
import { deltaBench } from "./delta.ts";
import type { Figures } from "./measure.ts";
import { mqttBench } from "./mqtt.ts";
import { oscoreBench } from "./oscore.ts";
import { redisBench } from "./redis.ts";
import { DEFAULT_NODES, scaleBench } from "./scale.ts";
import { startBench } from "./start.ts";
import { suitBench } from "./suit.ts";
import { yangBench } from "./yang.ts";

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean" },
    quick: { type: "boolean" },
    nodes: { type: "string", default: String(DEFAULT_NODES) },
  },
});
const GROUPS: Readonly<Record<string, () => Promise<Figures>>> = {
  campaign: campaignBench,
  coap: coapBench,
  oscore: oscoreBench,
  checkin: checkInBench,
  codec: () => codecBench(values.quick === true),
  coreconf: () => coreconfBench(values.quick === true),
  delta: deltaBench,
  mqtt: mqttBench,
  redis: redisBench,
  scale: () => scaleBench(Number(values.nodes)),
  start: startBench,
  suit: suitBench,
  yang: yangBench,
};

const unknown = names.find((name) => GROUPS[name] === undefined);
if (unknown !== undefined || names.length === 0) {
  console.error(`usage: npm run bench -- ${Object.keys(GROUPS).join("|")} [--nodes N] [--json]`);
  process.exit(64);
}
const figures: Figures = {};
for (const name of names) Object.assign(figures, await GROUPS[name]?.());
if (values.json === true) {
  console.log(JSON.stringify(figures));
} else {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  for (const [name, { value, low, high, unit }] of Object.entries(figures)) {
    console.log(`${name.padEnd(width)}  ${value}  (${low} to ${high}) ${unit}`);
  }
}
process.exit(0);
