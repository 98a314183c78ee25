/** Who takes part, in which role and with which protection: the rows of docs/interop.md. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Client, RESOURCES, type Resources } from "./checks.ts";
import { aiocoapClient, aiocoapServer, aiocoapVersion } from "./peers/aiocoap.ts";
import { libcoapClient, libcoapServer, libcoapVersion } from "./peers/libcoap.ts";
import { NPM_COAP_RESOURCES, npmCoapClient, npmCoapServer, npmCoapVersion } from "./peers/npm-coap.ts";

/** One OSCORE security context (RFC 8613 §3.2), as one of its two ends sees it. */
export interface SharedSecret {
  readonly masterSecret: Uint8Array;
  readonly masterSalt: Uint8Array;
  readonly ownId: Uint8Array;
  readonly peerId: Uint8Array;
}

/** Where scripts/interop-peers.sh puts what Debian stable does not have. */
const FOLDER = process.env["INTEROP_PEERS"] ?? join(homedir(), ".cache", "sidgate-peers");

export type Protection = "plain" | "OSCORE";

export interface ClientRow {
  readonly peer: string;
  /** The program that must be there; undefined: it comes with the repository. */
  readonly program: string | undefined;
  readonly protections: readonly Protection[];
  readonly version: () => string | Promise<string>;
  /** It knows RFC 9177. */
  readonly qBlock2?: readonly Protection[];
  readonly client: (uri: string, secret?: SharedSecret) => Client | Promise<Client>;
}

const libcoapRow = (peer: string, program: string, protections: readonly Protection[]): ClientRow => ({
  peer,
  program,
  protections,
  version: () => libcoapVersion(program, "-?"),
  client: (uri, secret) => libcoapClient(program, uri, secret),
});

export const LIBCOAP_WITH_OSCORE = join(FOLDER, "libcoap", "coap-client");
const PYTHON = join(FOLDER, "aiocoap", "bin", "python");

export const CLIENTS: readonly ClientRow[] = [
  libcoapRow("libcoap client (Debian stable)", "/usr/bin/coap-client-notls", ["plain"]),
  {
    ...libcoapRow("libcoap client (with OSCORE)", LIBCOAP_WITH_OSCORE, ["plain", "OSCORE"]),
    qBlock2: ["plain"], // under OSCORE it takes one answer to a request, and Q-Block2 brings ten
  },
  {
    peer: "aiocoap client",
    program: PYTHON,
    protections: ["plain", "OSCORE"],
    version: () => aiocoapVersion(PYTHON),
    client: (uri, secret) => aiocoapClient(PYTHON, uri, secret),
  },
  {
    peer: "npm coap client",
    program: undefined,
    protections: ["plain"],
    version: npmCoapVersion,
    client: npmCoapClient,
  },
];

/** A server as our requester meets it. */
export interface ServerRow {
  readonly peer: string;
  readonly program: string | undefined;
  readonly protections: readonly Protection[];
  readonly version: () => string | Promise<string>;
  readonly resources: Resources;
  readonly start: (secret?: SharedSecret) => Promise<RunningServer>;
}

export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

const libcoapServerRow = (peer: string, folder: string, protections: readonly Protection[]): ServerRow => {
  const program = join(FOLDER, folder, "interop-server");
  return {
    peer,
    program,
    protections,
    version: () => libcoapVersion(program),
    resources: RESOURCES,
    start: (secret) => libcoapServer(program, secret),
  };
};

export const SERVERS: readonly ServerRow[] = [
  libcoapServerRow("libcoap server (Debian stable)", "libcoap-debian", ["plain"]),
  libcoapServerRow("libcoap server (with OSCORE)", "libcoap", ["plain", "OSCORE"]),
  {
    peer: "aiocoap server",
    program: PYTHON,
    protections: ["plain", "OSCORE"],
    version: () => aiocoapVersion(PYTHON),
    resources: RESOURCES,
    start: (secret) => aiocoapServer(PYTHON, secret),
  },
  {
    peer: "npm coap server",
    program: undefined,
    protections: ["plain"],
    version: npmCoapVersion,
    resources: NPM_COAP_RESOURCES,
    start: () => npmCoapServer(),
  },
];

export const isMissing = ({ program }: { readonly program: string | undefined }): boolean =>
  program !== undefined && !existsSync(program);
