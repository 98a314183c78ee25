/** Fetching from coap:// authors: real sockets, honest authors and liars. */
import { createSocket, Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test } from "@jest/globals";
import { createServer } from "coap";
import { generate } from "coap-packet";
import { answer, fetchFrom, type Question, type Said, type Script, ScriptedAuthor, slice } from "./author.ts";

const IMAGE = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
const open: Array<{ close(): unknown }> = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
async function author(script: Script): Promise<ScriptedAuthor> {
  const made = await ScriptedAuthor.listen(script);
  open.push(made);
  return made;
}
const codeOf = (uri: string, size = IMAGE.length, patience?: number): Promise<unknown> =>
  fetchFrom(uri, size, patience === undefined ? {} : { patience }).then(
    () => "fetched",
    (error: { code?: string }) => error.code ?? error,
  );

const HONEST: ReadonlyArray<readonly [name: string, script: Script, requests: number]> = [
  ["blocks of 1024", (question) => [slice(IMAGE, question)], 5],
  ["an author that takes smaller blocks", (question) => [slice(IMAGE, question, 4)], 20],
  ["a size that changes midway", (question) => [slice(IMAGE, question, question.num === 0 ? 6 : 5)], 9],
  ["no ETag at all", (question) => [slice(IMAGE, question, 6, { etag: Buffer.alloc(0) })], 5],
  ["every datagram twice", (question) => [slice(IMAGE, question), slice(IMAGE, question)], 5],
  [
    "separate answers",
    (question) => {
      const { messageId, token } = question.packet;
      const late = slice(IMAGE, question);
      late[0] = 0x40 | token.length; // confirmable, under a message id of the author's own
      late.writeUInt16BE((messageId + 7000) & 0xffff, 2);
      return [generate({ code: "0.00", ack: true, messageId, token: Buffer.alloc(0) }), late];
    },
    5,
  ],
  ["options of any shape beside", (question) => [slice(IMAGE, question, 6, { options: ODD })], 5],
];
const ODD = [
  { name: "Content-Format" as const, value: Buffer.alloc(1) },
  { name: "Max-Age" as const, value: Buffer.alloc(9) },
  { name: "Block1" as const, value: Buffer.alloc(9) },
  { name: "Observe" as const, value: Buffer.alloc(5) },
  { name: "Location-Path" as const, value: Buffer.of(0xff) },
];
test.each(HONEST)("an image arrives byte for byte: %s", async (_name, script, requests) => {
  const { uri, asked } = await author(script);
  expect((await fetchFrom(uri, IMAGE.length)).equals(IMAGE)).toBe(true);
  expect(asked).toHaveLength(requests);
});

test("a small image comes in one datagram without Block2", async () => {
  const { uri } = await author((question) => [answer(question, { payload: IMAGE.subarray(0, 300) })]);
  expect((await fetchFrom(uri, 300)).equals(IMAGE.subarray(0, 300))).toBe(true);
});

test("the parts of the URI go as options, decoded; an address is no Uri-Host", async () => {
  const { uri, asked } = await author((question) => [answer(question, { payload: IMAGE.subarray(0, 3) })]);
  await fetchFrom(`${uri}/a%2Fb/%C3%A4?x=1&y%26z`, 3);
  const options = asked[0]!.packet.options.map(({ name, value }) => [name, value.toString()]);
  expect(options).toEqual([
    ["Uri-Path", "fw"],
    ["Uri-Path", "a/b"],
    ["Uri-Path", "ä"],
    ["Uri-Query", "x=1"],
    ["Uri-Query", "y&z"],
    ["Block2", "\u0006"],
  ]);
});

const lie =
  (num: number, change: Said): Script =>
  (question) => [slice(IMAGE, question, 6, question.num === num ? change : {})];
