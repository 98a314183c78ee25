/** Errors of .sid files and of the tool that makes them (RFC 9595). */

export const YANG_SID_ERRORS = {
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
    hint: "Each SID belongs to one module; 60000-60999 are of Sidgate itself, as yang-models/README.md tells.",
  },
  "yang.sid-identifier": {
    blame: "usage",
    text: "{file}: '{identifier}' leads to nothing in module {module}",
    hint: "Correct the path, or give the item the status obsolete if a later revision removed its node.",
  },
  "yang.sid-conflict": {
    blame: "usage",
    text: "{file} gives '{identifier}' the SID {sid}, {otherFile} gives it {otherSid}",
    hint: "One of the two files must go: a node has one SID (RFC 9595 §3).",
  },
  "yang.sid-exhausted": {
    blame: "usage",
    text: "module {module} needs {missing} more SIDs than its ranges {ranges} have left",
    hint: "Give it one more range, e.g. '--range 62000:100'; '--count' tells how many are needed.",
  },
  "yang.sid-submodule": {
    blame: "usage",
    text: "{file} is a submodule of '{module}', which numbers its nodes",
    hint: "Name the file of the module (RFC 9595 §3).",
  },
  "yang.sid-no-revision": {
    blame: "usage",
    text: "{file}: the imported module '{module}' has no revision, and a .sid file must name one",
    hint: "Give the module a revision statement (RFC 9595, dependency-revision).",
  },
  "yang.sid-other-module": {
    blame: "usage",
    text: "{file} holds the numbers of module '{module}', and {source} is '{other}'",
    hint: "Name the .yang file that belongs to the .sid file.",
  },
  "yang.sid-older": {
    blame: "usage",
    text: "{file} was made from revision {revision} of '{module}', and the one here is {older}",
    hint: "Numbers are given along the revisions, never backwards: name a folder with the newer module by --path.",
  },
  "yang.sid-dialect": {
    blame: "usage",
    text: "{file} is of the dialect {dialect}, not {other}",
    hint: "The other dialect has other identifiers; a file keeps its own, or its numbers would change.",
  },
  "yang.sid-registry": {
    blame: "usage",
    text: "{file} is not a registry of ranges: {what}",
    hint: "docs/sid.md shows the form.",
  },
  "yang.sid-taken": {
    blame: "usage",
    text: "the range {range} of {module} overlaps {otherRange} of {other} in {file}",
    hint: "Take another range; '--size' finds the next free one.",
  },
  "yang.sid-no-room": {
    blame: "usage",
    text: "{file} has no {size} free SIDs in a row",
    hint: "Add a block to the registry, or take a smaller size.",
  },
} as const;
