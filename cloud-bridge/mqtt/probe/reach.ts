/** What can be seen of a broker before anybody signs in: whether something listens, and the certificate that it shows. */

import { connect, isIP } from "node:net";
import { checkServerIdentity, connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";
import { type Millis, millis, StoreError } from "../../../gateway/base/index.ts";
import type { BrokerAddress } from "../link/connection.ts";
import { doorOf } from "../link/schemes.ts";
import { reasonOf } from "../reason.ts";

export interface TlsFacts {
  /** E.g. TLSv1.3. */
  readonly version: string;
  /** Whose certificate it is, and who signed it. */
  readonly subject: string;
  readonly issuer: string;
  readonly until: Millis;
  /** Why it is not believed, as Node.js says it; left out = it is. */
  readonly distrust?: string;
}

/** Throws StoreError mqtt.unreachable. */
export function reach({ url }: BrokerAddress, patience: Millis): Promise<void> {
  return new Promise((resolve, reject) => {
    const { host, port } = doorOf(url);
    const socket = connect({ host, port, timeout: patience });
    const fail = (reason: string, cause?: unknown): void => {
      socket.destroy();
      reject(new StoreError("mqtt.unreachable", { url, reason }, { cause }));
    };
    socket.on("timeout", () => fail(`nothing came back within ${patience / 1000} s`));
    socket.on("error", (error) => fail(reasonOf(error), error));
    socket.on("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}

/** A port that speaks none answers the first bytes of TLS with others, or hangs up. */
const NO_TLS = /^(ECONNRESET|EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/;

/**
 * The certificate that the broker shows, believed or not: nothing is said on this line, so there is nothing to protect, and
 * somebody who looks for the fault wants to see it. Throws StoreErrors mqtt.tls, mqtt.port.
 */
export function lookAtTls({ url, tls = {} }: BrokerAddress, patience: Millis): Promise<TlsFacts> {
  const { host, port } = doorOf(url);
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void => {
      socket?.destroy();
      reject(new StoreError(NO_TLS.test(reason) ? "mqtt.port" : "mqtt.tls", { url, reason }, { cause }));
    };
    let socket: TLSSocket | undefined;
    try {
      socket = connectTls({
        host,
        port,
        ...tls,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        rejectUnauthorized: false,
        timeout: patience,
      });
    } catch (error) {
      fail(reasonOf(error), error); // a file that holds no certificate
      return;
    }
    const line = socket;
    line.on("timeout", () => fail(`no handshake within ${patience / 1000} s`));
    line.on("error", (error) => fail(reasonOf(error), error));
    line.on("secureConnect", () => {
      const facts = tlsFacts(line, host);
      line.destroy();
      resolve(facts);
    });
  });
}

function tlsFacts(line: TLSSocket, host: string): TlsFacts {
  const certificate = line.getPeerCertificate();
  const distrust = distrustOf(line, certificate, host);
  return {
    version: line.getProtocol() ?? "TLS",
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    until: millis(Date.parse(certificate.valid_to)),
    ...(distrust === undefined ? {} : { distrust }),
  };
}

/** Its types say Error; at run time it is the code alone, where OpenSSL has one. */
function distrustOf(line: TLSSocket, certificate: PeerCertificate, host: string): string | undefined {
  if (line.authorized) return undefined;
  const wrongName = checkServerIdentity(host, certificate);
  const said: unknown = line.authorizationError;
  if (said === undefined || said === null) return wrongName?.message ?? "it is not trusted";
  const code = typeof said === "string" ? said : reasonOf(said);
  return code === "ERR_TLS_CERT_ALTNAME_INVALID" ? (wrongName?.message ?? code) : code;
}

/** RFC 5280 §4.1.2.4: the common name, or whatever part of the name there is. */
function nameOf(name: PeerCertificate["subject"] | undefined): string {
  const parts = Object.values({ ...name })
    .flat()
    .map(String);
  return name?.CN?.toString() ?? parts[0] ?? "somebody without a name";
}
