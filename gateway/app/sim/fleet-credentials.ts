/** Simulated nodes get their credentials as real ones do: printed by the gateway they shall speak to, or from a file. */
import type { NodeRow } from "../../admin/api/index.ts";
import type { GatewayClient } from "../../admin/cli/index.ts";
import { type NodeSecurity, SequenceFile } from "../../sim/index.ts";
import { parseCredential, readCredentialFile, sequenceName } from "./credential-file.ts";

export type FleetCredentials = ReadonlyMap<string, NodeSecurity>;

const EXISTS = "node.exists";
const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

/** Adds a node, or takes the one that is there; gives its id. */
async function nodeOf(
  client: GatewayClient,
  endpoint: string,
): Promise<{ readonly id: string; readonly added: boolean }> {
  try {
    return { id: (await client.command<{ node: string }>("node.add", { endpoint })).node, added: true };
  } catch (error) {
    if (codeOf(error) !== EXISTS) throw error;
    const { node } = await client.get<NodeRow>(`/api/nodes/${encodeURIComponent(endpoint)}`);
    return { id: node, added: false };
  }
}

/** Adds the nodes without asking for their secrets: they will speak unprotected. */
export async function introduce(client: GatewayClient, endpoints: readonly string[]): Promise<void> {
  await Promise.all(endpoints.map((endpoint) => nodeOf(client, endpoint)));
}

/**
 * Adds the nodes and takes their credentials. One that was there already gets new ones: where its former life left off
 * with its sequence numbers is not known here, and none may be used twice.
 */
export async function introduceSecured(client: GatewayClient, endpoints: readonly string[]): Promise<FleetCredentials> {
  const secured = endpoints.map(async (endpoint): Promise<readonly [string, NodeSecurity]> => {
    const { id, added } = await nodeOf(client, endpoint);
    if (!added) await client.command("node.rekey", { node: id });
    return [endpoint, { credential: parseCredential(await client.credentials("node", id)) }];
  });
  return new Map(await Promise.all(secured)); // all at once: they share the group commits of the disk
}

/** By endpoint; how far their sequence numbers were used stands beside the file. Throws UsageError `cli.file`, `cli.credentials`. */
export function fileCredentials(path: string): FleetCredentials {
  const sequences = new SequenceFile(`${path}.sequence`);
  return new Map(
    readCredentialFile(path).map((credential) => [
      credential.name,
      { credential, sequence: sequences.of(sequenceName(credential)) },
    ]),
  );
}
