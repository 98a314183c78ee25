/**
 * The security contexts of nodes and managers: a fold of facts whose secrets stay sealed until somebody speaks. One
 * lookup leads from the kid of a request to them.
 */
import { hkdfSync, randomBytes } from "node:crypto";
import {
  type Credential,
  type CredentialSource,
  equalBytes,
  IdLists,
  type Logger,
  type Millis,
  millis,
  type NodeId,
  RecordMap,
  StoreError,
  toHex,
} from "../../base/index.ts";
import {
  decodePlain,
  encodePlain,
  type Fact,
  type FactBodies,
  isOff,
  moved,
  type Projection,
  type Recorder,
  type Shift,
  type StateChange,
  type StateStore,
  shiftOf,
} from "../../store/index.ts";
import { GATEWAY_ID, KidPool } from "./kids.ts";
import { Seal } from "./seal.ts";
import { checkSiteKeyPlace, fileExists, makeSiteKey, putAside, readSiteKey } from "./site-key.ts";

const TABLE = "credential";
/** RFC 8613 §3.2.1: a secret as strong as the AES-128 keys made of it, and a salt. */
const SECRET = 16;
const SALT = 8;

/** Peers that speak now: opened once, they are found within a microsecond. */
const OPENED = 1024;

/** What is known of a credential without opening it. */
export interface CredentialInfo {
  readonly id: string;
  readonly node: NodeId | undefined;
  /** The node's endpoint or the manager's name. */
  readonly name: string;
  readonly kid: Uint8Array;
  readonly added: Millis;
}

/** For whom a credential is made. */
export interface Holder {
  readonly node?: NodeId;
  readonly name: string;
}

/** Whom a new site's key has left without credentials. */
export interface Voided {
  readonly nodes: number;
  /** By name. */
  readonly managers: readonly string[];
}

/** Its form in memory as on disk. */
type Stored = readonly [node: string | null, name: string, kid: Uint8Array, sealed: Uint8Array, added: number];

