import { memoryJournal, memoryState } from "../../gateway/store/index.ts";
import { journalContract } from "../contract/journal-contract.ts";
import { stateContract } from "../contract/state-contract.ts";

journalContract("journal in memory", async () => ({ create: async () => memoryJournal() }));
stateContract("state in memory", async () => ({ create: async () => memoryState() }));
