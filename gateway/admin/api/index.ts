/** The admin API: two doors, one set of routes, and the rows they show. */
export type { BackupTold } from "./backup-row.ts";
export type { BackupStream, Backups } from "./backups.ts";
export * from "./campaign-rows.ts";
export type { CloudDocuments } from "./documents.ts";
export * from "./ports.ts";
export type { SentMessage, SentMessages } from "./sent-messages.ts";
export { type Admin, type AdminOptions, openAdmin, type Page } from "./server.ts";
