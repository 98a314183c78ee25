/** Stratum 0: what every other folder may use. */
export * from "./bytes.ts";
export * from "./clock.ts";
export * from "./credential.ts";
export * from "./errors/errors.ts";
export * from "./errors/table.ts";
export * from "./id-lists.ts";
export * from "./lifecycle.ts";
export * from "./logger.ts";
export * from "./peer.ts";
export * from "./random.ts";
export * from "./recent-map.ts";
export * from "./record-map.ts";
export * from "./short-id.ts";
export * from "./shown-uri.ts";
export * from "./subnet.ts";
export * from "./units.ts";
