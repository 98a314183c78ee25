/** What an author is told before a node is. */
import { expect, test } from "@jest/globals";
import { findingText, lint } from "../../../../gateway/service/trust/processor/index.ts";
import { programOf } from "../../../../gateway/service/trust/processor/program.ts";
import { SEVERABLE } from "../../../../gateway/wire/suit/index.ts";
import { at, envelopeOf, id, override, plain, priv, type Recipe, runSequence, tryEach } from "./workshop.ts";

const SHARED = [
  override({ vendor: "acme", class: "lamp", digest: "new", size: 3 }),
  plain("vendorIdentifier"),
  plain("classIdentifier"),
];
const BOOT = { validate: [plain("imageMatch")], invoke: [plain("invoke")] };
const FETCH = [override({ uri: "coap://a" }), plain("fetch"), plain("imageMatch")];
const CLEAN: Recipe = { shared: SHARED, sequences: { ...BOOT, install: FETCH } };
const TWO = [id("a"), id("b")];
const withInstall = (...install: NonNullable<NonNullable<Recipe["sequences"]>["install"]>): Recipe => ({
  ...CLEAN,
  sequences: { ...BOOT, install },
});

const ROWS: ReadonlyArray<
  readonly [
    title: string,
    recipe: Recipe,
    findings: readonly (readonly [code: string, section?: number, offset?: number])[],
  ]
> = [
  ["nothing to say", CLEAN, []],
  [
    "§8.4.5: no vendor and class condition",
    { ...CLEAN, shared: [override({ digest: "new", size: 3 })] },
    [["suit.shared-conditions"], ["suit.shared-conditions"]],
  ],
  [
    "§7.2: neither validate nor invoke",
    { ...CLEAN, sequences: { install: FETCH } },
    [["lint.no-sequence"], ["lint.no-sequence"]],
  ],
  [
    "§7.3: fetched and not checked",
    withInstall(override({ uri: "coap://a" }), plain("fetch")),
    [["lint.fetch-unchecked", 20, 13]],
  ],
  [
    "checked in a nested sequence",
    withInstall(override({ uri: "coap://a" }), plain("fetch"), runSequence(plain("imageMatch"))),
    [],
  ],
  [
    "checked in one alternative only",
    withInstall(
      override({ uri: "coap://a" }),
      plain("fetch"),
      tryEach([plain("imageMatch")], [plain("componentSlot")]),
    ),
    [["lint.fetch-unchecked", 20, 13]],
  ],
  [
    "another component is checked",
    {
      ...CLEAN,
      components: TWO,
      shared: [at(true), ...SHARED],
      sequences: {
        validate: [at(0), plain("imageMatch")],
        invoke: [at(0), plain("invoke")],
        install: [at(1), override({ uri: "x" }), plain("fetch"), at(0), plain("imageMatch")],
      },
    },
    [["lint.fetch-unchecked", 20, 8]],
  ],
  [
    "§8.4.8.7: a digest and no size",
    { ...CLEAN, shared: [override({ vendor: "acme", class: "lamp", digest: "new" }), ...SHARED.slice(1)] },
    [["lint.digest-without-size", 3, 1]],
  ],
  ["§8.6: severed for nothing", { ...CLEAN, severable: [SEVERABLE.install] }, [["lint.small-severable"]]],
  ["§8.4.11: a private command", withInstall(...FETCH, priv(-300)), [["lint.custom", 20, 17]]],
  [
    "an alternative that is never tried",
    withInstall(tryEach([override({ uri: "coap://a" })], [plain("abort")]), ...FETCH),
    [["lint.unreachable", 20, 1]],
  ],
  [
    "an alternative that a nested one decides",
    withInstall(tryEach([tryEach([plain("abort")], [plain("abort")])], [override({ uri: "y" })]), ...FETCH),
    [],
  ],
  [
    "§6.5: several components and no index",
    { ...CLEAN, components: TWO },
    [["suit.no-index"], ["suit.no-index"], ["suit.no-index"], ["suit.no-index"]],
  ],
];
test.each(ROWS)("lint: %s", (_title, recipe, findings) => {
  const envelope = envelopeOf(recipe);
  const found = lint(programOf(envelope), envelope);
  expect(found.map(({ error, section, offset }) => [error.code, section, offset])).toEqual(
    findings.map(([code, section, offset]) => [code, section, offset]),
  );
});

test("lint: a finding in one line", () => {
  const envelope = envelopeOf(withInstall(override({ uri: "coap://a" }), plain("fetch")));
  expect(lint(programOf(envelope), envelope).map(findingText)).toEqual([
    "warning, install byte 13: nothing checks what is fetched into component fw",
  ]);
});
