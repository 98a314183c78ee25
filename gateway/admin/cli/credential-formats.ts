/** Credentials as people and CoAP libraries read them; every form is the peer's side (RFC 8613 §3.2). */
import type { PeerCredential } from "../api/index.ts";
import { printable, printableJson } from "./table.ts";

export type CredentialFormat = "text" | "json" | "libcoap" | "aiocoap" | "c";
type Form = (credential: PeerCredential) => string;

const title = ({ name, node }: PeerCredential): string =>
  node === undefined ? `manager ${printable(name)}` : `node ${printable(name)} (${node})`;

/** In groups of four digits, as on a label that somebody types from. */
const grouped = (hex: string): string => hex.replace(/(.{4})(?=.)/g, "$1 ");

const text: Form = (credential) => {
  const { algorithm, masterSecret, masterSalt, senderId, recipientId, idContext } = credential;
  return [
    title(credential),
    `  master secret  ${grouped(masterSecret)}`,
    `  master salt    ${grouped(masterSalt)}`,
    `  sender id      ${senderId}  (its own)`,
    `  recipient id   ${recipientId}  (the gateway's)`,
    ...(idContext === undefined ? [] : [`  id context     ${idContext}`]),
    `  algorithm      ${algorithm}  (AES-CCM-16-64-128), HKDF-SHA-256`,
  ].join("\n");
};

/** coap-oscore-conf(5): `coap-client -E FILE,SEQUENCE-FILE`. */
const libcoap: Form = (credential) => {
  const { algorithm, masterSecret, masterSalt, senderId, recipientId, idContext } = credential;
  return [
    `# ${title(credential)}: for libcoap, coap-client -E FILE,SEQUENCE-FILE`,
    `master_secret,hex,"${masterSecret}"`,
    `master_salt,hex,"${masterSalt}"`,
    `sender_id,hex,"${senderId}"`,
    `recipient_id,hex,"${recipientId}"`,
    ...(idContext === undefined ? [] : [`id_context,hex,"${idContext}"`]),
    `aead_alg,integer,${algorithm}`,
    "hkdf_alg,integer,-10",
  ].join("\n");
};

/** Content of `secret.json` in the folder that aiocoap's credentials name as `{"oscore": {"basedir": "FOLDER/"}}`. */
const aiocoap: Form = ({ masterSecret, masterSalt, senderId, recipientId, idContext }) =>
  printableJson(
    {
      algorithm: "AES-CCM-16-64-128",
      "kdf-hashfun": "sha256",
      secret_hex: masterSecret,
      salt_hex: masterSalt,
      "sender-id_hex": senderId,
      "recipient-id_hex": recipientId,
      ...(idContext === undefined ? {} : { "id-context_hex": idContext }),
    },
    2,
  );

const header: Form = (credential) => {
  const { algorithm, masterSecret, masterSalt, senderId, recipientId, idContext } = credential;
  const bytes = (name: string, hex: string): string => {
    const octets = hex.match(/../g) ?? [];
    return `static const uint8_t oscore_${name}[${octets.length}] = { ${octets.map((octet) => `0x${octet}`).join(", ")} };`;
  };
  return [
    // A name may hold what would end the comment.
    `/* OSCORE credentials (RFC 8613, section 3.2) of ${title(credential).replaceAll("*/", "* /")}. Keep them secret. */`,
    "#ifndef OSCORE_CREDENTIALS_H",
    "#define OSCORE_CREDENTIALS_H",
    "#include <stdint.h>",
    `#define OSCORE_ALGORITHM ${algorithm} /* AES-CCM-16-64-128, with HKDF-SHA-256 */`,
    bytes("master_secret", masterSecret),
    bytes("master_salt", masterSalt),
    bytes("sender_id", senderId),
    bytes("recipient_id", recipientId),
    ...(idContext === undefined ? [] : [bytes("id_context", idContext)]),
    "#endif",
  ].join("\n");
};

/** What people must know to use a form that cannot say it itself. */
export const FORMAT_NOTES: { readonly [F in CredentialFormat]?: string } = {
  aiocoap:
    'This is FOLDER/secret.json; aiocoap finds the folder by its file of credentials: {"coap://HOST/*": {"oscore": {"basedir": "FOLDER/"}}}.',
};

export const CREDENTIAL_FORMATS: Readonly<Record<CredentialFormat, Form>> = {
  text,
  json: (credential) => printableJson(credential),
  libcoap,
  aiocoap,
  c: header,
};