export class Credentials implements CredentialSource, Projection {
  readonly name = "credentials";
  readonly #log: Logger;
  readonly #records = new RecordMap();
  readonly #byKid = new IdLists();
  readonly #byNode = new IdLists();
  /** Managers are few. */
  readonly #byManager = new Map<string, string>();
  readonly #kids = new KidPool();
  /** By kid as hex, least recently opened first. */
  readonly #opened = new Map<string, readonly Credential[]>();
  readonly #dirty = new Set<string>();
  readonly #listeners = new Set<(id: string) => void>();
  #seal: Seal | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Reads the site's key, or makes it while nothing is sealed with it yet. Call it when all facts are folded. `usual`:
   * where it lies when nothing else is said. Throws StoreError `site-key.missing`, `site-key.moved`, `site-key.wrong`,
   * `site-key.unreadable`.
   */
  async unlock(file: string, usual = file): Promise<void> {
    const [sample] = this.#records.keys();
    let key = await readSiteKey(file, this.#log);
    if (key === undefined) {
      const count = this.#records.size;
      if (count > 0 && usual !== file && (await fileExists(usual))) {
        throw new StoreError("site-key.moved", { file, usual, count });
      }
      if (count > 0) throw new StoreError("site-key.missing", { file, count });
      key = await makeSiteKey(file);
      this.#log.info("site-key.made", { file });
    }
    const seal = new Seal(key);
    if (sample !== undefined && this.#unseal(sample, seal) === undefined) {
      throw new StoreError("site-key.wrong", { file, count: this.#records.size });
    }
    this.#seal = seal;
  }

  /**
   * For a key that is lost, or known to others: every credential is void, and a new key is made. Killed in between, the
   * next start finds nothing that the old key has sealed. Throws StoreError `site-key.unreadable` while nothing is void
   * yet, `store.*`.
   */
  async startOver(file: string, recorder: Recorder, actor: string): Promise<Voided> {
    await checkSiteKeyPlace(file);
    const all = [...this.#records.keys()];
    const voided = { nodes: this.#byNode.size, managers: this.managers().map(({ name }) => name) };
    await this.remove(all, recorder, actor);
    await putAside(file);
    this.#seal = new Seal(await makeSiteKey(file));
    this.#log.warn("site-key.replaced", {
      file,
      void: all.length,
      nodes: voided.nodes,
      managers: voided.managers.length,
    });
    return voided;
  }

  /** Nodes that have credentials. */
  get nodes(): number {
    return this.#byNode.size;
  }

  get size(): number {
    return this.#records.size;
  }

  byKid(kid: Uint8Array, idContext: Uint8Array | undefined): readonly Credential[] {
    const found = this.#ofKid(toHex(kid));
    return idContext === undefined ? found : found.filter((credential) => isOfContext(credential, idContext));
  }

  /** The newest, if it has several. */
  ofNode(node: NodeId): Credential | undefined {
    return this.#open(this.#newest(node));
  }

  #newest(node: NodeId): string | undefined {
    const ids = this.#byNode.of(node);
    return ids.length < 2 ? ids[0] : [...ids].sort((a, b) => this.#addedOf(a) - this.#addedOf(b)).at(-1);
  }

  ofManager(name: string): Credential | undefined {
    return this.#open(this.#byManager.get(name));
  }

  /**
   * RFC 5869 with SHA-256 and no salt, over the OSCORE master secret of the node's newest credential: a key that the node can
   * derive too, for what is said in `info`. undefined = it has no credential.
   */
  deriveKey(node: NodeId, info: string, length: number): Uint8Array | undefined {
    const secret = this.ofNode(node)?.masterSecret;
    return secret && new Uint8Array(hkdfSync("sha256", secret, "", info, length));
  }

  isSecured(node: NodeId): boolean {
    return this.#byNode.has(node);
  }

  /** Of its newest. */
  kidOfNode(node: NodeId): Uint8Array | undefined {
    return this.#info(this.#newest(node) ?? "")?.kid;
  }

  /** All of a node: more than one only when the gateway was killed while it gave new ones. */
  idsOfNode(node: NodeId): readonly string[] {
    return this.#byNode.of(node);
  }

  /** By name. */
  managers(): readonly CredentialInfo[] {
    const found = [...this.#byManager.values()].flatMap((id) => this.#info(id) ?? []);
    return found.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  manager(name: string): CredentialInfo | undefined {
    const id = this.#byManager.get(name);
    return id === undefined ? undefined : this.#info(id);
  }

  /**
   * A new credential with secrets of its own, ready to be recorded: in the same event, since until then nobody else
   * knows that its kid is taken.
   */
  issue({ node, name }: Holder): Omit<FactBodies["credential.added"], "actor"> {
    const kid = this.#kids.free((candidate) => this.#byKid.has(toHex(candidate)));
    const credential = this.#newId();
    const secrets = {
      algorithm: 10,
      masterSecret: randomBytes(SECRET),
      masterSalt: randomBytes(SALT),
      senderId: GATEWAY_ID,
      idContext: undefined,
    } as const;
    const sealed = this.#unlocked().close(secrets, { credential, node, name, kid });
    return { credential, ...(node === undefined ? {} : { node }), name, kid, sealed };
  }

  /** Voids these; what is unknown is void already. */
  async remove(ids: readonly string[], recorder: Recorder, actor: string): Promise<void> {
    const known = ids.flatMap((id) => this.#info(id) ?? []);
    await Promise.all(
      known.map(({ id: credential, node, name }) =>
        recorder.record("credential.removed", { credential, ...(node === undefined ? {} : { node }), name, actor }),
      ),
    );
  }

  /** Calls back when a credential is void, so that nothing derived from it is kept; returns the way to stop. */
  onRemoved(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async load(state: StateStore): Promise<void> {
    for (const [id, bytes] of await state.entries(TABLE)) this.#put(id, bytes);
    this.#dirty.clear();
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "credential.added": {
        const stored: Stored = [fact.node ?? null, fact.name, fact.kid, fact.sealed, fact.at];
        this.#put(fact.credential, encodePlain(stored));
        return;
      }
      case "credential.removed":
        this.#remove(fact.credential);
        return;
      case "node.removed":
        for (const id of this.#byNode.of(fact.node)) this.#remove(id);
        return;
      case "clock.state":
        this.#shift(shiftOf(fact));
        return;
      default:
        return;
    }
  }

  drain(limit = Number.POSITIVE_INFINITY): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const id of this.#dirty) {
      if (changes.length >= limit) break;
      this.#dirty.delete(id);
      const bytes = this.#records.get(id);
      // A copy: the bytes are a view of the map's own memory, and the commit comes later.
      changes.push({ table: TABLE, key: id, value: bytes && Buffer.from(bytes) });
    }
    return changes;
  }

  /** When a credential was made decides which of two is the newer one. */
  #shift(shift: Shift | undefined): void {
    if (shift === undefined) return;
    for (const id of [...this.#records.keys()]) {
      const bytes = this.#records.get(id);
      if (bytes === undefined) continue;
      const [node, name, kid, sealed, added] = decodeStored(bytes);
      if (!isOff(millis(added), shift)) continue;
      this.#records.set(id, encodePlain([node, name, kid, sealed, moved(millis(added), shift)] satisfies Stored));
      this.#dirty.add(id);
    }
  }

  #put(id: string, bytes: Uint8Array): void {
    const [node, name, kid] = decodeStored(bytes);
    this.#records.set(id, bytes);
    this.#opened.delete(toHex(kid));
    this.#byKid.add(toHex(kid), id);
    if (node === null) this.#byManager.set(name, id);
    else this.#byNode.add(node, id);
    this.#dirty.add(id);
  }

  #remove(id: string): void {
    const bytes = this.#records.get(id);
    if (bytes === undefined) return;
    const [node, name, kid] = decodeStored(bytes);
    this.#records.delete(id);
    this.#opened.delete(toHex(kid));
    this.#byKid.remove(toHex(kid), id);
    this.#kids.givenBack(kid);
    if (node !== null) this.#byNode.remove(node, id);
    else if (this.#byManager.get(name) === id) this.#byManager.delete(name);
    this.#dirty.add(id);
    for (const listener of this.#listeners) listener(id);
  }

  /** Every request asks for this, and a seal takes longer to open than a block to send. */
  #ofKid(kid: string): readonly Credential[] {
    const known = this.#opened.get(kid);
    if (known !== undefined) return known;
    const opened = this.#byKid.of(kid).flatMap((id) => this.#open(id) ?? []);
    if (opened.length === 0) return opened; // strangers' kids are not remembered
    for (const oldest of this.#opened.keys()) {
      if (this.#opened.size < OPENED) break;
      this.#opened.delete(oldest);
    }
    this.#opened.set(kid, opened);
    return opened;
  }

  #info(id: string): CredentialInfo | undefined {
    const bytes = this.#records.get(id);
    if (bytes === undefined) return undefined;
    const [node, name, kid, , added] = decodeStored(bytes);
    return { id, node: (node as NodeId | null) ?? undefined, name, kid, added: millis(added) };
  }

  #addedOf(id: string): number {
    return this.#info(id)?.added ?? 0;
  }

  #open(id: string | undefined): Credential | undefined {
    if (id === undefined || this.#seal === undefined) return undefined;
    const credential = this.#unseal(id, this.#seal);
    // `unlock` has tried the key: it is this one record that the disk, or somebody, has changed.
    if (credential === undefined) this.#log.error("credentials.seal-broken", { credential: id });
    return credential;
  }

  #unseal(id: string, seal: Seal): Credential | undefined {
    const bytes = this.#records.get(id);
    if (bytes === undefined) return undefined;
    const [node, name, kid, sealed] = decodeStored(bytes);
    const secrets = seal.open(sealed, { credential: id, node: node ?? undefined, name, kid });
    if (secrets === undefined) return undefined;
    return { id, nodeId: (node as NodeId | null) ?? undefined, name, recipientId: kid, ...secrets };
  }

  #unlocked(): Seal {
    if (this.#seal === undefined) throw new StoreError("store.closed", { what: "the site's key" });
    return this.#seal;
  }

  /** Opaque, and not in use. */
  #newId(): string {
    for (;;) {
      const id = `k-${toHex(randomBytes(5))}`;
      if (!this.#records.has(id)) return id;
    }
  }
}

/** RFC 8613 §5.1: a `kid context` in the request tells apart contexts that share a kid. */
const isOfContext = ({ idContext }: Credential, named: Uint8Array): boolean =>
  idContext !== undefined && equalBytes(idContext, named);

/** Our own bytes: written by `apply` and committed with a checksum by the store. */
const decodeStored = (bytes: Uint8Array): Stored => decodePlain(bytes) as Stored;
