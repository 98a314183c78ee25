/**
 * What the SUIT drafts and COSE ask of a gateway, of authors and of recipients, and what we decided where they do not say. Rows of
 * docs/suit-conformance.md; each must be shown by a test, or say why it is not there.
 */
import { type ConformanceRow, type Rows, row } from "./row.ts";

type More = Pick<ConformanceRow, "decision" | "notThere" | "partly">;
const of =
  (document: string) =>
  (section: string, rule: string, more: More = {}): ConformanceRow =>
    row(rule, section === "" ? document : `${document} ${section}`, more);
const manifest = of("draft-ietf-suit-manifest-37");
const domains = of("draft-ietf-suit-trust-domains-12");
const management = of("draft-ietf-suit-update-management-14");
const encryption = of("draft-ietf-suit-firmware-encryption-24");
const report = of("draft-ietf-suit-report-22");
const mti = of("draft-ietf-suit-mti");
const cose = of("RFC 9052");

export const ENVELOPE_ROWS: Rows = {
  "SU-E1": manifest("§8.2", "an envelope has tag 107", {
    decision: "untagged ones are refused; whoever reads a dependency may allow them",
  }),
  "SU-E2": manifest("§8.2, §11; RFC 8949 §4.2.1", "one encoding", {
    decision: "shortest heads, definite lengths, sorted keys, each once, nothing behind: anything else is refused",
  }),
  "SU-E3": manifest("§8.3, §8.6", "a digest covers the byte string with its head: manifest and severed elements"),
  "SU-E4": manifest("§6.2", "without an authentication block nothing is believed", {
    decision: "such an envelope is read and shown, and never taken for authenticated",
  }),
  "SU-E5": manifest("§8.3", "a block is Sign1, Sign, Mac0 or Mac over the digest; its payload is nil"),
  "SU-E6": manifest("§8.3", "several blocks cover one digest", {
    decision: "k of n keys, each once; what a stranger signed does no harm beside what counts, a malformed block does",
  }),
  "SU-E7": manifest("Appendix C.1", "blocks are added and taken away on the way, the digest stays"),
  "SU-E8": manifest("§8.3, §8.6, §7.5", "whatever stands in an envelope belongs to its manifest", {
    decision:
      "no orphans, no text key but a whole URI of the manifest, the unprotected header a map: no byte can be changed",
  }),
  "SU-E9": manifest("§10; RFC 9054", "SHA-256; SHAKE128, SHA-384, SHA-512 and SHAKE256 may be", {
    decision: "all five; a digest is algorithm and bytes, of the algorithm's length",
  }),
  "SU-E10": manifest("Appendix C.1", "delegation chains (element 1) are reserved", {
    notThere: "refused with `suit.delegation`; keys are believed by thumbprint",
  }),
  "SU-E11": manifest("", "older drafts are something else", {
    decision: "refused by name; -09 is read, made and delivered as RIOT does it, and never translated",
  }),
  "SU-E12": manifest("§7.5", "a payload in the envelope stands under its URI; an intermediary may put it there", {
    decision: "small ones, for nodes that list 21 for their envelope",
  }),
  "SU-E13": manifest("§5.4, §8.6", "what is severable is digest or element; severed, the signature holds", {
    decision: "14, 15, 16, 18, 20 and 23; never in the manifest and beside it",
  }),
  "SU-E14": manifest("§5.4", "text is taken out before an envelope goes to a constrained recipient"),
  "SU-E15": manifest("Appendix B", "the examples, byte for byte"),
};

