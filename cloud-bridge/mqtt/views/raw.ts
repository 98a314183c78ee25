/** docs/mqtt.md, "Raw data" — what nodes report, as the journal has it: YANG-CBOR with SIDs (RFC 9254, content format 140). */
import type { Message } from "../outbox/message.ts";
import { topicOf } from "../outbox/topics.ts";
import type { RenderedView } from "./view.ts";

/** Each sample a node saved up, oldest first, then what it reported; what the gateway read from it, too. */
export const rawView = (site: string): RenderedView => ({
  form: "",
  grounds: [],
  whole: () => [],
  fact: (fact) => {
    if (fact.type !== "node.reported" && fact.type !== "node.read") return [];
    const samples = fact.type === "node.reported" ? (fact.samples ?? []) : [];
    const told = [...samples.map(({ data }) => data), ...(fact.data === undefined ? [] : [fact.data])];
    if (told.length === 0) return [];
    const topic = topicOf("raw", { site, node: fact.node });
    return told.map((payload): Message => ({ kind: "raw", topic, seq: fact.seq, payload }));
  },
});
