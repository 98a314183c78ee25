/** `npm run drill [-- PATH]`: the suites, or those whose path has this in it, in their long form. */
const IS_DRILL = process.env["DRILL"] !== undefined;

export const inDrill = <T>(usual: T, drill: T): T => (IS_DRILL ? drill : usual);
