/** SIDs and enums of the gateway's own datastore, looked up once: an entry has a score of leaves, and there is one per node. */
import { ACCESS_PATH } from "../../../service/access/index.ts";
import { enumValue, houseNode } from "../../../service/registry/index.ts";
import { EDIT_STATES, PHASES, REACHABILITIES } from "../../../store/index.ts";
import { perSchema, type Schema, type Sid } from "../../../yang/index.ts";

const GATEWAY = "/sidgate-gateway:gateway";
const NODE = `${GATEWAY}/node`;
const EDIT = `${NODE}/edit`;
const IMAGES = "/sidgate-firmware:images";
const IMAGE = `${IMAGES}/image`;

/** From any schema: our modules are in all of them, with the same numbers. */
export const gatewayNumbers = perSchema((schema: Schema) => {
  const at = (path: string): Sid => houseNode(schema, path).sid;
  const enums = <N extends string>(path: string, names: readonly N[]): ReadonlyMap<N, number> =>
    new Map(names.map((name) => [name, enumValue(schema, path, name)]));
  return {
    gateway: at(GATEWAY),
    images: at(IMAGES),
    access: at(ACCESS_PATH),
    name: at(`${GATEWAY}/name`),
    location: at(`${GATEWAY}/location`),
    site: at(`${GATEWAY}/site`),
    version: at(`${GATEWAY}/version`),
    mode: at(`${GATEWAY}/mode`),
    modes: enums(`${GATEWAY}/mode`, ["lab", "secured"]),
    now: at(`${GATEWAY}/current-datetime`),
    synchronised: at(`${GATEWAY}/clock-synchronised`),
    nodes: at(NODE),
    node: {
      id: at(`${NODE}/id`),
      name: at(`${NODE}/name`),
      endpoint: at(`${NODE}/endpoint`),
      model: at(`${NODE}/model`),
      state: at(`${NODE}/state`),
      states: enums(`${NODE}/state`, REACHABILITIES),
      lastSeen: at(`${NODE}/last-seen`),
      nextWake: at(`${NODE}/next-wake`),
      missedWakes: at(`${NODE}/missed-wakes`),
      pending: at(`${NODE}/pending`),
      serves: at(`${NODE}/serves`),
      phase: at(`${NODE}/phase`),
      phases: enums(`${NODE}/phase`, PHASES),
      version: at(`${NODE}/version`),
      learntPeriod: at(`${NODE}/learnt-period`),
      periodConfidence: at(`${NODE}/period-confidence`),
      wakeFrom: at(`${NODE}/wake-from`),
      wakeUntil: at(`${NODE}/wake-until`),
      edits: at(EDIT),
    },
    edit: {
      revision: at(`${EDIT}/revision`),
      path: at(`${EDIT}/path`),
      state: at(`${EDIT}/state`),
      states: enums(`${EDIT}/state`, EDIT_STATES),
      since: at(`${EDIT}/since`),
      by: at(`${EDIT}/by`),
      expires: at(`${EDIT}/expires`),
      reason: at(`${EDIT}/reason`),
      trial: at(`${EDIT}/trial`),
    },
    image: {
      list: at(IMAGE),
      id: at(`${IMAGE}/id`),
      digest: at(`${IMAGE}/digest`),
      size: at(`${IMAGE}/size`),
      model: at(`${IMAGE}/model`),
      version: at(`${IMAGE}/version`),
      verified: at(`${IMAGE}/verified`),
      verdict: (name: string) => enumValue(schema, `${IMAGE}/verified`, name),
      added: at(`${IMAGE}/added`),
    },
  };
});
