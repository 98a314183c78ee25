/** The console's first form: one page that shows where everything stands. */
export { STATUS_PAGE } from "./page.ts";
