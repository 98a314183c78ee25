/** What somebody has to do before all is well, in sentences that the banner and every status repeat. */

import type { LinkStatus } from "../../admin/api/index.ts";
import type { Credentials } from "../../service/credentials/index.ts";
import type { Registry } from "../../service/registry/index.ts";
import { CLOCK_REASONS, type Timekeeper } from "../../service/timekeeping/index.ts";
import type { Keys } from "../home/keys.ts";
import type { ModelSets } from "../models/index.ts";
import type { StoreReach } from "../store/store-watch.ts";

export interface Noticed {
  readonly registry: Pick<Registry, "size">;
  readonly credentials: Pick<Credentials, "nodes" | "manager">;
  /** Nodes without credentials are not heard anywhere. */
  readonly secured: boolean;
  readonly keys: Pick<Keys, "voided">;
  readonly models: Pick<ModelSets, "list">;
  readonly clock: Pick<Timekeeper, "synchronised" | "why">;
  readonly store: Pick<StoreReach, "away"> | undefined;
  readonly risks: readonly string[];
  /** No process has the connection to the broker. */
  readonly withoutBridge: boolean;
  /** What the broker would not have lately. */
  readonly refused: LinkStatus["refused"];
}

/** Managers that are named, before it is only told how many more there are. */
const NAMED = 5;

export function notices({
  registry,
  credentials,
  secured,
  keys: { voided },
  models,
  clock,
  store,
  risks,
  withoutBridge,
  refused,
}: Noticed): readonly string[] {
  const sentences: string[] = [];
  if (store?.away !== undefined) {
    sentences.push(
      `${upper(store.away.message)}. Nodes are told to come again, and nothing that was answered is lost.`,
    );
  }
  sentences.push(...risks);
  if (withoutBridge) {
    sentences.push(
      "No bridge runs beside this gateway: cloud apps hear nothing, and what happens is kept for them. " +
        "'sidgate bridge' with the same configuration starts one (docs/deployment.md).",
    );
  }
  if (refused !== undefined) {
    sentences.push(
      `The MQTT broker refused a message on ${refused.topic}: ${refused.reason}. Its access list may lack a line for it ` +
        "(docs/mqtt.md, The broker and Views); the log names each topic.",
    );
  }
  if (!clock.synchronised) {
    sentences.push(
      `The clock is not known to be right (${CLOCK_REASONS[clock.why]}): nodes are told no time, nobody is late and nothing ` +
        "expires. docs/clock.md says what to do; 'clock.synchronised: yes' trusts a clock that is set by hand.",
    );
  }
  const bare = registry.size - credentials.nodes;
  if (bare > 0 && (secured || voided !== undefined)) {
    sentences.push(
      `${count(bare, "node")} of ${registry.size} without credentials${secured ? ", and not heard" : ""}: ` +
        "'sidgate node list' shows which, 'sidgate node rekey NODE --print' gives new ones.",
    );
  }
  const managers = voided?.managers.filter((name) => credentials.manager(name) === undefined) ?? [];
  if (managers.length > 0) {
    const more = managers.length > NAMED ? ` and ${managers.length - NAMED} more` : "";
    sentences.push(
      `${count(managers.length, "manager")} lost their credentials (${managers.slice(0, NAMED).join(", ")}${more}): ` +
        "'sidgate manager add NAME --print' gives new ones.",
    );
  }
  for (const { set, schema, fault } of models.list()) {
    if (fault === undefined) continue;
    const which = set === undefined ? "The default module set" : `The module set ${set}`;
    const works = schema === undefined ? "its nodes work with the default set" : "its former schema stays in force";
    sentences.push(`${which} has files that are refused, and ${works}: 'sidgate models' says why.`);
  }
  return sentences;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
