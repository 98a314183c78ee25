/**
 * RFC 8613 §3.1, Appendix B.2 — all security contexts of the gateway: from credentials to keys and windows. Every
 * context that was ever used has a small record; those in use are objects, the least recently used of which give way.
 */
import { type Credential, type CredentialSource, equalBytes, RecordMap, toHex } from "../../../base/index.ts";
import type { AeadMaker } from "../crypto/aead.ts";
import { algorithmRow } from "../crypto/algorithms.ts";
import { deriveKeys } from "../crypto/derive.ts";
import { kidNumber } from "../server/quick-request.ts";
import { type ContextRecord, decodeRecord, encodeRecord, serialOf } from "./context-record.ts";
import { unwrapContext } from "./rederivation.ts";
import { makeContext, type SecurityContext } from "./security-context.ts";
import { EMPTY_WINDOW, type ReplayWindow } from "./window.ts";

export interface ContextLimits {
  /** Contexts that are objects. */
  readonly hot: number;
  /** Credentials with keys of Appendix B.2. */
  readonly rederived: number;
}

export const CONTEXT_LIMITS: ContextLimits = { hot: 1_024, rederived: 16_384 };

/** Appendix B.2: the keys in use, and those before them as long as requests under them may be under way. */
const REDERIVED_PER_CREDENTIAL = 2;

export class Contexts {
  readonly #source: CredentialSource;
  readonly #make: AeadMaker;
  readonly #limits: ContextLimits;
  readonly #records = new RecordMap();
  /** Least recently used first. */
  readonly #hot = new Map<string, SecurityContext>();
  #latest: SecurityContext | undefined;
  /** By kid: the context under which a request with it was opened last. */
  readonly #steady = new Map<number, SecurityContext>();
  /** By credential id: the ID Contexts agreed on, newest first. Only in memory: after a restart they are agreed on anew. */
  readonly #rederived = new Map<string, readonly Uint8Array[]>();
  #serial = 0;

  constructor(source: CredentialSource, make: AeadMaker, limits: ContextLimits = CONTEXT_LIMITS) {
    this.#source = source;
    this.#make = make;
    this.#limits = limits;
  }

  /** How many contexts have a record. */
  get size(): number {
    return this.#records.size;
  }

