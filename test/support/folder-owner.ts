/** Owns the data folder named on the command line until it is killed. */
import { SILENT } from "../../gateway/base/index.ts";
import { openDataFolder } from "../../gateway/store/folder/data-folder.ts";

const { site } = await openDataFolder(process.argv[2] ?? "", SILENT);
console.log(JSON.stringify(site));
