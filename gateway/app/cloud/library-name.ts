/** Apart from bridge-settings.ts: a bridge in a process of its own must not load what speaks to nodes. */
import { toHex } from "../../base/index.ts";
import { libraryChecksum } from "../../southbound/coreconf/index.ts";
import { perSchema, type SchemaSource } from "../../yang/index.ts";

const checksum = perSchema(libraryChecksum);
/** What the birth calls the modules of the default set: the checksum that the gateway's own YANG library has. */
export const libraryOf = (models: Pick<SchemaSource, "of">): string => toHex(checksum(models.of(undefined)));
