/**
 * The admin API: one small JSON API on two doors. The data folder's Unix socket takes commands, because whoever may
 * open it may also read the folder; the TCP door shows and takes nothing, as long as nobody can log in.
 */
import { randomUUID } from "node:crypto";
import type { Socket, Server as SocketServer } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { z } from "zod";
import { type Closable, isCoded, type Logger, type Millis, SILENT, seconds, UsageError } from "../../base/index.ts";
import type { Json } from "../../yang/api.ts";
import { asCoded, errorBody, httpStatus } from "./answers.ts";
import { addBackups, type Backups } from "./backups.ts";
import { addDocuments, type CloudDocuments } from "./documents.ts";
import { bodyOf, linger } from "./linger.ts";
import { listenTcp, type Place } from "./listen.ts";
import type { AdminSource, PeerCredential } from "./ports.ts";
import { addSentMessages, type SentMessages } from "./sent-messages.ts";

/** The status page: its HTML and the headers that guard it. */
export interface Page {
  readonly headers: Readonly<Record<string, string>>;
  render(source: AdminSource): string;
}

export interface AdminOptions {
  readonly source: AdminSource;
  readonly page: Page;
  /** Listens already, handed over by the data folder; whoever made it closes it. */
  readonly socketServer: SocketServer;
  readonly tcp: Place;
  readonly documents?: CloudDocuments;
  readonly backups?: Backups;
  /** Where a bridge is part of this process. */
  readonly messages?: SentMessages | undefined;
  readonly logger?: Logger;
  /** How long the rest of a refused image may still come in before its sender is cut off. */
  readonly lingerTime?: Millis;
}

export interface Admin extends Closable {
  /** Base URL of the TCP door. */
  readonly url: string;
}

const COMMAND = z.strictObject({
  id: z.string().min(1).max(128).optional(),
  op: z.string().min(1).max(64),
  args: z.record(z.string(), z.json()).default({}),
  actor: z.string().min(1).max(128).default("cli"),
});

const IMAGE_QUERY = z.strictObject({
  id: z.string().min(1).max(128).optional(),
  model: z.string().min(1).max(64),
  version: z.string().min(1).max(64),
  name: z.string().min(1).max(255),
  digest: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, "must be 64 hex digits of SHA-256")
    .transform((hex) => hex.toLowerCase())
    .optional(),
  format: z.enum(["plain", "mcuboot"]).optional(),
  actor: z.string().min(1).max(128).default("cli"),
});

const MAY = z.strictObject({
  user: z.string().min(1).max(64),
  operation: z.enum(["create", "read", "update", "delete", "exec"]),
  path: z.string().min(1).max(1024),
});

const OF_NODE = z.strictObject({ node: z.string().min(1).max(128).optional() });

const ASKER = z.strictObject({ actor: z.string().min(1).max(128).default("cli") });