const LIARS: ReadonlyArray<readonly [name: string, script: Script, code: string]> = [
  ["another block than asked", lie(2, { num: 3 }), "upstream.block"],
  ["the first block again and again", (question) => [slice(IMAGE, { ...question, num: 0 })], "upstream.block"],
  ["another ETag midway", lie(2, { etag: Buffer.from("beef", "hex") }), "upstream.block"],
  ["no ETag midway", lie(2, { etag: Buffer.alloc(0) }), "upstream.block"],
  ["a short block with more to come", lie(1, { payload: IMAGE.subarray(0, 1000) }), "upstream.block"],
  ["an empty block with more to come", lie(1, { payload: Buffer.alloc(0) }), "upstream.block"],
  ["a block larger than it says", lie(4, { szx: 0, num: 256, payload: IMAGE.subarray(0, 17) }), "upstream.block"],
  ["block size 7", lie(0, { szx: 7 }), "block-option.szx"],
  [
    "a Block2 of 4 bytes",
    lie(0, { num: undefined, options: [{ name: "Block2", value: Buffer.alloc(4, 1) }] }),
    "block-option.length",
  ],
  ["an end too early", lie(2, { more: false }), "upstream.size"],
  ["a byte too many", (question) => [slice(Buffer.concat([IMAGE, Buffer.of(1)]), question)], "upstream.size"],
  [
    "a body without end",
    (question) => [answer(question, { num: question.num, more: true, payload: Buffer.alloc(1024) })],
    "upstream.size",
  ],
  ["not found", (question) => [answer(question, { code: "4.04", etag: Buffer.alloc(0) })], "upstream.refused"],
  ["RFC 8516 §3: too many requests", lie(0, { code: "4.29" }), "upstream.answer"],
  ["an error midway", lie(3, { code: "5.00" }), "upstream.answer"],
  ["valid, although nothing was asked to be validated", lie(0, { code: "2.03" }), "upstream.refused"],
  [
    "a reset",
    ({ packet }) => [generate({ code: "0.00", reset: true, messageId: packet.messageId, token: Buffer.alloc(0) })],
    "upstream.answer",
  ],
];
test.each(LIARS)("refused: %s", async (_name, script, code) => {
  const { uri, asked } = await author(script);
  expect(await codeOf(uri)).toBe(code);
  expect(asked.length).toBeLessThan(8); // nobody is asked on for what is refused already
});

const SILENT: ReadonlyArray<readonly [name: string, script: Script]> = [
  ["nothing at all", () => []],
  [
    "an acknowledgement and nothing more",
    ({ packet }) => [generate({ code: "0.00", ack: true, messageId: packet.messageId, token: Buffer.alloc(0) })],
  ],
  [
    "answers to another token",
    (question) => [answer({ ...question, packet: { ...question.packet, token: Buffer.of(9, 9) } }, {})],
  ],
  ["bytes that are no CoAP", () => [Buffer.from("hello"), Buffer.alloc(0), Buffer.of(0x48, 1, 0, 15, 1, 2)]],
  ["requests of its own", () => [generate({ code: "0.01", messageId: 1, token: Buffer.of(1) })]],
];
test.each(SILENT)("given up after its patience: %s", async (_name, script) => {
  const { uri } = await author(script);
  expect(await codeOf(uri, IMAGE.length, 150)).toBe("upstream.silent");
});

test("nobody there is known at once", async () => {
  const gone = await author(() => []);
  const { uri } = gone;
  open.splice(0);
  gone.close();
  expect(await codeOf(uri)).toBe("upstream.unreachable");
});

test("an answer from another address is not heard, however well it fits", async () => {
  const stranger = createSocket("udp4");
  stranger.bind(0, "127.0.0.1");
  await once(stranger, "listening");
  open.push(stranger);
  const forged = Buffer.alloc(1024, 0x66);
  const { uri } = await author((question: Question) => {
    stranger.send(slice(IMAGE, question, 6, { payload: forged }), question.port, "127.0.0.1");
    return question.num < 2 ? [] : [slice(IMAGE, question)];
  });
  expect(await codeOf(uri, IMAGE.length, 150)).toBe("upstream.silent");
});

test("a fetch that is no longer wanted ends at once, and its socket with it", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const { uri } = await author((question) => {
    if (question.num === 2) stop.abort(reason);
    return question.num === 2 ? [] : [slice(IMAGE, question)];
  });
  await expect(fetchFrom(uri, IMAGE.length, { signal: stop.signal })).rejects.toBe(reason);
  await expect(fetchFrom(uri, IMAGE.length, { signal: stop.signal })).rejects.toBe(reason);
});

test("npm coap as the author: its own Block2 and ETag", async () => {
  const server = createServer((_request, response) => void response.end(IMAGE));
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const socket = server._sock;
  if (!(socket instanceof Socket)) throw new Error("npm coap listens on no socket");
  const { port } = socket.address();
  expect((await fetchFrom(`coap://127.0.0.1:${port}/fw`, IMAGE.length)).equals(IMAGE)).toBe(true);
});
