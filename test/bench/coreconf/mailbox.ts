/** What edits that wait cost: ten of them per node, in memory while it sleeps and as its record on disk. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { days, millis, type NodeId, SILENT } from "../../../gateway/base/index.ts";
import { Mailbox, planned } from "../../../gateway/service/mailbox/index.ts";
import {
  builtInModels,
  encodeInstances,
  fixedSchema,
  fromJson,
  type Instance,
  type JsonObject,
  loadModels,
  parsePath,
  type Schema,
  valueFromJson,
} from "../../../gateway/yang/index.ts";
import { type Figures, quartiles } from "../measure.ts";

/** More than the mailbox keeps decoded, so that its boxes at rest are what is measured. */
const NODES = 20_000;
const ROUNDS = 3;

/** What a manager of a room sets: ten edits, two of them of one leaf and eight of whole entries. */
const EDITS: ReadonlyArray<readonly [path: string, value: string | JsonObject]> = [
  ["set-point", "21.50"],
  ["mode", "economy"],
  ...["05:30", "07:00", "09:00", "11:30", "13:00", "16:30", "19:00", "22:00"].map((start): [string, JsonObject] => [
    `period[start='${start}']`,
    { start, "set-point": "20.50" },
  ]),
];

export async function mailboxFigures(nodes = NODES): Promise<Figures> {
  const schema = await loadModels({ folder: builtInModels(), log: SILENT });
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) costs.push(costOf(schema, nodes));
  return { pending_bytes_per_node: quartiles(costs, "bytes") };
}

function costOf(schema: Schema, nodes: number): number {
  const instances = EDITS.map(([path, value]): Instance => {
    const id = parsePath(`/sidgate-building:room/${path}`, schema);
    return { id, value: valueFromJson(value, id.sid, schema) };
  });
  const tree = fromJson({ "sidgate-building:room": { "set-point": "19.00", mode: "comfort" } }, schema);
  const { parts } = planned({ revision: 0, applied: 0, edits: [] }, tree, instances, schema);
  const mailbox = new Mailbox({ schemas: fixedSchema(schema), setOf: () => undefined, log: SILENT });
  const collect = collector();
  const before = used(collect);
  let records = 0;
  for (let index = 0; index < nodes; index++) {
    mailbox.apply({
      seq: index + 1,
      at: millis(1_790_000_000_000 + index),
      type: "datastore.edited",
      root: `n-${index.toString(36).padStart(6, "0")}` as NodeId,
      patch: encodeInstances(instances, schema),
      revision: instances.length,
      pending: instances.length,
      parts,
      expireAfter: days(30),
      actor: "manager:bms",
    });
    for (const { value } of mailbox.drain()) records += value?.length ?? 0;
  }
  const memory = used(collect) - before;
  if (mailbox.pending("n-000000" as NodeId) !== instances.length) throw new RangeError("not all of it waits");
  return Math.round((memory + records) / nodes);
}

/** The engine's collector, which programs do not see otherwise. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

function used(collect: () => void): number {
  collect();
  const { heapUsed, external } = process.memoryUsage(); // `external` has the array buffers in it
  return heapUsed + external;
}
