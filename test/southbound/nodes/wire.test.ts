/** What goes over the air to a node that serves its datastore, byte by byte; and the same over a network that loses half. */
import { expect, test } from "@jest/globals";
import { hours, millis, SILENT, seconds, seededRandom } from "../../../gateway/base/index.ts";
import { Engine, type Method, type Request, type Response, type ResponseCode } from "../../../gateway/coap/index.ts";
import { acceptEdit } from "../../../gateway/service/mailbox/index.ts";
import { fromJson, type Tree } from "../../../gateway/yang/index.ts";
import { answers } from "../../support/asking.ts";
import { con, GATEWAY, stage } from "../../support/lockstep.ts";
import { MemoryNetwork } from "../../support/lossy.ts";
import { atRest, builtIn, DATASTORE_ONLY, LINKS, openServedSite, PLACE } from "../../support/served-site.ts";
import { bytes } from "../../support/services.ts";
import { ServingNode } from "../../support/serving-node.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const schema = await builtIn;

test("CC-E1 CC-G1 CC-I1: a node registers, is watched, read, edited and read again", async () => {
  const { engine, clock, node: peer } = await stage();
  const site = await openServedSite(engine, { clock });
  const node = await site.join("room-1");
  await site.registers(node, LINKS);

  // The stream first: nothing has happened yet, and the node will tell what does.
  await answers(peer, con("GET", "s").observe(0).accept(142), "2.05", (line) => line.observe(1).contentFormat(142));
  // {60201 (room): {3 (set-point): 20.00, 1 (temperature): 21.50}}
  const before = bytes("a1 19eb29 a2 01 c482 21 190866 03 c482 21 1907d0");
  const etag = bytes("01");
  await answers(peer, con("GET", "c").accept(140), "2.05", (line) =>
    line.etag(etag).contentFormat(140).payload(before),
  );
  await atRest(site);
  expect(site.registry.get(node).tree).toEqual(
    fromJson({ "sidgate-building:room": { temperature: "21.50", "set-point": "20.00" } }, schema),
  );

  // A manager's edit, {60204: 22.00}, goes to the node as it came.
  const edit = bytes("a1 19eb2c c482 21 190898");
  await site.manager("iPATCH", `n/${node}/c`, { contentFormat: 142, payload: edit });
  await atRest(site);
  await answers(peer, con("iPATCH", "c").contentFormat(142).payload(edit), "2.04");
  await atRest(site);
  expect(site.mailbox.pending(node)).toBe(0);
  const after = bytes("a1 19eb29 a2 01 c482 21 190866 03 c482 21 190898");
  const tag = bytes("02");
  await answers(peer, con("GET", "c").accept(140), "2.05", (line) => line.etag(tag).contentFormat(140).payload(after));
  await atRest(site);

  // It says that it is still there: what is known of its datastore is asked about, and nothing goes over the air twice.
  await site.registers(node, LINKS);
  await answers(peer, con("GET", "c").etag(tag).accept(140), "2.03", (line) => line.etag(tag));
  await atRest(site);
  await peer.expectsSilence();
  expect(site.facts.filter(({ type }) => type === "node.read")).toHaveLength(1);
  await site.close();
  await engine.close();
});

test("CC-B1: a datastore comes in the blocks that the node makes of it", async () => {
  const { engine, clock, node: peer } = await stage();
  const site = await openServedSite(engine, { clock });
  const node = await site.join("room-1");
  await site.registers(node, DATASTORE_ONLY);
  const body = bytes("a1 19eb29 bf 01 c482 21 190866 03 c482 21 1907d0 ff"); // of indefinite length
  const first = body.subarray(0, 16);
  await answers(peer, con("GET", "c").accept(140), "2.05", (line) =>
    line.etag(bytes("07")).contentFormat(140).block2(0, 1, 16).payload(first),
  );
  expect(site.facts.filter(({ type }) => type === "node.read")).toEqual([]);
  await answers(peer, con("GET", "c").accept(140).block2(1, 0, 16), "2.05", (line) =>
    line.etag(bytes("07")).contentFormat(140).block2(1, 0, 16).payload(body.subarray(16)),
  );
  await atRest(site);
  expect(site.facts.filter(({ type }) => type === "node.read")).toHaveLength(1);
  await site.close();
  await engine.close();
});

test("a node that is gone gets the five copies of one request, and then peace", async () => {
  const { engine, clock, node: peer } = await stage();
  const site = await openServedSite(engine, { clock });
  const node = await site.join("room-1");
  await site.registers(node, DATASTORE_ONLY);
  await atRest(site, seconds(50));
  expect(peer.takeAll()).toHaveLength(5);
  await atRest(site, hours(1));
  // One request after 30, 60, 120 … seconds of pause, and each in five copies.
  const sent = peer.takeAll().length;
  expect(sent).toBeGreaterThan(10);
  expect(sent).toBeLessThanOrEqual(30);
  await site.close();
  await engine.close();
});

/** The node's own engine in front of its datastore. */
async function startNode(network: MemoryNetwork, clock: VirtualClock, server: ServingNode): Promise<Engine> {
  const handler = (_peer: unknown, request: Request): Response => {
    const { method, path, payload, etags } = request;
    const said = server.serves({ method: method as Method, path, payload, etags });
    return {
      code: said.code as ResponseCode,
      payload: said.payload,
      ...(said.contentFormat === undefined ? {} : { contentFormat: said.contentFormat }),
      ...(said.etag === undefined ? {} : { etag: said.etag }),
    };
  };
  const engine = new Engine({
    transports: [network.endpoint(PLACE)],
    clock,
    random: seededRandom(5),
    log: SILENT,
    handler,
  });
  await engine.start();
  return engine;
}

test("over a network that loses, doubles and reorders, every edit arrives, in its order", async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, { loss: 0.3, duplication: 0.1, reordering: 0.1 }, 11);
  const server = new ServingNode(schema);
  const theirs = await startNode(network, clock, server);
  const ours = new Engine({
    transports: [network.endpoint(GATEWAY)],
    clock,
    random: seededRandom(6),
    log: SILENT,
    handler: () => ({ code: "4.04" }),
  });
  await ours.start();
  const site = await openServedSite(ours, { clock });
  const node = await site.join("room-1");
  await site.registers(node, DATASTORE_ONLY);
  const set = (value: number): Promise<unknown> => {
    const edit = [{ id: { sid: 60204, keys: [] }, value: BigInt(value) }];
    return acceptEdit(site.registry.get(node), edit, { ...site, recorder: site.ledger }, { actor: "test" });
  };
  for (let value = 2001; value <= 2020; value++) {
    await set(value);
    await atRest(site, millis(4000));
  }
  await atRest(site, hours(1));
  expect([site.mailbox.pending(node), (server.tree.get(60201) as Tree).get(60204)]).toEqual([0, 2020n]);
  const values = server.applied.map((patch) => Number.parseInt(patch.slice(-4), 16));
  expect(values).toEqual([...values].sort((a, b) => a - b));
  await site.close();
  await ours.close();
  await theirs.close();
});
