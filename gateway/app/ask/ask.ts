/** `sidgate ask`: a CoAP request from the command line, as a node or a manager would make it, its answer explained. */
import { isIPv6 } from "node:net";
import { type AskOptions, EXIT, printableJson } from "../../admin/cli/index.ts";
import {
  type Closable,
  type Credential,
  type CredentialSource,
  millis,
  SILENT,
  systemClock,
  UsageError,
} from "../../base/index.ts";
import { Engine, type Remote, UdpTransport } from "../../coap/index.ts";
import { Oscore } from "../../coap/oscore/index.ts";
import type { Answer } from "../../coap/requester/answer.ts";
import type { ObservationListener } from "../../coap/requester/observing.ts";
import type { RequestPeer } from "../../coap/requester/requester.ts";
import { SequenceFile } from "../../sim/index.ts";
import { type OwnCredential, readCredentialFile, sequenceName } from "../credential-file.ts";
import { schemaForPeople } from "../decode.ts";
import { toldToStop } from "../run.ts";
import { answerJson, answerText } from "./answer-view.ts";
import { type Asked, readQuestion } from "./question.ts";

type Show = (answer: Answer) => void;

/** An answer that is no success is an answer, and exit code 1. Throws UsageError `cli.*`, and `request.*`. */
export async function ask(options: AskOptions, print: (text: string) => void): Promise<number> {
  const asked = await readQuestion(options);
  const own = options.as === undefined ? undefined : readOwn(options.as);
  const schema = await schemaForPeople(options.models);
  const show: Show = (answer) => print(options.json ? printableJson(answerJson(answer)) : answerText(answer, schema));
  const engine = clientTo(asked.remote, own, options.as);
  await engine.start();
  try {
    return await converse(engine, asked, { ...options, credential: own && asCredential(own) }, show);
  } finally {
    await engine.close();
  }
}

async function converse(
  engine: Engine,
  { remote, question }: Asked,
  { credential, observe, timeout }: Pick<AskOptions, "observe" | "timeout"> & Pick<RequestPeer, "credential">,
  show: Show,
): Promise<number> {
  const peer = { remote, credential };
  const until = { deadline: millis(Date.now() + timeout) };
  if (observe) return watch((listener) => engine.observe(peer, question, until, listener), show);
  const answer = await engine.request(peer, question, until);
  show(answer);
  return exitOf(answer);
}

/** Until the peer ends it, or whoever watches does. */
async function watch(start: (listener: ObservationListener) => Promise<Closable>, show: Show): Promise<number> {
  const over = new AbortController();
  let observation: Closable | undefined;
  try {
    const ended = new Promise<number>((resolve, reject) => {
      const listener: ObservationListener = {
        notified: show,
        ended: (why) => {
          if ("error" in why) return reject(why.error);
          show(why.answer);
          resolve(exitOf(why.answer));
        },
      };
      start(listener).then((started) => {
        observation = started;
      }, reject);
    });
    return await Promise.race([ended, toldToStop(over.signal).then(() => EXIT.ok)]);
  } finally {
    over.abort();
    await observation?.close();
  }
}

const exitOf = ({ code }: Answer): number => (code.startsWith("2.") ? EXIT.ok : EXIT.failed);

/** Nobody asks us anything: what comes in unasked is refused. */
const NOBODY: CredentialSource = { byKid: () => [], ofNode: () => undefined };

/** Sequence numbers are reserved beside the file of the credential, so that the next call goes on behind this one. */
function clientTo(remote: Remote, own: OwnCredential | undefined, file = ""): Engine {
  const clock = systemClock();
  const transport = new UdpTransport({ address: isIPv6(remote.address) ? "::" : "0.0.0.0", port: 0 });
  const parts = { transports: [transport], clock, random: { next: Math.random }, log: SILENT };
  const refuse = { handler: () => ({ code: "4.04" }) as const, unprotected: () => false };
  if (own === undefined) return new Engine({ ...parts, ...refuse });
  const numbers = new SequenceFile(`${file}.sequence`).of(sequenceName(own));
  return new Engine({ ...parts, ...refuse, oscore: new Oscore({ credentials: NOBODY, clock, numbers }).client });
}

/** Throws UsageError `cli.file`. */
function readOwn(path: string): OwnCredential {
  const [own, ...others] = readCredentialFile(path);
  if (own !== undefined && others.length === 0) return own;
  throw new UsageError("cli.file", { path, reason: "it names several peers, and a request comes from one" });
}

const asCredential = (own: OwnCredential): Credential => ({
  ...own,
  id: own.name,
  nodeId: own.node,
  idContext: own.idContext,
});
