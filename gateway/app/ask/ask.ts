/** `sidgate ask`: a CoAP request from the command line, as a node or a manager would make it, its answer explained. */
import { type AskOptions, EXIT, printableJson } from "../../admin/cli/index.ts";
import {
  type Clock,
  type Closable,
  type Credential,
  type CredentialSource,
  millis,
  SILENT,
  systemClock,
  UsageError,
} from "../../base/index.ts";
import {
  type Answer,
  type ObservationListener,
  Oscore,
  openRequester,
  type RequestPeer,
  type Requests,
} from "../../coap/index.ts";
import { SequenceFile } from "../../sim/index.ts";
import { withLibraryModule } from "../../southbound/coreconf/library/module.ts";
import { exposure, type OwnCredential, readCredentialFile, sequenceName } from "../sim/credential-file.ts";
import { schemaForPeople } from "../tools/schema-for-people.ts";
import { toldToStop } from "../until-told.ts";
import { answerJson, answerText } from "./answer-view.ts";
import { type Asked, readQuestion } from "./question.ts";

type Show = (answer: Answer) => void;

/** An answer that is no success is an answer, and exit code 1. Throws UsageError `cli.*`, and `request.*`. */
export async function ask(
  options: AskOptions,
  print: (text: string) => void,
  note: (text: string) => void = () => undefined,
): Promise<number> {
  const asked = await readQuestion(options);
  const own = options.as === undefined ? undefined : readOwn(options.as);
  const exposed = options.as === undefined ? undefined : exposure(options.as);
  if (exposed !== undefined) note(exposed);
  // Every datastore and stream that a manager sees has the YANG library in it.
  const schema = withLibraryModule(await schemaForPeople(options.models, note));
  const show: Show = (answer) => {
    print(options.json ? printableJson(answerJson(answer)) : answerText(answer, schema));
    if (answer.code === "4.01" && answer.payload.length === 0 && own === undefined) {
      note("use --as FILE: this listener answers protected requests only");
    }
  };
  const clock = systemClock();
  const parts = { clock, random: { next: Math.random }, log: SILENT, towards: asked.remote.address };
  const requests = await openRequester({ ...parts, oscore: own && oscoreOf(own, clock, options.as).client });
  try {
    return await converse(requests, asked, { ...options, credential: own && asCredential(own) }, show);
  } finally {
    await requests.close();
  }
}

async function converse(
  requests: Requests,
  { remote, question }: Asked,
  { credential, observe, timeout }: Pick<AskOptions, "observe" | "timeout"> & Pick<RequestPeer, "credential">,
  show: Show,
): Promise<number> {
  const peer = { remote, credential };
  const until = { deadline: millis(Date.now() + timeout) };
  if (observe) return watch((listener) => requests.observe(peer, question, until, listener), show);
  const answer = await requests.request(peer, question, until);
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
function oscoreOf(own: OwnCredential, clock: Clock, file = ""): Oscore {
  const numbers = new SequenceFile(`${file}.sequence`).of(sequenceName(own));
  return new Oscore({ credentials: NOBODY, clock, numbers });
}

/** Throws UsageError `cli.file`, `cli.credentials`. */
function readOwn(path: string): OwnCredential {
  const [own, ...others] = readCredentialFile(path);
  if (own !== undefined && others.length === 0) return own;
  throw new UsageError("cli.credentials", { path, reason: "they are several peers', and a request comes from one" });
}

const asCredential = (own: OwnCredential): Credential => ({
  ...own,
  id: own.name,
  nodeId: own.node,
  idContext: own.idContext,
});
