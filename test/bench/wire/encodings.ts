/** The same content in five encodings, each as the datagrams that its protocol sends. */
import { EMPTY, fromHex } from "../../../gateway/base/index.ts";
import { groupBy } from "./bytes.ts";
import type { Example, Resource } from "./content.ts";
import type { Sent } from "./datagrams.ts";
import { encodeLwm2mCbor } from "./lwm2m-cbor.ts";
import { encodeTlv } from "./lwm2m-tlv.ts";
import { encodeResources } from "./senml-cbor.ts";

const FORMAT = { json: 50, senml: 112, senmlEtch: 322, tlv: 11_542, lwm2mCbor: 11_544 } as const;

/** Datagrams with what is asked for, told or changed; what answers an edit is the same empty message everywhere. */
export const ENCODINGS: ReadonlyArray<
  readonly [name: string, title: string, of: (example: Example) => readonly Sent[]]
> = [
  ["coreconf", "CORECONF", coreconf],
  ["lwm2m_tlv", "LwM2M TLV", (example) => lwm2m(example, FORMAT.tlv)],
  ["lwm2m_cbor", "LwM2M CBOR", (example) => lwm2m(example, FORMAT.lwm2mCbor)],
  ["senml_cbor", "SenML CBOR", senml],
  ["json", "RFC 7951 JSON", json],
];

/** Around one payload in one message. */
function single({ exchange }: Example, path: string, format: number, payload: Uint8Array): readonly Sent[] {
  switch (exchange) {
    case "answer":
      return [{ type: "ACK", code: "2.05", format, payload }];
    case "notification":
      return [{ type: "CON", code: "2.05", observed: true, format, payload }];
    case "report":
      return [{ type: "CON", code: "POST", path, format, payload }];
    case "edit":
      return [{ type: "CON", code: "iPATCH", path, format, payload }];
  }
}

function coreconf(example: Example): readonly Sent[] {
  return single(example, "c", example.format, fromHex(example.coreconf) ?? EMPTY);
}

function json(example: Example): readonly Sent[] {
  return single(example, "c", FORMAT.json, new TextEncoder().encode(JSON.stringify(example.json)));
}

function senml(example: Example): readonly Sent[] {
  const gone = (example.gone ?? []).map((instance) => instance.join("/"));
  const format = example.exchange === "edit" ? FORMAT.senmlEtch : FORMAT.senml;
  return single(example, "c", format, encodeResources(example.resources, gone));
}

function lwm2m(example: Example, format: 11_542 | 11_544): readonly Sent[] {
  const { exchange, resources } = example;
  if (exchange === "edit") return lwm2mEdit(example, format);
  // A Send (1.1 §6.4.7) to `dp` has many objects, but not as TLV.
  if (format === FORMAT.lwm2mCbor) return single(example, "dp", format, encodeLwm2mCbor(resources));
  const told: Example = exchange === "report" ? { ...example, exchange: "notification" } : example;
  const objects = [...groupBy(resources, ([path]) => path[0]).values()];
  return objects.flatMap((those) => single(told, "", format, encodeTlv(those)));
}

/** Write, Delete and Create are a request each: only values of what is there can be written together. */
function lwm2mEdit({ resources, gone = [], fresh = [] }: Example, format: 11_542 | 11_544): readonly Sent[] {
  const isFresh = (of: readonly Resource[]): boolean =>
    fresh.some(([object, instance]) => of.some(([path]) => path[0] === object && path[1] === instance));
  const deletes = gone.map(
    (instance): Sent => ({ type: "CON", code: "DELETE", path: instance.join("/"), payload: EMPTY }),
  );
  const instances = groupBy(resources, ([path]) => `${path[0]}/${path[1]}`);
  const writes = [...instances].map(([path, those]): Sent => {
    const created = isFresh(those);
    const payload = format === FORMAT.tlv ? encodeTlv(those, created) : encodeLwm2mCbor(those);
    return { type: "CON", code: "POST", path: created ? (path.split("/")[0] ?? "") : path, format, payload };
  });
  return [...deletes, ...writes];
}