export const MANIFEST_ROWS: Rows = {
  "SU-M1": manifest("§8.4", "every element, command and parameter; an unknown one fails", {
    decision: "refused in the envelope too; private commands below -256, private parameters from -256",
  }),
  "SU-M2": manifest("§8.4.2", "no number below the one that was accepted", {
    decision:
      "a mark per class, component and signer, kept twice; the same number only for the same manifest; 64 bits as they are",
  }),
  "SU-M3": manifest("§8.4.4", "texts by language, of the release and of components; not for machines", {
    decision: "shown on one line and bounded, what steers a terminal spelt out",
  }),
  "SU-M4": manifest("§8.4.5, §8.4.11", "the shared sequence has conditions and 12, 15, 20, 32; nothing private"),
  "SU-M5": manifest("§8.4.5.1", "no more components than the recipient has"),
  "SU-M6": manifest("§6.5, §8.4.10.1", "with several components each sequence begins with set-component-index"),
  "SU-M7": manifest("§8.4.7", "the reporting policy of each condition and directive is followed"),
  "SU-M8": manifest(
    "§8.4.8.2, §8.4.9.1",
    "vendor and class are UUIDs of names; the vendor may be an enterprise number",
  ),
  "SU-M9": manifest("§8.4.9.1, §9", "devices of other vendors and classes are left alone", {
    decision:
      "a limited key signs only where the condition holds on every way before the first directive; rules count for what may reach anybody",
  }),
  "SU-M10": manifest("§8.4.8", "which bytes a manifest vouches for", {
    decision: "those of every way that a device may take, each with its URI; 64 ways at most",
  }),
  "SU-M11": manifest("§8.6", "only what is larger than its digest is worth severing"),
  "SU-M12": manifest("§9", "a limit for everything that repeats or nests", {
    decision: "suit-labels.md has the numbers",
  }),
};

export const PROCESSOR_ROWS: Rows = {
  "SU-P1": manifest("§6.2", "signature, digest and version before anything else of the manifest is read"),
  "SU-P2": manifest("§6.4", "the shared sequence before each; parameters last for a procedure"),
  "SU-P3": manifest("§8.4.9", "conditions"),
  "SU-P4": manifest("§8.4.10", "directives"),
  "SU-P5": manifest("§8.4.10.2, §8.4.10.8", "try-each, run-sequence and soft failure", {
    decision: "what a failed alternative has set stays set",
  }),
  "SU-P6": manifest("§8.4.10", "a directive that fails ends everything"),
  "SU-P7": manifest("§6.5", "what starts is checked first; what does not come up leaves the old one running"),
  "SU-P8": manifest("§6.3, §8.4.8.14", "without strict order commands may run at once", {
    partly: "they run in their order; a component that is source and target meanwhile ends everything",
  }),
  "SU-P9": manifest("§6.4", "an update that is cut off begins anew and comes to the same end"),
  "SU-P10": manifest("§8.4.9", "what will happen on a node, before any radio time", {
    decision: "the same machine on what the node told; what only the node knows is a question, never a failure",
  }),
};

export const DOMAINS_ROWS: Rows = {
  "SU-T1": domains("", "a dependency is checked before it is processed; who fails the check ends everything"),
  "SU-T2": domains("", "processed below its prefix, its shared sequence and the one of the same name"),
  "SU-T3": domains("", "set-parameters sets what is unset"),
  "SU-T4": domains("", "unlink and uninstall: what nobody else uses goes"),
  "SU-T5": domains("", "whose word counts for a dependency", {
    decision: "who signed above vouches as far as the rights reach; beyond them it needs signers of its own",
  }),
  "SU-T6": domains("", "a dependency comes along in the envelope, or is fetched", {
    partly: "one that nodes fetch is not here to be judged: its own release has to be added first",
  }),
  "SU-T7": domains("", "a failure in a dependency is reported with its place"),
  "SU-T8": domains("", "a trusted intermediary trades signatures for a MAC", {
    decision: "only where policy and node agree: HMAC 256/256 under HKDF of the OSCORE master secret",
  }),
};

export const MANAGEMENT_ROWS: Rows = {
  "SU-U1": management("", "use-before", {
    decision: "judged at the gateway too, while its clock is known to be right",
  }),
  "SU-U2": management("", "condition-version: five comparisons, numbers below zero for alpha, beta, rc"),
  "SU-U3": management("", "battery, authorisation and priority are asked before the first byte"),
  "SU-U4": management("", "wait: the run goes on when the event has come", {
    partly: "events of time are judged; power, network and other devices are the node's own affair",
  }),
  "SU-U5": management("", "image-not-match, override-multiple, copy-params"),
  "SU-U6": management("", "texts are shown so that they inject nothing"),
  "SU-U7": management("", "CoSWID", {
    partly: "read, kept, severed to nodes that do not list it; nothing is made of it",
  }),
};

