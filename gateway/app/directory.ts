/** The resource directory put together: who is the inventory's node, and whose name nobody else may take. */
import type { Clock, Lifecycle } from "../base/index.ts";
import { Expiry, Registrar } from "../service/directory/index.ts";
import { directoryHandler, LOOKUP_TOPIC } from "../southbound/directory/index.ts";
import type { Centre } from "./centre.ts";

/** `changed`: who observes this topic is to be told. */
export function openDirectory(
  { registry, credentials, directory, ledger }: Centre,
  clock: Clock,
  changed: (topic: string) => void,
  lifecycle: Lifecycle,
): ReturnType<typeof directoryHandler> {
  const recorder = ledger;
  lifecycle.add(new Expiry({ directory, recorder, clock, changed: () => changed(LOOKUP_TOPIC) }));
  const reserved = (endpoint: string): boolean => {
    const node = registry.byEndpoint(endpoint);
    return node !== undefined && credentials.ofNode(node.id) !== undefined;
  };
  return directoryHandler({
    directory,
    registrar: new Registrar({ directory, recorder, clock, reserved }),
    clock,
    heard: (peer, endpoint) => {
      const node = registry.byEndpoint(endpoint);
      if (node === undefined) return;
      registry.seenAt(node.id, peer.path);
      registry.heard(peer, clock.now());
    },
  });
}
