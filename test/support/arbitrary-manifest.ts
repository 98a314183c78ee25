/** Manifests, texts and reports of every shape that the drafts allow, for properties and mutations. */
import fc from "fast-check";
import {
  type Capabilities,
  COMMANDS,
  type ComponentId,
  type ComponentIndex,
  componentKey,
  encodeParameter,
  encodeText,
  type LanguageText,
  type NewArgument,
  type NewCommand,
  type NewManifest,
  type NewSequence,
  PARAMETERS,
  type Parameters,
  type ParameterValue,
  type Report,
  SEQUENCES,
  SEVERABLE,
  type SequenceName,
  type Severable,
  type SuitDigest,
  type SuitText,
  WAIT,
} from "../../gateway/wire/suit/index.ts";

const bytes = (minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });
const uint64 = fc.oneof(
  fc.nat().map(BigInt),
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.constantFrom(2n ** 53n - 1n, 2n ** 53n),
);
const int64 = fc.oneof(uint64, fc.bigInt(-(2n ** 64n), -1n), fc.integer().map(BigInt));
const uint = fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 70_000 }), fc.constantFrom(2 ** 32, Number.MAX_SAFE_INTEGER));
/** Any character that UTF-8 has: the surrogates are none. */
const characters = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code));
const words = fc.oneof(
  fc.constantFrom("", "#image", "coap://author/fw", "A valve"),
  fc.array(characters, { maxLength: 8 }).map((list) => list.join("")),
);

export const digests: fc.Arbitrary<SuitDigest> = fc
  .constantFrom([-16, 32], [-18, 32], [-43, 48], [-44, 64], [-45, 64])
  .chain(([algorithm = 0, length = 0]) => bytes(length).map((digest) => ({ algorithm, bytes: digest })));

export const componentIds: fc.Arbitrary<ComponentId> = fc.array(bytes(0, 6), { maxLength: 3 });

/** CBOR of int, text, bytes: what a private command or parameter takes. */
const privately: fc.Arbitrary<Uint8Array> = fc
  .oneof(
    int64.map((value): ParameterValue => ({ form: "int", value })),
    words.map((text): ParameterValue => ({ form: "text", text })),
    bytes(0, 9).map((value): ParameterValue => ({ form: "bytes", bytes: value })),
  )
  .map(encodeParameter);

const VALUES: Readonly<Record<string, fc.Arbitrary<ParameterValue>>> = {
  identifier: bytes(16).map((value) => ({ form: "identifier", bytes: value, tagged: false })),
  digest: digests.map((digest) => ({ form: "digest", digest })),
  uint: uint64.map((value) => ({ form: "uint", value })),
  int: int64.map((value) => ({ form: "int", value })),
  bool: fc.boolean().map((value) => ({ form: "bool", value })),
  bytes: bytes(0, 20).map((value) => ({ form: "bytes", bytes: value })),
  metadata: bytes(0, 20).map((value) => ({ form: "metadata", bytes: value })),
  text: words.map((text) => ({ form: "text", text })),
  version: fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.array(fc.integer(), { minLength: 1, maxLength: 4 }))
    .map(([comparison, version]) => ({ form: "version", comparison, version })),
  wait: fc
    .uniqueArray(fc.tuple(fc.constantFrom(WAIT.authorization, WAIT.time, WAIT.dayOfWeekUtc), uint64), {
      minLength: 1,
      selector: ([event]) => event,
    })
    .map((events) => ({
      form: "wait",
      events: inOrder(events.map(([event, value]) => [event, encodeParameter({ form: "uint", value })] as const)),
    })),
};
const pen: fc.Arbitrary<ParameterValue> = bytes(1, 8).map((value) => ({
  form: "identifier",
  bytes: value,
  tagged: true,
}));

/** As they come from bytes: in the order of their encoded keys. */
const inOrder = <V>(entries: Iterable<readonly [number, V]>): Map<number, V> =>
  new Map([...entries].sort(([a], [b]) => (a < 0 !== b < 0 ? b - a : Math.abs(a) - Math.abs(b))));

