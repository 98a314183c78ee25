/**
 * What one model set may hold. A few lines of YANG can stand for endless work (groupings that use each other twice,
 * typedefs of typedefs), so each kind of growth has a bound well above what published modules need.
 */

/** Nodes and `uses` after all groupings were expanded; all OpenConfig modules together make some 60,000. */
export const MAX_NODES = 200_000;
/** Levels of the expanded tree; published modules stay below 20. */
export const MAX_LEVELS = 200;
/** Steps from one definition to the next: typedefs, groupings, features, identities, leafrefs; published: below 10. */
export const MAX_CHAIN = 100;
/** Parentheses and `not` inside each other in one `if-feature`. */
export const MAX_FEATURE_DEPTH = 100;
