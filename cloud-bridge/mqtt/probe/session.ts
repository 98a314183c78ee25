/** docs/doctor.md — one session of the probe: messages below `sidgate/1/SITE/probe/`, sent and awaited one after the other. */
import { type Clock, isCoded, type Millis, millis } from "../../../gateway/base/index.ts";
import type { BrokerAddress, Refusal } from "../link/connection.ts";
import type { Protocol } from "../link/link-machine.ts";
import type { Heard, OpenPlainLine, PlainLine } from "../link/plain-line.ts";
import { type Inbox, within } from "./inbox.ts";
import type { Patience } from "./patience.ts";

/** What became of the messages of the probe. `undefined` = it was not tried. */
export interface TopicFacts {
  readonly prefix: string;
  /** What the broker would not have: silence is the other way to refuse. */
  readonly refusal?: Refusal;
  /** Came back to us. */
  readonly echo: boolean;
  /** With it came its properties (MQTT 5). */
  readonly user?: boolean;
  readonly response?: boolean;
  readonly expiry?: boolean;
  readonly shared?: boolean;
  readonly retained?: boolean;
  /** A retained message was gone after its time. */
  readonly expires?: boolean;
  /** How long after its line broke the will came; left out = it did not. */
  readonly will?: Millis;
  /** A message of `LARGE` bytes came back. */
  readonly large?: boolean;
  /** What the running bridge retains lies there. */
  readonly birth?: boolean;
}

export const WILL_DELAY_S = 2;
/** Retained messages of the shortest life: brokers count whole seconds, and some look once a second. */
const EXPIRY_S = 1;
const EXPIRED_AFTER = millis(2300);
/** What a bridge asks of a broker (docs/mqtt.md, "The broker"). */
export const LARGE = 64 * 1024;
const USER = "sidgate-probe";

export interface SessionParts {
  readonly broker: BrokerAddress;
  readonly tag: string;
  readonly expectBirth: boolean;
  readonly patience: Patience;
  readonly open: OpenPlainLine;
  readonly clock: Clock;
  readonly site: string;
  readonly line: PlainLine;
  readonly protocol: Protocol;
  readonly inbox: Inbox;
}

const BROKER_NAME = "$SYS/broker/version";

