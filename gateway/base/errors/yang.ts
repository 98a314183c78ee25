/** Errors of the yang part. */
import { YANG_DATA_ERRORS } from "./yang-data.ts";
import { YANG_SID_ERRORS } from "./yang-sid.ts";

export const YANG_ERRORS = {
  ...YANG_DATA_ERRORS,
  ...YANG_SID_ERRORS,
  "yang.parse": {
    blame: "usage",
    text: "{file}:{line}:{column}: {what}",
    hint: "Correct the YANG source at this place; nothing of the model set was loaded.",
  },
  "yang.compile": {
    blame: "usage",
    text: "{file}:{line}:{column}: '{statement}': {what}",
    hint: "Correct the YANG source at this place; nothing of the model set was loaded.",
  },
  "yang.faults": {
    blame: "usage",
    text: "the models have {count} faults",
    hint: "Each is printed above as file:line:column.",
  },
  "yang.no-module": {
    blame: "usage",
    text: "there is no YANG module in {paths}",
    hint: "Name .yang files of modules, or folders that hold some; a submodule is found by its module.",
  },
  "yang.no-node": {
    blame: "usage",
    text: "no module that is printed has a node '{path}'",
    hint: "Write the path like /sidgate-building:room/period; 'sidgate yang tree' shows what is there.",
  },
  "yang.compile-folder": {
    blame: "usage",
    text: "cannot read the models in {folder}: {reason}",
    hint: "Name a readable folder that holds .yang and .sid files.",
  },
  "yang.file": {
    blame: "usage",
    text: "cannot read {file}: {reason}",
    hint: "Make it readable, or take it away: all .yang and .sid files of a folder belong to its models.",
  },
  "yang.implement": {
    blame: "usage",
    text: "there is no module {module} in the model folders to implement",
    hint: "Name a module as name or name@revision, as its file has it, or put the file into a models folder.",
  },
  "yang.implement-twice": {
    blame: "usage",
    text: "module {module} cannot be implemented in revision {one} and in revision {other} at once",
    hint: "Name one revision; nodes that need another one go to another module set.",
  },
  "yang.bug": {
    blame: "bug",
    text: "the yang part met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
