/** Name of the bridge's projection in the state store: the journal may be trimmed up to `applied(PROJECTION)`. */
export const PROJECTION = "mqtt";
