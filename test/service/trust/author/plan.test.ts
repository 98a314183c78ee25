/** Plans that cannot be used: every finding with its line, column and key. */
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { PlanError, readPlan } from "../../../../gateway/service/trust/author/index.ts";
import { inDrill } from "../../../support/drill.ts";

const GOOD = "vendor: a.example\nmodel: m\n";
const ONE = "components: [{file: f}]\n";

/** What is wrong, without the words. */
function placesOf(text: string): readonly string[] {
  try {
    readPlan(text, "p");
    return [];
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return error.findings.map(({ line, column, key }) => `${line}:${column} ${key}`.trimEnd());
  }
}

test.each<readonly [name: string, plan: string, places: readonly string[]]>([
  ["nothing", "", ["1:1"]],
  ["only words", "firmware", ["1:1"]],
  ["a list", "- a", ["1:1"]],
  ["broken YAML", "vendor: [a\n", ["2:1"]],
  ["two documents", `${GOOD}${ONE}---\n${GOOD}`, ["4:1"]],
  ["a key twice", `${GOOD}${ONE}model: n\n`, ["4:1"]],
  ["an unknown key", `${GOOD}${ONE}modle: n\n`, ["4:1 modle"]],
  ["an unknown key inside", `${GOOD}components: [{file: f, url: x}]`, ["3:24 components[0].url"]],
  ["no vendor", `model: m\n${ONE}`, ["1:1 vendor"]],
  ["a vendor that is no domain", `vendor: Acme\nmodel: m\n${ONE}`, ["1:9 vendor"]],
  ["neither model nor class", `vendor: a.example\n${ONE}`, ["1:1 model"]],
  ["no components", GOOD, ["1:1 components"]],
  ["an empty list of components", `${GOOD}components: []`, ["3:13 components"]],
  ["too many components", `${GOOD}components: [${"{file: f},".repeat(33)}]`, ["3:13 components"]],
  ["a component twice", `${GOOD}components: [{id: a, file: f}, {id: a, file: g}]`, ["3:13 components"]],
  ["a component without file", `${GOOD}components: [{id: a}]`, ["3:14 components[0].file"]],
  ["a component of odd hex", `${GOOD}components: [{id: 0x0, file: f}]`, ["3:19 components[0].id"]],
  ["a component with an empty part", `${GOOD}components: [{id: a//b, file: f}]`, ["3:19 components[0].id"]],
  ["one slot", `${GOOD}components: [{slots: [{slot: 0, file: f}]}]`, ["3:22 components[0].slots"]],
  [
    "a slot twice",
    `${GOOD}components: [{slots: [{slot: 0, file: f}, {slot: 0, file: g}]}]`,
    ["3:22 components[0].slots"],
  ],
  [
    "a slot without a URI beside one with it",
    `${GOOD}components: [{slots: [{slot: 0, file: f, uri: coap://a}, {slot: 1, file: g}]}]`,
    ["3:22 components[0].slots"],
  ],
  [
    "slots and what does not go with them",
    `${GOOD}components: [{file: f, load-into: r, slots: [{slot: 0, file: f}, {slot: 1, file: g}]}]`,
    ["3:21 components[0].file", "3:35 components[0].load-into"],
  ],
  ["storage with nothing to fetch", `${GOOD}components: [{file: f, staged-in: s}]`, ["3:35 components[0].staged-in"]],
  ["a URI with a blank", `${GOOD}components: [{file: f, uri: coap://a b}]`, ["3:29 components[0].uri"]],
  ["an unknown format", `${GOOD}components: [{file: f, format: elf}]`, ["3:32 components[0].format"]],
  ["a negative sequence number", `${GOOD}${ONE}sequence: -1`, ["4:11 sequence"]],
  ["a sequence number of 65 bits", `${GOOD}${ONE}sequence: 18446744073709551616`, ["4:11 sequence"]],
  ["a version that is a name", `${GOOD}${ONE}version: main`, ["4:10 version"]],
  ["a UUID cut short", `${GOOD}${ONE}class-id: 00000000-0000`, ["4:11 class-id"]],
  [
    "a time without its zone",
    `${GOOD}components: [{file: f, uri: u}]\nuse-before: 2030-01-01T00:00:00`,
    ["4:13 use-before"],
  ],
  ["a day that no year has", `${GOOD}components: [{file: f, uri: u}]\nuse-before: 2030-13-01`, ["4:13 use-before"]],
  ["a condition on an update that is none", `${GOOD}${ONE}minimum-battery: 5`, ["4:18 minimum-battery"]],
  ["an unknown severable part", `${GOOD}${ONE}severable: [invoke]`, ["4:13 severable[0]"]],
  ["a language that is none", `${GOOD}${ONE}text:\n  e_n: {update: x}`, ["5:8 text.e_n"]],
  ["an unknown text", `${GOOD}${ONE}text:\n  en: {udpate: x}`, ["5:8 text.en.udpate"]],
  ["yes for true", `${GOOD}${ONE}invoke: yes`, ["4:9 invoke"]],
  ["aliases without end", `x: &x [a, a]\ny: &y [${"*x,".repeat(20)}]\nz: [${"*y,".repeat(20)}]`, ["1:1"]],
  ["lists without end", "[".repeat(100_000), ["1:1"]],
  ["lists without end in blocks", "- ".repeat(20_000), ["1:1"]],
  ["keys that are maps", `? {a: b}\n: c\n${GOOD}${ONE}`, ["1:1 { a: b }"]],
  ["several faults at once", `vendor: A\n${ONE}sequence: x\n`, ["1:1 model", "1:9 vendor", "3:11 sequence"]],
])("a plan with %s", (_name, plan, places) => expect(placesOf(plan)).toEqual(places));

test("any text is a plan, or its findings have places", () => {
  const words = fc.constantFrom(
    ..."vendor: |model: |components: |text: |slots: |file: |- |[|]|{|}|\n|\n  |a.example|0x|*a|&a |\"|'|#|, |!!int |>".split(
      "|",
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 3 })), { maxLength: 20 }), (parts) => {
      expect(placesOf(parts.join("")).every((place) => /^[1-9]\d*:[1-9]\d*/.test(place))).toBe(true);
    }),
    { numRuns: inDrill(100, 300) },
  );
});

test("a scalar is taken as it is written", () => {
  const plan = readPlan(
    `${GOOD}version: 1.10\nsequence: 18446744073709551615\ncomponents: [{id: 0x00/app, file: 007}]`,
    "p",
  );
  expect(plan.version).toEqual({ text: "1.10", numbers: [1, 10] });
  expect(plan.sequence).toBe(2n ** 64n - 1n);
  expect(plan.components[0]).toMatchObject({
    id: [new Uint8Array(1), new Uint8Array(Buffer.from("app"))],
    file: "007",
  });
});
