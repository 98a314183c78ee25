/**
 * suit-report — what a node's SUIT_Report comes to: read leniently, held against the manifest that it names, put into a
 * sentence. That digest, reference and places are those of a manifest that went out is checked by `replay`. Pure.
 */
import { isCoded, toHex } from "../../../base/index.ts";
import type { FactBodies } from "../../../store/index.ts";
import { digestText, type Reason, type Report, readReport, reasonNamed, shownText } from "../../../wire/suit/index.ts";
import { type Program, type Replay, replay, sectionName } from "../processor/index.ts";

export type Judgement = Omit<FactBodies["release.reported"], "node" | "report">;

/** `unreadable`: the release is known, its commands are not at hand any more. undefined = no such release. */
export type FindProgram = (release: string) => Program | "unreadable" | undefined;

/** More would make events long, and a report has no limit on how much in it is wrong. */
const TOLD_DOUBTS = 3;
const TEXT = 1000;
const PLACE = 200;

export function judgeReport(bytes: Uint8Array, find: FindProgram): Judgement {
  const report = readLeniently(bytes);
  if (typeof report === "string") return { result: "doubtful", text: shown(`it cannot be read: ${report}`) };
  const { digest } = report.reference;
  const release = toHex(digest.bytes);
  const program = find(release);
  if (program === undefined) {
    const text = `it is about ${digestText(digest)}, and no such manifest is known here`;
    return { release, result: "doubtful", text };
  }
  if (program === "unreadable") return { release, ...byItself(report) };
  return { release, ...held(replay(report, program)) };
}

/** Or why not. */
function readLeniently(bytes: Uint8Array): Report | string {
  try {
    return readReport(bytes);
  } catch (error) {
    if (isCoded(error) && error.blame !== "bug") return error.message;
    throw error;
  }
}

function held({ result, sentence, reason, place, doubts }: Replay): Omit<Judgement, "release"> {
  const where = { ...reasonOf(reason), ...placeOf(place) };
  if (doubts.length > 0) {
    const more = doubts.length > TOLD_DOUBTS ? `; and ${doubts.length - TOLD_DOUBTS} more` : "";
    const told = doubts.slice(0, TOLD_DOUBTS).join("; ") + more;
    return { result: "doubtful", ...where, text: shown(`it cannot be true: ${told}. It says: ${sentence}`) };
  }
  return { result: result === "succeeded" ? "success" : result, ...where, text: shown(sentence) };
}

/** Of a release whose commands are not kept: what the node says, without a word on whether it can be. */
function byItself({ result }: Report): Omit<Judgement, "release"> {
  const note = "the commands of that release are not kept any more";
  if (result === true) return { result: "success", text: `it was carried out; ${note}` };
  const reason = reasonNamed(result.reason);
  const { manifestId, section, offset } = result.record;
  const dependency = manifestId.map((index) => `dependency ${index}, `).join("");
  const place = `${dependency}${sectionName(section)}, byte ${offset}`;
  const where = { ...reasonOf(reason), ...placeOf(place) };
  if (reason === undefined || reason === "ok") {
    return { result: "doubtful", ...where, text: shown(`${result.reason} is no reason to fail; ${note}`) };
  }
  if (reason === "invoke-pending") return { result: "pending", ...where, text: shown(`${place}: ${note}`) };
  return { result: "failed", ...where, text: shown(`${place} failed: ${reason}; ${note}`) };
}

const shown = (text: string): string => shownText(text, TEXT);
const placeOf = (place: string | undefined): Pick<Judgement, "place"> =>
  place === undefined ? {} : { place: shownText(place, PLACE) };

/** Its name in sidgate-suit, where it differs from that in the document. */
const YANG_NAMES: Partial<Record<Reason, string>> = { "alg-unsupported": "algorithm-unsupported" };
const reasonOf = (reason: Reason | undefined): Pick<Judgement, "reason"> =>
  reason === undefined || reason === "ok" ? {} : { reason: YANG_NAMES[reason] ?? reason };