function understand<T extends z.ZodType>(kind: T, value: unknown): z.output<T> {
  const result = kind.safeParse(value);
  if (result.success) return result.data;
  const what = result.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`).join("; ");
  throw new UsageError("admin.request", { what });
}

/** Starts both doors; resolves when they answer. */
export async function openAdmin(options: AdminOptions): Promise<Admin> {
  const { source, page, socketServer, tcp, logger = SILENT, lingerTime = seconds(5) } = options;
  const local = new WeakSet<Socket>();
  const isLocal = (request: FastifyRequest): boolean => local.has(request.raw.socket);
  const app = buildRoutes(source, page, {
    isLocal,
    // On loopback only the machine's own names are answered: a web page elsewhere cannot read us by DNS rebinding.
    knowsHost: (host) => !isLoopbackName(tcp.host) || isLoopbackName(host),
    logger,
    lingerTime,
  });
  if (options.documents !== undefined) addDocuments(app, options.documents);
  if (options.backups !== undefined) addBackups(app, options.backups, isLocal);
  if (options.messages !== undefined) addSentMessages(app, options.messages);
  const url = await listenTcp(app, tcp, { what: "the status page", key: "admin.listen" });

  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    local.add(socket);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    app.server.emit("connection", socket); // documented by node:http as the way to inject a connection
  };
  socketServer.on("connection", accept);

  return {
    url,
    close: async () => {
      socketServer.off("connection", accept);
      for (const socket of sockets) socket.destroy();
      await app.close();
    },
  };
}

const isLoopbackName = (host: string): boolean => host === "localhost" || host === "::1" || /^127\.[\d.]+$/.test(host);

interface Doors {
  isLocal(request: FastifyRequest): boolean;
  knowsHost(host: string): boolean;
  readonly logger: Logger;
  readonly lingerTime: Millis;
}

function buildRoutes(source: AdminSource, page: Page, doors: Doors): FastifyInstance {
  const refuse = (error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): void => {
    const { statusCode = 500 } = error;
    // Fastify's own refusals (malformed JSON, too large) are the asker's, everything else uncoded is ours.
    const coded = asCoded(
      !isCoded(error) && statusCode < 500 ? new UsageError("admin.request", { what: error.message }) : error,
    );
    if (coded.blame === "bug") doors.logger.error("admin.fault", { path: request.url, reason: String(error.stack) });
    void reply.code(isCoded(error) ? httpStatus(coded) : Math.max(statusCode, 400)).send(errorBody(coded));
  };
  const app = fastify({
    forceCloseConnections: true,
    bodyLimit: 1024 * 1024,
    frameworkErrors: refuse, // those that come before any route, e.g. a malformed URL
  });
  // Left where it is, and read as it comes: an image is never held in memory.
  app.addContentTypeParser("application/octet-stream", (_request, _payload, done) => done(null));

  app.addHook("onRequest", async (request, reply) => {
    void reply.header("cache-control", "no-store").header("x-content-type-options", "nosniff");
    if (doors.isLocal(request)) return;
    if (!doors.knowsHost(request.hostname)) throw new UsageError("admin.host", { host: request.hostname });
    if (request.method !== "GET" && request.method !== "HEAD") throw new UsageError("admin.read-only");
  });
  app.setNotFoundHandler((request) => {
    throw new UsageError("admin.unknown-route", { path: request.url });
  });
  app.setErrorHandler(refuse);

  app.get("/", async (_request, reply) =>
    reply.headers(page.headers).type("text/html; charset=utf-8").send(page.render(source)),
  );
  app.get("/livez", async () => ({ live: true }));
  app.get("/readyz", async (_request, reply) => {
    const why = source.notReady();
    if (why === undefined) return { ready: true };
    return reply.code(503).send({ ready: false, code: why.code, reason: why.text });
  });

  app.get("/api/status", async () => source.status());
  app.get("/api/nodes", async () => source.nodes());
  app.get<{ Params: { id: string } }>("/api/nodes/:id", async ({ params }) => {
    const node = source.node(params.id);
    if (node === undefined) throw new UsageError("node.unknown", { node: params.id });
    return node;
  });
  app.get("/api/managers", async () => source.managers());
  addSecrets(app, source, doors);
  addAccess(app, source, doors);
  app.get("/api/models", async () => source.models());
  app.get("/api/trust", async () => source.trust());
  app.get("/api/releases", async () => source.releases());
  app.get<{ Params: { id: string } }>("/api/releases/:id/preview", async ({ params, query }) =>
    source.preview(params.id, understand(OF_NODE, query).node),
  );
  app.get("/api/images", async () => source.images());
  app.get("/api/campaigns", async () => source.campaigns());
  app.get<{ Params: { id: string } }>("/api/campaigns/:id", async ({ params }) => {
    const campaign = source.campaign(params.id);
    if (campaign === undefined) throw new UsageError("campaign.unknown", { campaign: params.id });
    return campaign;
  });
  app.get<{ Params: { id: string } }>("/api/campaigns/:id/why", async ({ params, query }) => {
    const why = source.whyNotDone(params.id, understand(OF_NODE, query).node);
    if (why === undefined) throw new UsageError("campaign.unknown", { campaign: params.id });
    return why;
  });

  app.get("/api/commands", async () => source.openCommands());
  app.post("/api/commands", async ({ body }) => {
    const { id = randomUUID(), op, args, actor } = understand(COMMAND, body);
    return source.submit({ id, op, args: args as Record<string, Json>, actor });
  });
  app.post("/api/images", { onSend: linger(doors.lingerTime) }, async (request) => {
    if (request.headers["content-type"] !== "application/octet-stream") {
      throw new UsageError("admin.request", { what: "an image is sent as application/octet-stream" });
    }
    const { id = randomUUID(), digest, format, ...meta } = understand(IMAGE_QUERY, request.query);
    const announced = { ...(digest === undefined ? {} : { digest }), ...(format === undefined ? {} : { format }) };
    return source.addImage(bodyOf(request), { id, ...announced, ...meta });
  });
  return app;
}

/** Only who may read the data folder may read what the site's key seals; over the network there is no such place. */
function addSecrets(app: FastifyInstance, source: AdminSource, doors: Doors): void {
  const secrets = (request: FastifyRequest, of: "node" | "manager", id: string): PeerCredential | undefined => {
    if (!doors.isLocal(request)) throw new UsageError("admin.unknown-route", { path: request.url });
    const { actor } = understand(ASKER, request.query);
    const found = source.credential(of, id);
    if (found !== undefined) doors.logger.info("credentials.shown", { of, id, actor });
    return found;
  };
  app.get<{ Params: { id: string } }>("/api/nodes/:id/credentials", async (request) => {
    const { id } = request.params;
    const found = secrets(request, "node", id);
    if (found !== undefined) return found;
    throw source.node(id) === undefined
      ? new UsageError("node.unknown", { node: id })
      : new UsageError("node.unsecured", { node: id });
  });
  app.get<{ Params: { name: string } }>("/api/managers/:name/credentials", async (request) => {
    const { name } = request.params;
    const found = secrets(request, "manager", name);
    if (found === undefined) throw new UsageError("manager.unknown", { manager: name });
    return found;
  });
}

function addAccess(app: FastifyInstance, source: AdminSource, doors: Doors): void {
  const refuseRemote = (request: FastifyRequest): void => {
    if (!doors.isLocal(request)) throw new UsageError("admin.unknown-route", { path: request.url });
  };
  app.get("/api/access", async (request) => {
    refuseRemote(request);
    return source.access();
  });
  app.get("/api/access/test", async (request) => {
    refuseRemote(request);
    return source.mayAccess(understand(MAY, request.query));
  });
}
