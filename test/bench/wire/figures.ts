/** Figures `wire_*` of the bench group `coreconf`: bytes on the wire of the same content in five encodings. */
import { EXAMPLES } from "./content.ts";
import { datagramOf } from "./datagrams.ts";
import { ENCODINGS } from "./encodings.ts";

export interface WireBytes {
  readonly payload: number;
  /** CoAP included, as it lies in UDP. */
  readonly datagrams: number;
  readonly messages: number;
}

export function wireBytes(): ReadonlyMap<string, ReadonlyMap<string, WireBytes>> {
  return new Map(
    EXAMPLES.map((example) => [
      example.name,
      new Map(
        ENCODINGS.map(([name, , of]) => {
          const sent = of(example);
          const sum = (lengthOf: (each: (typeof sent)[number]) => number): number =>
            sent.reduce((all, each) => all + lengthOf(each), 0);
          const payload = sum((each) => each.payload.length);
          return [name, { payload, datagrams: sum((each) => datagramOf(each).length), messages: sent.length }];
        }),
      ),
    ]),
  );
}

/** `wire_EXAMPLE_ENCODING`: payload; `wire_EXAMPLE_ENCODING_datagrams`: with CoAP. */
export function wireFigures(): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const [example, encodings] of wireBytes()) {
    for (const [encoding, { payload, datagrams }] of encodings) {
      figures[`wire_${example}_${encoding}`] = payload;
      figures[`wire_${example}_${encoding}_datagrams`] = datagrams;
    }
  }
  return figures;
}

/** The table of docs/figures.md: payload and, with CoAP, the whole; requests, where there are several. */
export function wireTable(): string {
  const bytes = wireBytes();
  const rows = EXAMPLES.map(({ name, title }) => {
    const cells = ENCODINGS.map(([encoding]) => {
      const { payload = 0, datagrams = 0, messages = 0 } = bytes.get(name)?.get(encoding) ?? {};
      return `${payload} / ${datagrams}${messages > 1 ? ` in ${messages}` : ""}`;
    });
    return `| ${title} | ${cells.join(" | ")} |`;
  });
  const titles = ENCODINGS.map(([, title]) => title);
  return [
    `| bytes, payload / with CoAP | ${titles.join(" | ")} |`,
    `|---|${"---|".repeat(titles.length)}`,
    ...rows,
  ].join("\n");
}
