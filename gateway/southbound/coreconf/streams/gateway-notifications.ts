/**
 * What the gateway tells of itself and its nodes, as notifications of its modules (sidgate-gateway, sidgate-firmware,
 * sidgate-suit, the constrained YANG library): one row for each kind of news.
 */
import { EMPTY, fromHex, rfc3339 } from "../../../base/index.ts";
import type { News } from "../../../service/events/index.ts";
import { enumValue, houseNode } from "../../../service/registry/index.ts";
import type { Instance, LeafValue, Schema, Sid, Tree, Value } from "../../../yang/index.ts";
import { libraryUpdate } from "../library/library.ts";

type NewsOf<T extends News["type"]> = Extract<News, { type: T }>;
/** Undefined when the schema has no such notification; `time`: when it happened, where that is known. */
type Translate<N extends News> = (news: N, schema: Schema, time: string | undefined) => Instance | undefined;
type Translations = { readonly [T in News["type"]]: Translate<NewsOf<T>> };

const NODE_LIST = "/sidgate-gateway:gateway/node";

const TRANSLATIONS: Translations = {
  "ota.phase": (news, schema, time) =>
    notification(schema, "/sidgate-firmware:progress", {
      node: news.node,
      campaign: news.campaign,
      from: enumValue(schema, "/sidgate-firmware:progress/from", news.from),
      to: enumValue(schema, "/sidgate-firmware:progress/to", news.to),
      reason: news.reason,
      time,
    }),
  "node.reachability": (news, schema, time) =>
    notification(schema, "/sidgate-gateway:node-state", {
      node: news.node,
      from: enumValue(schema, "/sidgate-gateway:node-state/from", news.from),
      to: enumValue(schema, "/sidgate-gateway:node-state/to", news.to),
      time,
    }),
  "node.joined": (news, schema, time) =>
    notification(schema, "/sidgate-gateway:node-joined", { node: news.node, time }),
  "node.removed": (news, schema, time) =>
    notification(schema, "/sidgate-gateway:node-removed", { node: news.node, time }),
  "node.replaced": (news, schema, time) =>
    notification(schema, "/sidgate-gateway:node-replaced", {
      node: news.node,
      endpoint: news.endpoint,
      former: news.former,
      time,
    }),
  "edit.state": (news, schema, time) => {
    const path = `${NODE_LIST}/edit-state`;
    const edit = (leaf: string): Sid => houseNode(schema, `${path}/edit/${leaf}`).sid;
    const [revision, instance] = [edit("revision"), edit("path")];
    return notification(
      schema,
      path,
      {
        edit: news.edits.map(
          (each): Tree =>
            new Map<Sid, Value>([
              [revision, each.revision],
              [instance, each.path],
            ]),
        ),
        to: enumValue(schema, `${path}/to`, news.to),
        reason: news.reason,
        time,
      },
      [news.node],
    );
  },
  "edit.trial": (news, schema, time) => {
    const path = `${NODE_LIST}/trial-ended`;
    return notification(
      schema,
      path,
      {
        revision: news.revision,
        outcome: enumValue(schema, `${path}/outcome`, news.outcome),
        reason: news.reason,
        time,
      },
      [news.node],
    );
  },
  "release.reported": (news, schema, time) => {
    const path = "/sidgate-suit:manifest-processed";
    return notification(schema, path, {
      node: news.node,
      release: news.release === undefined ? undefined : (fromHex(news.release) ?? EMPTY),
      result: enumValue(schema, `${path}/result`, news.result),
      reason: news.reason === undefined ? undefined : enumValue(schema, `${path}/reason`, news.reason),
      place: news.place,
      text: news.text,
      time,
    });
  },
  "clock.state": ({ synchronised, step }, schema, time) =>
    notification(schema, "/sidgate-gateway:clock-state", {
      synchronised,
      step: step === undefined ? undefined : BigInt(step),
      time,
    }),
  "models.changed": (news, schema) => libraryUpdate(schema, news.checksum),
};

/** draft-ietf-core-comi-21 §3.4: `{SID: content}`, or `{[SID, keys]: content}` for what stands in a list (RFC 9254 §6.13.1). */
export function gatewayNotification(news: News, schema: Schema, isTimeCertain = true): Instance | undefined {
  // The row of the news' own type; TypeScript cannot follow the union through the table.
  const translate = TRANSLATIONS[news.type] as Translate<News>;
  return translate(news, schema, isTimeCertain ? rfc3339(news.at) : undefined);
}

function notification(
  schema: Schema,
  path: string,
  leaves: { readonly [leaf: string]: Value | undefined },
  keys: readonly LeafValue[] = [],
): Instance {
  const content = new Map<Sid, Value>();
  for (const [leaf, value] of Object.entries(leaves)) {
    if (value !== undefined) content.set(houseNode(schema, `${path}/${leaf}`).sid, value);
  }
  return { id: { sid: houseNode(schema, path).sid, keys }, value: content };
}
