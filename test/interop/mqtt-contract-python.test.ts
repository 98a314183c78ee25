/** docs/asyncapi.json and docs/mqtt/schemas before jsonschema of Python: what we send is what they say, and the events are a chain. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { answers, pythonOf } from "./peers/python.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const python = pythonOf("jsonschema");

interface Seen {
  readonly fits: readonly string[];
  readonly faults: readonly string[];
  readonly hash?: boolean;
  readonly follows?: boolean;
}

(python === undefined ? test.skip : test)(
  "each message of the golden story fits one message of its channel, and each event follows the one before (needs jsonschema)",
  () => {
    const story = readFileSync(join(ROOT, "test", "bridge", "golden", "story.txt"), "utf8");
    const told = [...story.matchAll(/^(sidgate\S+) (\{.*)$/gm)].map(([, topic = "", payload = ""]) => ({
      topic,
      payload,
    }));
    const lines = told.map((message) => JSON.stringify(message));
    const seen = answers(python ?? "", "mqtt-contract.py", [join(ROOT, "docs")], lines) as readonly Seen[];
    const wrong = seen.flatMap((answer, at) =>
      answer.fits.length === 1 && answer.faults.length === 0 && answer.hash !== false && answer.follows !== false
        ? []
        : [{ ...told[at], ...answer }],
    );
    expect(wrong).toEqual([]);
    expect(seen.filter(({ hash }) => hash === true).length).toBeGreaterThan(30);
    expect(seen.filter(({ follows }) => follows === true).length).toBeGreaterThan(30);
  },
);
