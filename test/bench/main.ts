/** `npm run bench -- GROUP [--json]`: one JSON line of figures last; a table for people without --json. */
import { checkInBench } from "./checkin.ts";
import { coapBench } from "./coap.ts";
import { codecBench } from "./codec.ts";
import type { Figures } from "./measure.ts";
import { startBench } from "./start.ts";

const GROUPS: Readonly<Record<string, () => Promise<Figures>>> = {
  coap: coapBench,
  checkin: checkInBench,
  codec: codecBench,
  start: startBench,
};

const names = process.argv.slice(2).filter((argument) => argument !== "--json");
const unknown = names.find((name) => GROUPS[name] === undefined);
if (unknown !== undefined || names.length === 0) {
  console.error(`usage: npm run bench -- ${Object.keys(GROUPS).join("|")} [--json]`);
  process.exit(64);
}
const figures: Figures = {};
for (const name of names) Object.assign(figures, await GROUPS[name]?.());
if (process.argv.includes("--json")) {
  console.log(JSON.stringify(figures));
} else {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  for (const [name, { value, low, high, unit }] of Object.entries(figures)) {
    console.log(`${name.padEnd(width)}  ${value}  (${low} to ${high}) ${unit}`);
  }
}
process.exit(0);