export class Session {
  readonly #parts: SessionParts;
  readonly #prefix: string;
  readonly #retained = new Set<string>();
  #refusal: Refusal | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#prefix = `sidgate/1/${parts.site}/probe/${parts.tag}/`;
  }

  get brokerName(): string | undefined {
    const said = this.#parts.inbox.find(BROKER_NAME);
    return said && Buffer.from(said.payload).toString("utf8").slice(0, 80);
  }

  /** In the order in which a broker that lacks a right breaks the line the latest. */
  async look(): Promise<TopicFacts> {
    const { protocol, line } = this.#parts;
    const v5 = protocol === 5;
    await this.#subscribe("live/#");
    await this.#ask(line.subscribe(BROKER_NAME)); // a look only: most do not let us, and that is their right
    const echo = await this.#echo();
    const told = { prefix: this.#prefix, echo: echo !== undefined };
    if (echo === undefined) return { ...told, ...this.#refused };
    const properties = v5 ? propertiesIn(echo, this.#topic("answer")) : {};
    const shared = await this.#sharedComes();
    // Both wait for a clock of the broker.
    const [will, kept] = await Promise.all([this.#willComes(), this.#keeps()]);
    const birth = await this.#birthLies();
    const large = await this.#largeComes();
    return { ...told, ...properties, shared, ...will, ...kept, ...birth, large, ...this.#refused };
  }

  async close(): Promise<void> {
    const { line, clock, patience } = this.#parts;
    for (const topic of this.#retained) await this.#ask(line.publish({ topic, payload: "", retain: true }));
    await within(clock, patience.answer, line.gone, (done) => void line.end().then(done, done));
    line.drop();
  }

  get #refused(): Pick<TopicFacts, "refusal"> {
    return this.#refusal === undefined ? {} : { refusal: this.#refusal };
  }

  #topic(name: string): string {
    return this.#prefix + name;
  }

  #wait(name: string, patience = this.#parts.patience.answer): Promise<Heard | undefined> {
    return this.#parts.inbox.wait(this.#topic(name), this.#parts.line.gone, patience);
  }

  /** What the broker answers; nothing when it does not. */
  async #ask(question: Promise<Refusal | undefined>): Promise<Refusal | undefined> {
    const { clock, line, patience } = this.#parts;
    let refusal: Refusal | undefined;
    await within(clock, patience.answer, line.gone, (done) => {
      question.then((answer) => {
        refusal = answer;
        done();
      }, done);
    });
    return refusal;
  }

  async #subscribe(name: string): Promise<void> {
    this.#refusal ??= await this.#ask(this.#parts.line.subscribe(this.#topic(name)));
  }

  async #publish(name: string, more: Omit<Parameters<PlainLine["publish"]>[0], "topic">): Promise<void> {
    const topic = this.#topic(name);
    if (more.retain === true) this.#retained.add(topic);
    this.#refusal ??= await this.#ask(this.#parts.line.publish({ topic, ...more }));
  }

  async #echo(): Promise<Heard | undefined> {
    await this.#publish("live/echo", {
      payload: "echo",
      user: { [USER]: "1" },
      responseTopic: this.#topic("answer"),
      correlation: Buffer.from("echo"),
      expirySeconds: 60,
    });
    return this.#wait("live/echo", this.#parts.patience.first);
  }

  /** MQTT 5.0 §4.8.2; brokers of MQTT 3.1.1 may know it too, or take `$share` for the name of a topic. */
  async #sharedComes(): Promise<boolean> {
    const { line, tag } = this.#parts;
    const refused = await this.#ask(line.subscribe(`$share/${tag}/${this.#topic("shared")}`));
    if (refused !== undefined) return false;
    await this.#publish("shared", { payload: "shared" });
    return (await this.#wait("shared")) !== undefined;
  }

  /** Of a connection that ends without goodbye. */
  async #willComes(): Promise<Pick<TopicFacts, "will">> {
    const { broker, protocol, site, tag, open, clock, patience } = this.#parts;
    const will = { topic: this.#topic("live/will"), delaySeconds: WILL_DELAY_S };
    const clientId = `sidgate-${site}-doctor-${tag}-will`;
    const dying = await open({ broker, protocol, clientId, will }).catch(refusedLine);
    if (dying === undefined) return {};
    const begun = clock.now();
    dying.drop();
    const came = await this.#wait("live/will", millis(WILL_DELAY_S * 1000 + 2 * patience.answer));
    return came === undefined ? {} : { will: millis(clock.now() - begun) };
  }

  async #keeps(): Promise<Pick<TopicFacts, "retained" | "expires">> {
    const { protocol, clock, line } = this.#parts;
    const v5 = protocol === 5;
    // Removed below; should that fail, the broker does it.
    await this.#publish("kept/stays", { payload: "stays", retain: true, expirySeconds: 60 });
    if (v5) {
      await this.#publish("kept/goes", { payload: "goes", retain: true, expirySeconds: EXPIRY_S });
      await within(clock, EXPIRED_AFTER, line.gone, () => undefined);
    }
    await this.#subscribe("kept/#");
    const stays = await this.#wait("kept/stays");
    const retained = stays?.retain === true;
    if (!v5 || !retained) return { retained };
    await this.#publish("live/after", { payload: "after" }); // what comes after it will not come any more
    await this.#wait("live/after");
    return { retained, expires: this.#parts.inbox.find(this.#topic("kept/goes")) === undefined };
  }

  async #birthLies(): Promise<Pick<TopicFacts, "birth">> {
    const { expectBirth, line, site, inbox, patience } = this.#parts;
    if (!expectBirth) return {};
    const topic = `sidgate/1/${site}/birth`;
    await this.#ask(line.subscribe(topic));
    return { birth: (await inbox.wait(topic, line.gone, patience.answer)) !== undefined };
  }

  /** Last: on MQTT 3.1.1 a broker can only break the line. */
  async #largeComes(): Promise<boolean> {
    const { maximumPacketSize = Infinity } = this.#parts.line.limits;
    if (maximumPacketSize < LARGE) return false;
    const room = this.#topic("live/large").length + 32;
    await this.#publish("live/large", { payload: "x".repeat(LARGE - room) });
    return (await this.#wait("live/large")) !== undefined;
  }
}

const propertiesIn = ({ user, responseTopic, correlation, expirySeconds }: Heard, answer: string) => ({
  user: user[USER] === "1",
  response: responseTopic === answer && Buffer.from(correlation ?? []).toString() === "echo",
  expiry: expirySeconds !== undefined && expirySeconds <= 60,
});

/** A broker that takes the first connection and no second one, e.g. since its number is limited. */
function refusedLine(error: unknown): undefined {
  if (!isCoded(error)) throw error;
}
