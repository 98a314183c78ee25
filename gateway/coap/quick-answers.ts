/**
 * Firmware blocks, answered before a message object is made: the two quick forms of the block lane with what the engine
 * does around every answer - admission, dedup where the answer must be the same bytes, counting, books.
 */
import { type Clock, type Millis, millis, type Peer } from "../base/index.ts";
import { FastBlockLane } from "./blockwise/block-lane-fast.ts";
import { ProtectedBlockLane } from "./blockwise/block-lane-protected.ts";
import type { Admission } from "./limits/admission.ts";
import type { DedupTable } from "./messages/dedup.ts";
import type { Link, Outlet } from "./messages/outlet.ts";
import type { BlockLane } from "./request-port.ts";
import type { Pipeline } from "./requests/pipeline.ts";
import type { QuickSecurity } from "./requests/security.ts";
import type { Remote, Transport } from "./transport/transport.ts";

export interface QuickParts {
  readonly lane: BlockLane;
  readonly security: QuickSecurity | undefined;
  readonly clock: Clock;
  readonly admission: Admission;
  readonly dedup: DedupTable;
  readonly outlet: Outlet;
  readonly pipeline: Pipeline;
  /** Who may be at this address, as far as an unprotected request tells. */
  readonly peerAt: (link: Pick<Link, "remote" | "path">) => Peer;
  /** How long a message id is remembered. */
  readonly lifetime: Millis;
}

export class QuickAnswers {
  readonly #parts: QuickParts;
  readonly #plain: FastBlockLane;
  readonly #protected: ProtectedBlockLane | undefined;

  constructor(parts: QuickParts) {
    this.#parts = parts;
    this.#plain = new FastBlockLane(parts.lane);
    this.#protected = parts.security && new ProtectedBlockLane(this.#plain, parts.security);
  }

  /** True = the datagram asked for a block and got it. A pure slice needs no memory of the request. */
  answerPlain(transport: Transport, datagram: Uint8Array, remote: Remote, path: string): boolean {
    const { admission, outlet, pipeline, peerAt } = this.#parts;
    const lane = this.#plain;
    if (!admission.admitsQuickly(remote)) return false;
    let written: number;
    try {
      written = lane.answer(datagram, transport.frame(), outlet.ids, remote);
    } catch {
      return false; // an image that cannot be read: the general form meets it again and reports it
    }
    if (written === 0) return false;
    transport.sendFrame(written, remote);
    outlet.count(written);
    admission.charge(remote, datagram.length, "up");
    admission.charge(remote, written, "down");
    pipeline.servedQuickly(peerAt({ remote, path }), lane);
    return true;
  }

  /** The same under a security context, where a copy of the datagram must get the same ciphertext. */
  answerProtected(transport: Transport, datagram: Uint8Array, remote: Remote, path: string): boolean {
    const { admission, outlet, pipeline, dedup, clock, security, lifetime } = this.#parts;
    const lane = this.#protected;
    if (lane === undefined || security === undefined || !lane.mayBe(datagram) || !admission.admitsQuickly(remote))
      return false;
    const messageId = (datagram[2]! << 8) | datagram[3]!;
    const now = clock.now();
    if (dedup.find(path, messageId, now) !== undefined) return false;
    const room = outlet.roomForReply();
    let written: number;
    try {
      written = lane.answer(datagram, room.memory, room.start);
    } catch {
      return false;
    }
    if (written === 0) return false;
    admission.charge(remote, datagram.length, "up");
    dedup.record(path, messageId, millis(now + lifetime)).repeat = outlet.sendRoom(transport, remote, room, written);
    if (security.peer !== undefined) {
      const { identity, nodeId, validated } = security.peer;
      pipeline.servedQuickly({ identity, nodeId, validated, path }, this.#plain);
    }
    return true;
  }
}
