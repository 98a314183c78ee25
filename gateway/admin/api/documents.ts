/** docs/mqtt.md, "Documents" and "Metrics" — the contract with the cloud as the gateway that speaks it serves it. */
import type { FastifyInstance } from "fastify";
import { UsageError } from "../../base/index.ts";
import type { JsonObject } from "../../yang/index.ts";

/** What whoever composes the gateway takes from the bridge. */
export interface CloudDocuments {
  /** AsyncAPI 3, with the site's id filled in. */
  asyncApi(): Promise<JsonObject>;
  /** JSON Schema 2020-12 of one message; undefined = there is no such message. */
  schema(name: string): Promise<JsonObject | undefined>;
  /** Prometheus text format 0.0.4; undefined where no bridge runs in this process. */
  metrics(): Promise<string | undefined>;
}

export function addDocuments(app: FastifyInstance, documents: CloudDocuments): void {
  app.get("/api/asyncapi.json", async () => documents.asyncApi());
  app.get<{ Params: { file: string } }>("/api/mqtt/:file", async ({ params: { file }, url }, reply) => {
    const schema = file.endsWith(".json") ? await documents.schema(file.slice(0, -".json".length)) : undefined;
    if (schema === undefined) throw new UsageError("admin.unknown-route", { path: url });
    return reply.type("application/schema+json; charset=utf-8").send(JSON.stringify(schema));
  });
  app.get("/metrics", async ({ url }, reply) => {
    const text = await documents.metrics();
    if (text === undefined) throw new UsageError("admin.unknown-route", { path: url });
    return reply.type("text/plain; version=0.0.4; charset=utf-8").send(text);
  });
}