export const parameters = (components: number, shared = false): fc.Arbitrary<Parameters> => {
  const known = fc.constantFrom(...PARAMETERS.values()).chain(({ key, form }) => {
    const value =
      key === 22
        ? fc.nat({ max: components - 1 }).map((index): ParameterValue => ({ form: "uint", value: BigInt(index) }))
        : key === 1 || key === 2
          ? fc.oneof(VALUES[form]!, pen)
          : VALUES[form]!;
    return value.map((one) => [key, one] as const);
  });
  const custom = fc.tuple(
    fc.integer({ min: -70_000, max: -256 }),
    privately.map((value): ParameterValue => ({ form: "custom", bytes: value })),
  );
  return fc
    .uniqueArray(shared ? known : fc.oneof({ weight: 8, arbitrary: known }, { weight: 1, arbitrary: custom }), {
      minLength: 1,
      maxLength: 5,
      selector: ([key]) => key,
    })
    .map(inOrder);
};

const indices = (components: number): fc.Arbitrary<ComponentIndex> => {
  const index = fc.nat({ max: components - 1 });
  return fc.oneof(index, fc.constant(true as const), fc.array(index, { minLength: 1, maxLength: 3 }));
};

function argument(form: string, components: number, shared: boolean, depth: number): fc.Arbitrary<NewArgument> {
  const inner = (): fc.Arbitrary<NewSequence> => sequences(components, shared, depth - 1);
  const byIndex = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Map<number, T>> =>
    fc
      .uniqueArray(fc.tuple(fc.nat({ max: components - 1 }), value), {
        minLength: 1,
        maxLength: 3,
        selector: ([at]) => at,
      })
      .map(inOrder);
  switch (form) {
    case "policy":
      return fc.nat({ max: 15 }).map((policy) => ({ kind: "policy", policy }));
    case "index":
      return indices(components).map((index) => ({ kind: "index", index }));
    case "parameters":
      return parameters(components, shared).map((values) => ({ kind: "parameters", parameters: values }));
    case "multiple":
      return byIndex(parameters(components)).map((value) => ({ kind: "multiple", byIndex: value }));
    case "copy-params":
      return byIndex(fc.array(fc.integer({ min: -300, max: 40 }), { minLength: 1, maxLength: 3 })).map((bySource) => ({
        kind: "copy-params",
        bySource,
      }));
    case "sequence":
      return inner().map((sequence) => ({ kind: "sequence", sequence }));
    default:
      return fc
        .tuple(fc.array(inner(), { minLength: 2, maxLength: 3 }), fc.boolean())
        .map(([arms, nothing]) => ({ kind: "try-each", arms: nothing ? [...arms, undefined] : arms }));
  }
}

function commands(components: number, shared: boolean, depth: number): fc.Arbitrary<NewCommand> {
  const deep = ["try-each", "sequence"];
  const rows = [...COMMANDS.values()].filter(
    (row) => (!shared || row.shared) && (depth > 0 || !deep.includes(row.argument)),
  );
  const known = fc
    .constantFrom(...rows)
    .chain((row) =>
      argument(row.argument, components, shared, depth).map((value) => ({ code: row.code, argument: value })),
    );
  const custom = fc
    .tuple(fc.integer({ min: -70_000, max: -257 }), privately)
    .map(([code, value]): NewCommand => ({ code, argument: { kind: "custom", bytes: value } }));
  return shared ? known : fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: custom });
}

export const sequences = (components: number, shared = false, depth = 2): fc.Arbitrary<NewSequence> =>
  fc.array(commands(components, shared, depth), { minLength: 1, maxLength: 5 }).map((list) => ({ commands: list }));

const NAMES = (Object.keys(SEQUENCES) as SequenceName[]).sort((a, b) => SEQUENCES[a] - SEQUENCES[b]);

const texts = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 30 }), words), { maxLength: 4, selector: ([label]) => label })
  .map(inOrder);
