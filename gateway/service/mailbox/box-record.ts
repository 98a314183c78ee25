/** A box as bytes: in memory while its node sleeps, and on disk. By position, since every node with edits pays for it. */
import { type Millis, millis, seconds } from "../../base/index.ts";
import { decodePlain, EDIT_STATES, encodePlain } from "../../store/index.ts";
import type { Box, Edit } from "./box.ts";

type StoredEdit = readonly [
  revision: number,
  path: string,
  patch: Uint8Array,
  undo: Uint8Array | null,
  state: number,
  /** Seconds since 1970; 0 = not known. */
  since: number,
  /** null = the same as of the edit before. */
  actor: string | null,
  /** Seconds since 1970; 0 = never. */
  expires: number,
  reason?: string | null,
  trial?: number,
];
type StoredTrial = readonly [id: number, wakes: number, healthy: number];
type StoredBox = readonly [
  revision: number,
  applied: number,
  edits: readonly StoredEdit[],
  trials?: readonly StoredTrial[],
];
/** How version 0.1 wrote it. */
interface NamedBox {
  readonly revision: number;
  readonly applied: number;
  readonly edits: ReadonlyArray<Pick<Edit, "revision" | "path" | "patch">>;
}

export function encodeBox({ revision, applied, edits, trials }: Box): Uint8Array {
  let before: string | undefined;
  const rows = edits.map(({ status: { state, since, reason }, ...edit }): StoredEdit => {
    const actor = edit.actor === before ? null : (edit.actor ?? "");
    before = edit.actor;
    const { revision, path, patch, undo = null, expires, trial } = edit;
    const row = [revision, path, patch, undo, EDIT_STATES.indexOf(state), whole(since), actor, whole(expires)] as const;
    if (trial !== undefined) return [...row, reason ?? null, trial];
    return reason === undefined ? row : [...row, reason];
  });
  const stored: StoredBox = [revision, applied, rows];
  if (trials === undefined) return encodePlain(stored);
  return encodePlain([...stored, trials.map(({ id, wakes, healthy }) => [id, wakes, healthy])]);
}

/** Our own bytes: committed with a checksum by the store. */
export function decodeBox(bytes: Uint8Array): Box {
  const stored = decodePlain(bytes) as StoredBox | NamedBox;
  if ("edits" in stored) return fromNamed(stored);
  const [revision, applied, rows, trials] = stored;
  let actor: string | undefined;
  const edits = rows.map(([revision, path, patch, undo, state, since, by, expires, reason, trial]): Edit => {
    if (by !== null) actor = by === "" ? undefined : by;
    const status = { state: EDIT_STATES[state] ?? "waiting", since: moment(since) };
    return {
      revision,
      path,
      patch,
      undo: undo ?? undefined,
      actor,
      expires: moment(expires),
      status: reason === undefined || reason === null ? status : { ...status, reason },
      ...(trial === undefined ? {} : { trial }),
    };
  });
  if (trials === undefined) return { revision, applied, edits };
  return { revision, applied, edits, trials: trials.map(([id, wakes, healthy]) => ({ id, wakes, healthy })) };
}

const whole = (at: Millis | undefined): number => (at === undefined ? 0 : Math.ceil(at / 1000));
const moment = (at: number): Millis | undefined => (at === 0 ? undefined : millis(seconds(at)));

function fromNamed({ revision, applied, edits }: NamedBox): Box {
  const unsaid = { undo: undefined, actor: undefined, expires: undefined };
  return {
    revision,
    applied,
    edits: edits.map((edit) => ({
      ...edit,
      ...unsaid,
      status: { state: edit.revision <= applied ? "applied" : "waiting", since: undefined },
    })),
  };
}
