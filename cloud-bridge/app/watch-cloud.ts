/** The smallest cloud app: counts what reaches it. The demo shows with it that the site's messages arrive. */
import type { Closable } from "../../gateway/base/index.ts";
import { watch } from "../mqtt/index.ts";

export interface CloudApp extends Closable {
  /** Messages received so far. */
  messages(): number;
}

/** Resolves when the subscription stands. Throws StoreError mqtt.unreachable. */
export async function watchCloud(url: string, filter: string): Promise<CloudApp> {
  let count = 0;
  const line = await watch(url, filter, () => {
    count += 1;
  });
  return { messages: () => count, close: () => line.close() };
}
