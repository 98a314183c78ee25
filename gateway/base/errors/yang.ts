/** Errors of the yang part. */
import { YANG_DATA_ERRORS } from "./yang-data.ts";

export const YANG_ERRORS = {
  ...YANG_DATA_ERRORS,
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
  "yang.compile-folder": {
    blame: "usage",
    text: "cannot read the models in {folder}: {reason}",
    hint: "Name a readable folder that holds .yang and .sid files.",
  },
  "yang.sid-file": {
    blame: "usage",
    text: "{file} is not a .sid file: {what}",
    hint: "The format is that of RFC 9595, module ietf-sid-file.",
  },
  "yang.sid-too-large": {
    blame: "usage",
    text: "{file}: SID {sid} of '{identifier}' is not between 1 and 9007199254740991",
    hint: "Use a SID of an allocated range; this gateway keeps SIDs in 53 bits.",
  },
  "yang.sid-range": {
    blame: "usage",
    text: "{file}: SID {sid} of '{identifier}' lies outside the assignment ranges of the file",
    hint: "Add the range it belongs to, or correct the number.",
  },
  "yang.sid-duplicate": {
    blame: "usage",
    text: "{file}: '{identifier}' and {other} cannot both be: {what}",
    hint: "A SID names one item and an item has one SID, for ever.",
  },
  "yang.sid-overlap": {
    blame: "usage",
    text: "{file}: the range {range} overlaps the range {otherRange} of {otherFile}",
    hint: "Each SID belongs to one module; see the allocation table in yang-models/README.md.",
  },
  "yang.sid-identifier": {
    blame: "usage",
    text: "{file}: '{identifier}' leads to nothing in module {module}",
    hint: "Correct the path, or give the item the status obsolete if a later revision removed its node.",
  },
  "yang.bug": {
    blame: "bug",
    text: "the yang part met a state that cannot be: {what}",
    hint: "Please report this with the log lines around it.",
  },
} as const;
