/**
 * What a gateway answers while its store cannot be reached. What only reads is answered from memory, and image blocks from the
 * cache; whatever would have to be kept is put off: 5.03 with Max-Age over CoAP (RFC 7252 §5.9.3.4), `store.away` for commands.
 * Nobody is answered as if something were kept that is not.
 */
import type { Random, StoreError } from "../../base/index.ts";
import type { CheckInLane, Request, RequestPort, Response } from "../../coap/index.ts";
import type { StoreReach } from "./store-watch.ts";

/** Seconds; spread, so that a building does not come back in one moment. */
const LEAST = 10;
const SPREAD = 20;
/** RFC 7252 §5.8.1, RFC 8132 §2: safe methods. */
const READS: ReadonlySet<Request["method"]> = new Set(["GET", "FETCH"]);

/** A request that is under way when the store goes is put off too: its repeat later is one that the services know. */
export function puttingOff(store: StoreReach, random: Random): PuttingOff {
  const later = (): Response => ({ code: "5.03", maxAge: LEAST + Math.floor(random.next() * SPREAD) });
  return {
    requests: (port) => (peer, request) => {
      if (READS.has(request.method)) return port(peer, request);
      if (store.away !== undefined) return later();
      const response = port(peer, request);
      return response instanceof Promise ? orOnceAway(response, store, later) : response;
    },
    checkIns: (lane) => ({
      answer: (peer, request) => {
        // It goes on to the request port, which says the same to whatever a check-in may be.
        if (store.away !== undefined) return undefined;
        const response = lane.answer(peer, request);
        return response instanceof Promise ? orOnceAway(response, store, later) : response;
      },
    }),
    commands:
      (submit) =>
      async (...asked) => {
        if (store.away !== undefined) throw store.away;
        return orOnceAway(submit(...asked), store, (why) => {
          throw why;
        });
      },
  };
}

export interface PuttingOff {
  requests(port: RequestPort): RequestPort;
  checkIns(lane: CheckInLane): CheckInLane;
  /** Throws StoreError `store.away`; a command that was under way may still be carried out, and its id tells. */
  commands<A extends readonly unknown[], T>(submit: (...asked: A) => Promise<T>): (...asked: A) => Promise<T>;
}

/** Not Promise.race: on a promise that lives as long as the gateway it would leave something behind with each request. */
function orOnceAway<T>(work: Promise<T>, store: StoreReach, instead: (why: StoreError) => T): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = store.onAway((why) => {
      stop();
      try {
        resolve(instead(why));
      } catch (error) {
        reject(error);
      }
    });
    work.then(resolve, reject).finally(stop);
  });
}