export const ENCRYPTION_ROWS: Rows = {
  "SU-F1": encryption("§7", "the printed examples open"),
  "SU-F2": encryption("§6.1", "AES-KW and ECDH-ES with AES-KW, one or several recipients"),
  "SU-F3": encryption("§6.1", "SUIT_Encryption_Info is a tagged COSE_Encrypt, its ciphertext beside it"),
  "SU-F4": encryption("§6", "AES-CTR authenticates nothing: a digest of the ciphertext is compared first", {
    decision: "`release create` writes nothing else",
  }),
  "SU-F5": encryption("§6", "the digest of the plaintext and that of the ciphertext", {
    decision: "the ciphertext is the image here; the release says what it becomes",
  }),
};

export const REPORT_ROWS: Rows = {
  "SU-R1": report("", "a report: reference, records, result with its place", {
    decision: "an empty reference says as much as none",
  }),
  "SU-R2": report("", "what small nodes write is read", { decision: "any well-formed order, unknown members skipped" }),
  "SU-R3": report("", "what is no report is refused"),
  "SU-R4": report("", "capability reports", {
    decision: "envelopes are cut to them; 21 for the envelope: payloads are taken",
  }),
  "SU-R5": report("", "thirteen reasons, of nodes and of the gateway"),
  "SU-R6": report("", "a tracker checks digest, reference and place", {
    decision: "else a report is told as doubtful",
  }),
  "SU-R7": report("", "a place is the offset of one command in its section", {
    decision: "from the start of the section, nested commands too",
  }),
  "SU-R8": report("", "a report travels authenticated", {
    partly: "by OSCORE; a report that is a COSE message is read by `release replay`, without its signature",
  }),
  "SU-R9": report("", "a nonce makes a report fresh", { notThere: "none is asked for: OSCORE does not replay" }),
};

export const MTI_ROWS: Rows = {
  "SU-I1": mti("", "suit-sha256-hmac-a128kw-a128ctr", {
    partly: "made, and verified by nodes; no gateway trusts a secret, for whoever checks a MAC with it can make one",
  }),
  "SU-I2": mti("", "ESP256 and Ed25519; ECDH-ES and AES-KW; AES-CTR, AES-GCM, ChaCha20-Poly1305"),
  "SU-I3": mti("", "suit-sha256-hsslms-a256kw-a256ctr", {
    partly: "HSS-LMS is verified and never made: its keys have a state that a tool must not lose",
  }),
};

export const COSE_ROWS: Rows = {
  "SU-C1": cose("§3, §3.1", "alg protected, no label twice, crit understood, IV or Partial IV", {
    decision: "labels in any order; a block with an unknown crit refuses the whole",
  }),
  "SU-C2": cose("§3.1", "kid is a hint", { decision: "keys of the kid first, then all; 512 trials at most" }),
  "SU-C3": cose("§4", "Sign1 and Sign; attached or detached, never both"),
  "SU-C4": cose("§6", "Mac0 and Mac"),
  "SU-C5": cose("§5", "Encrypt0 and Encrypt"),
  "SU-C6": cose("§7; RFC 9679", "COSE_Key: alg and key_ops limit it; its thumbprint names it"),
  "SU-C7": of("RFC 9864")("", "fully specified algorithms; -7 and -8 read as well", {
    decision: "-7 with P-256 only; -9 and -19 are written",
  }),
  "SU-C8": of("RFC 9053")("§5, §6", "key derivation and key wrap for recipients"),
  "SU-C9": of("RFC 8778; RFC 8554; RFC 9858")("", "HSS-LMS"),
  "SU-C10": of("RFC 9964")("", "ML-DSA"),
  "SU-C11": of("RFC 9459")("", "AES-CTR takes no external data"),
  "SU-C12": of("RFC 9338")("", "countersignatures", { notThere: "passed over, as an unknown header is" }),
  "SU-C13": cose("", "other implementations read ours, and we read theirs"),
};