  /**
   * §8.2 step 2: the contexts that a request may be protected with, those agreed on last first. One at a time: the next
   * may push this one out of use, and what its window learns after that is lost.
   */
  *candidates(kid: Uint8Array, kidContext: Uint8Array | undefined): Generator<SecurityContext, void, void> {
    if (this.#rederived.size > 0) yield* this.#rederivedOf(kid, kidContext);
    for (const credential of this.#source.byKid(kid, kidContext)) {
      const context = this.of(credential);
      if (context !== undefined) yield context;
    }
  }

  /** The context that a request with this kid was opened under last, as long as it is in use: a guess, not a verdict. */
  steady(kid: number): SecurityContext | undefined {
    const context = this.#steady.get(kid);
    // Only what is in use has the window that counts: on an older one a replay would pass.
    return context !== undefined && this.#hot.get(context.key) === context ? context : undefined;
  }

  /** A request was opened under it. */
  openedUnder(context: SecurityContext): void {
    const { recipientId } = context;
    const kid = kidNumber(recipientId, 0, recipientId.length);
    if (kid >= 0 && this.#hot.get(context.key) === context) this.#steady.set(kid, context);
  }

  credentials(kid: Uint8Array): readonly Credential[] {
    return this.#source.byKid(kid, undefined);
  }

  /** The context of the credential itself; undefined when its algorithm or its ids cannot be used. */
  of(credential: Credential): SecurityContext | undefined {
    return this.#find(credential, credential.id, credential.idContext, undefined);
  }

  /** For our own requests: the keys that were agreed on last. */
  current(credential: Credential): SecurityContext | undefined {
    const newest = this.#rederived.get(credential.id)?.[0];
    return newest === undefined ? this.of(credential) : this.#rederivedContext(credential, newest);
  }

  /** Appendix B.2: a context for one message, kept nowhere. */
  transient(credential: Credential, idContext: Uint8Array): SecurityContext | undefined {
    const keys = deriveKeys(credential, idContext);
    if (keys === undefined) return undefined;
    const parts = {
      key: rederivedKey(credential, idContext),
      serial: 0,
      idContext,
      keys,
      window: undefined,
      challenged: undefined,
    };
    return makeContext(credential, parts, this.#make);
  }

  /** Appendix B.2: both ends have put their part into this ID Context, so nothing was ever received under its keys. */
  adopt(credential: Credential, idContext: Uint8Array): SecurityContext | undefined {
    const context = this.#find(credential, rederivedKey(credential, idContext), idContext, EMPTY_WINDOW);
    if (context === undefined) return undefined;
    const before = this.#rederived.get(credential.id) ?? [];
    const kept = [idContext, ...before.filter((each) => !equalBytes(each, idContext))];
    for (const dropped of kept.splice(REDERIVED_PER_CREDENTIAL)) this.#drop(rederivedKey(credential, dropped));
    this.#rederived.delete(credential.id);
    this.#rederived.set(credential.id, kept);
    for (const id of this.#rederived.keys()) {
      if (this.#rederived.size <= this.#limits.rederived) break;
      this.#dropRederived(id);
    }
    return context;
  }

  /** The credential was removed or replaced: nothing made of it is used from here on. */
  forget(credentialId: string): void {
    this.#drop(credentialId);
    this.#dropRederived(credentialId);
  }

  /** Whether the context still stands; an observation may hold one for months. */
  isLive(context: SecurityContext): boolean {
    if (this.#latest === context || this.#hot.get(context.key) === context) return true;
    const record = this.#records.get(context.key);
    return record !== undefined && serialOf(record) === context.serial;
  }

  *#rederivedOf(kid: Uint8Array, kidContext: Uint8Array | undefined): Generator<SecurityContext, void, void> {
    // Some peers go on naming the ID Context that was agreed on, wrapped or not; others leave it out again.
    const unwrapped = kidContext && unwrapContext(kidContext);
    const names = (idContext: Uint8Array): boolean =>
      kidContext === undefined ||
      equalBytes(kidContext, idContext) ||
      (unwrapped !== undefined && equalBytes(unwrapped, idContext));
    for (const credential of this.#source.byKid(kid, undefined)) {
      for (const idContext of this.#rederived.get(credential.id) ?? []) {
        if (!names(idContext)) continue;
        const context = this.#rederivedContext(credential, idContext);
        if (context !== undefined) yield context;
      }
    }
  }

  #rederivedContext(credential: Credential, idContext: Uint8Array): SecurityContext | undefined {
    // Its record exists as long as its name is listed, so the window given here is never taken.
    return this.#find(credential, rederivedKey(credential, idContext), idContext, undefined);
  }

  /** `window` is for a context that is made now; one that has a record knows its own. */
  #find(
    credential: Credential,
    key: string,
    idContext: Uint8Array | undefined,
    window: ReplayWindow | undefined,
  ): SecurityContext | undefined {
    const latest = this.#latest;
    if (latest !== undefined && latest.key === key) return latest;
    const known = this.#hot.get(key);
    if (known !== undefined) this.#hot.delete(key);
    const context = known ?? this.#load(credential, key, idContext, window);
    if (context === undefined) return undefined;
    this.#hot.set(key, context);
    this.#latest = context;
    this.#makeRoom();
    return context;
  }

  #load(
    credential: Credential,
    key: string,
    idContext: Uint8Array | undefined,
    window: ReplayWindow | undefined,
  ): SecurityContext | undefined {
    const row = algorithmRow(credential.algorithm);
    if (row === undefined) return undefined;
    const bytes = this.#records.get(key);
    const record = bytes === undefined ? this.#derive(credential, idContext, window) : decodeRecord(bytes, row);
    if (record === undefined) return undefined;
    if (bytes === undefined) this.#records.set(key, encodeRecord(record));
    return makeContext(credential, { ...record, key, idContext }, this.#make);
  }

  #derive(
    credential: Credential,
    idContext: Uint8Array | undefined,
    window: ReplayWindow | undefined,
  ): ContextRecord | undefined {
    const keys = deriveKeys(credential, idContext);
    if (keys === undefined) return undefined;
    this.#serial += 1;
    return { serial: this.#serial, window, challenged: undefined, keys };
  }

  #makeRoom(): void {
    for (const [key, context] of this.#hot) {
      if (this.#hot.size <= this.#limits.hot) return;
      this.#cool(context);
      this.#records.set(key, encodeRecord(context)); // with its window
    }
  }

  #cool(context: SecurityContext): void {
    const { key, recipientId } = context;
    this.#hot.delete(key);
    const kid = kidNumber(recipientId, 0, recipientId.length);
    if (this.#steady.get(kid) === context) this.#steady.delete(kid);
  }

  #dropRederived(credentialId: string): void {
    for (const idContext of this.#rederived.get(credentialId) ?? []) {
      this.#drop(rederivedKey({ id: credentialId }, idContext));
    }
    this.#rederived.delete(credentialId);
  }

  #drop(key: string): void {
    if (this.#latest?.key === key) this.#latest = undefined;
    const context = this.#hot.get(key);
    if (context !== undefined) this.#cool(context);
    this.#records.delete(key);
  }
}

const rederivedKey = ({ id }: Pick<Credential, "id">, idContext: Uint8Array): string => `${id} ${toHex(idContext)}`;
