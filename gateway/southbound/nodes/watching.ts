/** The stream of a node, and its datastore where that can be: observed (RFC 7641), and what comes taken up in its order. */
import { type Closable, concatBytes, millis, minutes } from "../../base/index.ts";
import type { Answer, ObservationListener, Question } from "../../coap/index.ts";
import { CONTENT_FORMAT } from "../../wire/coap/index.ts";
import { newsIn } from "./news.ts";
import { datastoreQuestion, takeDatastore } from "./reading.ts";
import { heard, type NodeServer, type NodeServices, peerOf, tellOnce } from "./server.ts";

/** What an observation tells its session. */
export interface WatchEvents {
  /** Notifications came: the datastore may be another. */
  stirred(): void;
  /** It ended without our doing. */
  ended(what: keyof Watched): void;
  /** Something to do with what came did not succeed. */
  failed(error: unknown): void;
}

export interface Watched {
  stream?: Closable | undefined;
  datastore?: Closable | undefined;
}

const PATIENCE = minutes(2);

/** Observes what is not observed yet. Throws `request.*`. */
export async function watch(
  server: NodeServer,
  watched: Watched,
  events: WatchEvents,
  services: NodeServices,
): Promise<void> {
  const { served } = server;
  if (served.stream !== undefined && watched.stream === undefined) {
    const question: Question = { method: "GET", ...served.stream, accept: CONTENT_FORMAT.yangInstances };
    const take = (answer: Answer): Promise<void> => takeStream(server, answer, events, services);
    await observe(server, "stream", question, take, watched, events, services);
  }
  if (served.observable && watched.datastore === undefined) {
    const take = (answer: Answer): Promise<void> => takeDatastore(server, answer, false, services);
    await observe(server, "datastore", datastoreQuestion(server), take, watched, events, services);
  }
}

async function observe(
  server: NodeServer,
  what: keyof Watched,
  question: Question,
  take: (answer: Answer) => Promise<void>,
  watched: Watched,
  events: WatchEvents,
  services: NodeServices,
): Promise<void> {
  let last: Promise<void> = Promise.resolve();
  const taken = (answer: Answer): void => {
    heard(server, services);
    last = last.then(() => take(answer)).catch(events.failed);
  };
  let over = false;
  const listener: ObservationListener = {
    notified: taken,
    ended: (why) => {
      over = true;
      watched[what] = undefined;
      if ("answer" in why)
        taken(why.answer); // a peer that promises no more, or refuses
      else events.ended(what);
    },
  };
  const deadline = millis(services.network.now() + PATIENCE);
  const options = { deadline, signal: server.signal };
  const observation = await services.requests.observe(peerOf(server, services), question, options, listener);
  if (over) return;
  if (server.signal.aborted) await observation.close();
  else watched[what] = observation;
}

/** Recorded once, whatever the node repeats. */
async function takeStream(
  server: NodeServer,
  { code, payload }: Answer,
  events: WatchEvents,
  services: NodeServices,
): Promise<void> {
  const { id } = server;
  const { registry, recorder, clock, log } = services;
  const node = registry.find(id);
  if (node === undefined) return;
  if (code !== "2.05") {
    log.warn("node.stream-refused", { node: id, code });
    return;
  }
  const known = services.events.ofNode(id, node.joined, clock.now());
  const instances = known.flatMap((each) => ("instance" in each ? [each.instance] : []));
  const { news, passedOver } = newsIn(payload, instances, registry.schemaOf(node));
  for (const reason of passedOver) {
    tellOnce(server, `stream ${reason}`, () => log.warn("node.notification-passed-over", { node: id, reason }));
  }
  if (news.length === 0) return;
  await recorder.record("node.notified", { node: id, notifications: concatBytes(news) });
  events.stirred();
}

export async function unwatch(watched: Watched): Promise<void> {
  const { stream, datastore } = watched;
  watched.stream = undefined;
  watched.datastore = undefined;
  await Promise.all([stream?.close(), datastore?.close()]);
}
