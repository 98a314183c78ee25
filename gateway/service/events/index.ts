export { acceptNotifications } from "./acceptance.ts";
export { Events, type EventsOptions, KEPT_FOR, SITE_BYTES, SITE_NOTIFICATIONS } from "./events.ts";
export { type EditNews, type News, newsOf } from "./news.ts";
export { NODE_BYTES, NODE_NOTIFICATIONS, type NodeNews } from "./node-ring.ts";
