/** `npm run fuzz -- GROUP [--count N] [--seed S]`: mutated input by the hundred thousand; ends with 1 when some of it found something. */
import { parseArgs } from "node:util";
import { GROUPS } from "./groups.ts";

const USAGE = `usage: npm run fuzz -- ${GROUPS.map(({ name }) => name).join("|")} [--count N] [--seed S]`;

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(64);
}

const { values, positionals } = parseArgs({
  options: { count: { type: "string" }, seed: { type: "string", default: "20261121" } },
  allowPositionals: true,
});
const group = GROUPS.find(({ name }) => name === positionals[0]) ?? fail(USAGE);
const count = values.count === undefined ? group.count : Number(values.count);
const seed = Number(values.seed);
if (positionals.length !== 1 || !Number.isInteger(count) || !Number.isInteger(seed)) fail(USAGE);
const started = Date.now();
const { lines, problems } = await group.run(count, seed);
console.log(`${group.name}, seed ${seed}: ${count} inputs in ${((Date.now() - started) / 1000).toFixed(1)} s`);
for (const line of lines) console.log(line);
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
