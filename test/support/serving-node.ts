/**
 * A node that serves its datastore, seen through the requests of the gateway: each waits until the test says what becomes of
 * it. Answers of all kinds, and those that get lost on either way.
 */
import { createHash } from "node:crypto";
import { type Closable, WireError } from "../../gateway/base/index.ts";
import type {
  Answer,
  ObservationListener,
  Question,
  RequestOptions,
  RequestPeer,
  Requests,
} from "../../gateway/coap/index.ts";
import {
  decodeInstances,
  EMPTY_TREE,
  edit,
  encodeTree,
  formatInstanceId,
  merge,
  type Schema,
  type Tree,
} from "../../gateway/yang/index.ts";

export interface OpenRequest {
  readonly peer: RequestPeer;
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

export const answer = (code: string, more: Partial<Answer> = {}): Answer => ({
  code,
  payload: new Uint8Array(0),
  contentFormat: undefined,
  etag: undefined,
  maxAge: undefined,
  locationPath: [],
  locationQuery: [],
  observe: undefined,
  pending: undefined,
  ...more,
});
const timeout = (): Error => new WireError("request.timeout", { peer: "192.0.2.7:40007", what: "no acknowledgement" });

export class ServingNode implements Requests {
  readonly #schema: Schema;
  tree: Tree;
  readonly open: OpenRequest[] = [];
  /** All that was ever asked, as method and path. */
  readonly asked: string[] = [];
  mostAtOnce = 0;
  /** Paths that it will not have edited, and whether it says which of several it was. */
  readonly refuses = new Set<string>();
  saysWhich = true;
  /** Payloads of iPATCHes that it applied. */
  readonly applied: string[] = [];
  /** Newest first; undefined = it has no stream. */
  stream: Uint8Array | undefined;
  listener: ObservationListener | undefined;
  datastoreListener: ObservationListener | undefined;
  called: (payload: Uint8Array) => Answer = () => answer("4.05");

  constructor(schema: Schema, tree: Tree = EMPTY_TREE) {
    this.#schema = schema;
    this.tree = tree;
  }

  request(peer: RequestPeer, question: Question, { signal }: RequestOptions): Promise<Answer> {
    this.asked.push(`${question.method} ${question.path.join("/")}`);
    return new Promise((resolve, reject) => {
      const request: OpenRequest = { peer, question, resolve, reject };
      this.open.push(request);
      this.mostAtOnce = Math.max(this.mostAtOnce, this.open.length);
      signal?.addEventListener("abort", () => {
        this.#drop(request);
        reject(timeout());
      });
    });
  }

  async observe(
    _peer: RequestPeer,
    { path }: Question,
    _options: RequestOptions,
    listener: ObservationListener,
  ): Promise<Closable> {
    this.asked.push(`observe ${path.join("/")}`);
    const isStream = path[0] === "s";
    if (isStream && this.stream === undefined) listener.ended({ answer: answer("4.04") });
    else if (isStream) {
      this.listener = listener;
      listener.notified(answer("2.05", { payload: this.stream ?? new Uint8Array(0), contentFormat: 142, observe: 1 }));
    } else {
      this.datastoreListener = listener;
      listener.notified(answer("2.05", { payload: this.body(), contentFormat: 140, observe: 1 }));
    }
    return {
      close: () => {
        if (isStream) this.listener = undefined;
        else this.datastoreListener = undefined;
      },
    };
  }

  measures(fragment: Tree): void {
    this.tree = merge(this.tree, fragment, this.#schema);
  }

  body(): Uint8Array {
    return encodeTree(this.tree, this.#schema);
  }

  /** The next request is answered as the node would. */
  answers(): void {
    const request = this.#take();
    request.resolve(this.#do(request.question));
  }

  answersWith(said: Answer): void {
    this.#take().resolve(said);
  }

  /** The node did it, and its answer was lost. */
  losesAnswer(): void {
    const request = this.#take();
    this.#do(request.question);
    request.reject(timeout());
  }

  losesRequest(): void {
    this.#take().reject(timeout());
  }

  #take(): OpenRequest {
    const request = this.open.shift();
    if (request === undefined) throw new Error("the gateway asks nothing");
    return request;
  }

  #drop(request: OpenRequest): void {
    const at = this.open.indexOf(request);
    if (at >= 0) this.open.splice(at, 1);
  }

  /** What it answers, at once. */
  serves(question: Question): Answer {
    return this.#do(question);
  }

  #do({ method, payload = new Uint8Array(0), etags = [] }: Question): Answer {
    switch (method) {
      case "GET": {
        const body = this.body();
        const etag = createHash("sha256").update(body).digest().subarray(0, 4);
        if (etags.some((known) => etag.equals(known))) return answer("2.03", { etag });
        return answer("2.05", { payload: body, contentFormat: 140, etag });
      }
      case "iPATCH":
        return this.#patched(payload);
      case "POST":
        return this.called(payload);
      default:
        return answer("4.05");
    }
  }

  #patched(payload: Uint8Array): Answer {
    const instances = decodeInstances(payload, this.#schema, "input", "any");
    const guilty = instances.find(({ id }) => this.refuses.has(formatInstanceId(id, this.#schema)));
    if (guilty !== undefined) {
      // {1024: {1 (app-tag): 1018 not-in-range, 2 (data node): SID, 4 (tag): 1011 invalid-value}}
      const which = this.saysWhich ? `02 19${guilty.id.sid.toString(16)}` : "";
      const body = `a1 190400 a${this.saysWhich ? 3 : 2} 01 1903fa ${which} 04 1903f3`;
      return answer("4.00", { contentFormat: 140, payload: Buffer.from(body.replaceAll(" ", ""), "hex") });
    }
    this.tree = edit(this.tree, instances, this.#schema);
    this.applied.push(Buffer.from(payload).toString("hex"));
    return answer("2.04");
  }
}