const languages: fc.Arbitrary<LanguageText> = fc.record({
  manifest: texts,
  components: fc
    .uniqueArray(fc.record({ id: componentIds, texts }), { maxLength: 2, selector: ({ id }) => componentKey(id) })
    .map((list) => new Map(list.map((one) => [componentKey(one.id), one]))),
});
export const suitTexts: fc.Arbitrary<SuitText> = fc
  .uniqueArray(fc.tuple(fc.constantFrom("en", "en-US", "de", "sr-Latn-RS"), languages), {
    minLength: 1,
    selector: ([language]) => language,
  })
  .map((list) => new Map(list));

type NamedSequence = readonly [SequenceName, Severable<NewSequence>];

export const manifests: fc.Arbitrary<NewManifest> = fc.integer({ min: 1, max: 4 }).chain((components) =>
  fc.record({
    sequenceNumber: uint64,
    common: fc.record({
      components: fc.array(componentIds, { minLength: components, maxLength: components }),
      dependencies: fc
        .uniqueArray(
          fc.tuple(fc.nat({ max: components - 1 }), fc.record({ prefix: fc.option(componentIds, { nil: undefined }) })),
          {
            maxLength: 2,
            selector: ([index]) => index,
          },
        )
        .map(inOrder),
      shared: sequences(components, true),
    }),
    referenceUri: fc.option(words, { nil: undefined }),
    componentId: fc.option(componentIds, { nil: undefined }),
    setVersion: fc.option(fc.array(fc.integer(), { minLength: 1, maxLength: 4 }), { nil: undefined }),
    sequences: fc
      .tuple(
        ...NAMES.map((name) => {
          const here = sequences(components).map((sequence): NamedSequence => [name, { here: sequence }]);
          const severed = digests.map((digest): NamedSequence => [name, { digest }]);
          return fc.option(name in SEVERABLE ? fc.oneof(here, severed) : here, { nil: undefined });
        }),
      )
      .map((list) => new Map(list.filter((one) => one !== undefined))),
    text: fc.option(
      fc.oneof(
        suitTexts.map((text) => ({ here: encodeText(text) })),
        digests.map((digest) => ({ digest })),
      ),
      { nil: undefined },
    ),
    coswid: fc.option(
      fc.oneof(
        bytes(0, 30).map((here) => ({ here })),
        digests.map((digest) => ({ digest })),
      ),
      { nil: undefined },
    ),
  }),
);

const numbers = (minLength = 0): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: -70_000, max: 70_000 }), { minLength, maxLength: 5 });
export const capabilityReports: fc.Arbitrary<Capabilities> = fc.record({
  components: fc.array(fc.record({ id: componentIds, wildcard: fc.boolean() }), { minLength: 1, maxLength: 3 }),
  commands: numbers(1),
  parameters: numbers(1),
  cryptoAlgorithms: numbers(1),
  envelope: numbers(),
  manifest: numbers(),
  common: numbers(),
  text: numbers(),
  textComponent: numbers(),
  dependency: numbers(),
});

const records = fc.record({
  kind: fc.constant("record" as const),
  manifestId: fc.array(fc.nat({ max: 40 }), { maxLength: 3 }),
  section: fc.constantFrom(3, 7, 20),
  offset: uint,
  componentIndex: fc.nat({ max: 30 }),
  parameters: fc.oneof(parameters(4), fc.constant(new Map() as Parameters)),
});
const claims = fc.record({ kind: fc.constant("claim" as const), componentId: componentIds, parameters: parameters(4) });
export const reports: fc.Arbitrary<Report> = fc.record({
  reference: fc.record({ uri: fc.option(words, { nil: undefined }), digest: digests }),
  nonce: fc.option(bytes(0, 16), { nil: undefined }),
  records: fc.array(fc.oneof(records, claims), { maxLength: 4 }),
  result: fc.oneof(
    fc.constant(true as const),
    fc.record({ code: int64, record: records, reason: fc.nat({ max: 14 }) }),
  ),
  capabilities: fc.option(capabilityReports, { nil: undefined }),
});
