/** The status page: escaping, the words it must say, headers that allow its own script and nothing else. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { BrokerStatus, SentMessage, SentMessages } from "../../gateway/admin/api/index.ts";
import { WatchStream } from "../../gateway/admin/api/sent-messages.ts";
import { escapeHtml, html } from "../../gateway/admin/console/html.ts";
import { renderPage } from "../../gateway/admin/console/page.ts";
import { type Doors, openDoors } from "./doors.ts";
import { NODES, NOW, openSite, RELEASES, TRUST } from "./site.ts";

describe("HTML", () => {
  test.each([
    ["<b>", "&lt;b&gt;"],
    [`" onload='x'`, "&quot; onload=&#39;x&#39;"],
    ["a & b", "a &amp; b"],
    ["&lt;", "&amp;lt;"],
  ])("%s becomes %s", (text, escaped) => expect(escapeHtml(text)).toBe(escaped));

  test("no text brings markup or leaves its attribute", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const made = html`<i title="${text}">${text}</i>`.toString();
        expect(made.match(/[<>]/g)).toEqual(["<", ">", "<", ">"]);
        expect(made.match(/"/g)).toHaveLength(2);
      }),
    );
  });

  test("what was made here stays as it is, also in lists", () => {
    const items = ["a", "<"].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}</ul>${undefined}${3}`.toString()).toBe("<ul><li>a</li><li>&lt;</li></ul>3");
  });
});

describe("the page", () => {
  const page = renderPage(openSite());

  test.each([
    ["the name of the site", "Sidgate · Town hall &amp; annex"],
    ["lab mode, in words", "Lab mode: for trying only"],
    ["what is open", "Unprotected CoAP is answered on loopback addresses."],
    ["what listens where", "coap://127.0.0.1:5683"],
    ["that the broker is for trying", "embedded broker, for trying only"],
    ["the state of a node as text", '<span class="chip asleep">asleep</span>'],
    ["missed wakes", "(5 missed)"],
    ["who is secured", '<td data-label="Security">OSCORE</td>'],
    ["when a node wakes next", "in 3 min"],
    ["what a node reported of a release, as text", "failed: install, step 4 failed: &lt;b&gt;x&lt;/b&gt;"],
    ["the counts of a campaign", "1 of 3 done, 1 open, 0 failed, 1 silent"],
    ["the state of a group, as a word beside its sign", '<span aria-hidden="true">▶</span> open'],
    ["the name of a group as text", '<th scope="row">&lt;b&gt;rest&lt;/b&gt;</th>'],
    ["the rule of a group", "stops at 15 %, goes on at 95 % done, then waits for a person"],
    ["what is expected", "25 min (9 in 10: 1 h); ends in 20 min, 9 in 10 in 55 min"],
    ["how many nodes a cause holds up", "1 node: <strong>silent</strong>"],
    ["why, as text", "n-1: downloading, &lt;i&gt;half&lt;/i&gt; of it"],
    ["when more will be known", "The next of them wakes</span> <time"],
    ["which modules there are", "sidgate-building@2026-11-21"],
    ["what is wrong with a module set, as text", "x.yang:3:5: &lt;b&gt;unknown&lt;/b&gt; type"],
    ["what was denied", "by rules; denied since the start: reads 1, edits 2, calls 0"],
    ["what to try next", "npm run sidgate -- sim --nodes 5"],
  ])("says %s", (_name, words) => expect(page).toContain(words));

  test("shows a name that is markup as text", () => {
    expect(page).not.toContain("<script>alert");
    expect(page).toContain("&lt;script&gt;alert(&quot;2&quot;)");
  });

  test("sorts rooms as people count", () => expect(page.indexOf(">Room 1<")).toBeLessThan(page.indexOf(">Room 10<")));

  test("counts, but does not list, more nodes than a phone can show", () => {
    const many = Array.from({ length: 3000 }, () => NODES[0]!);
    const crowded = renderPage({ ...openSite(), nodes: () => many });
    expect(crowded).toContain("3000 nodes, in order of name; the first 500 are shown");
    expect(crowded.match(/<th scope="row"><a/g)).toHaveLength(500);
  });

  test("names each table and each column", () => {
    expect(page.match(/<table/g)?.length).toBe(page.match(/<caption>/g)?.length);
    expect(page).not.toMatch(/<th(?! scope)[ >]/);
  });

  test("asks a large fleet not every two seconds why", () => {
    const site = openSite();
    const [row] = site.campaigns();
    const large = { ...row!, counts: { ...row!.counts, total: 10_000 } };
    const shown = renderPage({ ...site, campaigns: () => [large] });
    expect(shown).toContain("1 of 10000 done");
    expect(shown).not.toContain("Not done, because");
  });

  test("teaches the next step where there is nothing yet", () => {
    const empty = renderPage({ ...openSite(), nodes: () => [], images: () => [], campaigns: () => [] });
    for (const command of ["sidgate node add", "sidgate image add", "sidgate campaign start"])
      expect(empty).toContain(command);
  });
});

describe("served", () => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await openDoors();
  });
  afterAll(() => doors.close());

  test("its policy allows its own script and style, by hash, and nothing else", async () => {
    const answer = await fetch(doors.admin.url);
    const page = await answer.text();
    const policy = answer.headers.get("content-security-policy") ?? "";
    for (const tag of ["script", "style"]) {
      const text = page.match(new RegExp(`<${tag}>([^]*?)</${tag}>`))?.[1] ?? "";
      expect(policy).toContain(`${tag}-src 'sha256-${createHash("sha256").update(text).digest("base64")}'`);
    }
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(page).not.toMatch(/ style="| on[a-z]+="|https?:\/\/(?!127)/);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });
});

test("says whose releases are believed and which of them stand", () => {
  const { withdrawn: _gone, ...release } = RELEASES[0]!;
  const anchor = { ...TRUST.anchors[0]!, name: "acme <b>" };
  const page = renderPage({
    ...openSite(),
    trust: () => ({ anchors: [anchor], thresholds: [] }),
    releases: () => [
      { ...release, release: "ab".repeat(32), images: 2, stored: 1 },
      { ...release, release: "cd".repeat(32), withdrawn: "revoked" },
    ],
  });
  expect(page).toContain("Signatures of acme &lt;b&gt; are believed.");
  expect(page).toMatch(/abababab<\/code>.*1 of 2 images not here yet/);
  expect(page).toMatch(/cdcdcdcd<\/code>.*withdrawn<\/span> <span class="soft">revoked/);
});

describe("docs/mqtt.md, The broker: the cloud link", () => {
  const link = {
    protocol: "5" as const,
    tls: "TLSv1.3",
    receiveMaximum: 20,
    topicAliases: 10,
    connections: 2,
    published: 1234,
    journalDepth: 3,
    latestDepth: 1,
    oldestSeconds: 90,
    outboxBytes: 2 ** 20,
    outboxLimit: 2 ** 28,
  };
  const site = openSite();
  const shown = (broker: Partial<BrokerStatus>): string =>
    renderPage({ ...site, status: () => ({ ...site.status(), broker: { ...site.status().broker, ...broker } }) });
  const url = "mqtts://b.example";
  const page = shown({ kind: "configured", url, link });

  test.each([
    ["the version and the encryption", "MQTT 5, TLSv1.3"],
    ["what the broker said of itself", "20 messages at a time; 10 topic aliases"],
    ["what waits, and since when", "3 messages of the stream, the oldest for 1 min 30 s; 1 last value"],
    ["what the outbox takes", "1 MiB of 256 MiB"],
    [
      "the command to watch",
      `mosquitto_sub -h b.example -p 8883 -V mqttv5 --cafile CA.crt -u USER -P PASSWORD -v -t &#39;`,
    ],
    ["the command to have things sent again", "cmd/replay&#39; -m &#39;{&quot;client&quot;"],
    ["the contract", '<a href="/api/asyncapi.json">'],
  ])("says %s", (_name, words) => expect(page).toContain(words));

  test("has nothing to watch where the bridge is another process", () => {
    const other = shown({ kind: "configured", url, process: "bridge" });
    expect(other).toContain("of the process <code>bridge</code>");
    expect(other).not.toContain('id="watch"');
  });
});

describe("HTML Standard, Server-sent events: messages as they go out", () => {
  const bytes = (text: string): Uint8Array => Buffer.from(text);
  const message = (topic: string, payload = "{}"): SentMessage => ({
    at: NOW,
    topic,
    payload: bytes(payload),
    retained: true,
    replay: false,
  });

  test("who watches sees what begins with his prefix, and costs nothing before and after", async () => {
    const watchers = new Set<(message: SentMessage) => void>();
    let watched = (): void => undefined;
    const messages: SentMessages = {
      watch: (watcher) => {
        watchers.add(watcher);
        watched();
        return { close: async () => void watchers.delete(watcher) };
      },
    };
    const doors = await openDoors({ messages });
    try {
      expect(watchers.size).toBe(0);
      const begun = new Promise<void>((resolve) => {
        watched = resolve;
      });
      const leaving = new AbortController();
      const answer = await fetch(`${doors.admin.url}/api/link/messages?prefix=a/`, { signal: leaving.signal });
      expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
      await begun;
      for (const tell of watchers) for (const topic of ["b/1", "a/1"]) tell(message(topic, "x".repeat(700)));
      const reader = answer.body!.getReader();
      let text = "";
      while (!text.includes("data:")) text += Buffer.from((await reader.read()).value ?? []).toString();
      const told: unknown = JSON.parse(/data: (.*)/.exec(text)?.[1] ?? "");
      expect(told).toEqual({
        time: "2026-11-21T12:00:00Z",
        topic: "a/1",
        bytes: 700,
        text: "x".repeat(600),
        cut: true,
        retained: true,
        replay: false,
      });
      const gone = new Promise<void>((resolve) => {
        const [watcher] = watchers;
        const look = (): void => (watchers.has(watcher!) ? void setImmediate(look) : resolve());
        look();
      });
      leaving.abort();
      await gone;
    } finally {
      await doors.close();
    }
  });

  test("who cannot keep up is told how much he missed, and nothing piles up", () => {
    const written: string[] = [];
    const to = { writableLength: 0, write: (text: string) => written.push(text) > 0 };
    const stream = new WatchStream(to, "");
    for (let n = 0; n < 60; n++) stream.take(message(`t/${n}`));
    stream.nextSecond();
    expect(written).toHaveLength(51);
    expect(written.at(-1)).toBe("event: missed\ndata: 10\n\n");
    to.writableLength = 1 << 20;
    stream.take(message("t/60"));
    stream.nextSecond();
    to.writableLength = 0;
    stream.nextSecond();
    expect(written.at(-1)).toBe("event: missed\ndata: 1\n\n");
    expect(written).toHaveLength(52);
  });
});
