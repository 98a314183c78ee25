/** Errors of data that does not fit its schema. What CORECONF answers for each stands in yang/codec/fault.ts. */
export const YANG_DATA_ERRORS = {
  "yang.malformed-message": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "The message does not have the form of its content format; 'sidgate decode HEX' shows where.",
  },
  "yang.invalid-datatype": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Send the value as RFC 9254 §6 (CBOR) or RFC 7951 §6 (JSON) writes the leaf's type.",
  },
  "yang.invalid-value": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Choose a value that the schema of this node allows.",
  },
  "yang.not-in-range": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Keep the value inside the range of the leaf's type.",
  },
  "yang.invalid-length": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Keep the length inside that of the leaf's type.",
  },
  "yang.pattern-test-failed": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "The value must match each pattern of the leaf's type.",
  },
  "yang.unknown-element": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Check that the node's modules and .sid files are the revisions this datastore works with.",
  },
  "yang.bad-element": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Only one case of a choice may have data.",
  },
  "yang.missing-element": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Send the mandatory node too.",
  },
  "yang.missing-key": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Name every key of the list entry, and never delete a key.",
  },
  "yang.missing-input-parameter": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Send each mandatory input of the rpc or action.",
  },
  "yang.missing-choice": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Send the nodes of one case of the choice.",
  },
  "yang.instance-required": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "The node that the value refers to must exist.",
  },
  "yang.data-not-unique": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "No two entries may agree in all leaves of the list's 'unique' statement.",
  },
  "yang.duplicate": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Send each list entry and each leaf-list value once.",
  },
  "yang.too-many-elements": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Remove entries until max-elements is kept.",
  },
  "yang.too-few-elements": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Keep at least min-elements entries.",
  },
  "yang.must-violation": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Change the data so that the module's 'must' expression holds.",
  },
  "yang.too-complex": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Send less data at once, or write the module's 'must' or 'when' so that it looks at fewer nodes.",
  },
  "yang.sid-unassigned": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "Make a .sid file for the module ('sidgate sid generate'), or use names (content format 341).",
  },
  "yang.read-only": {
    blame: "wire",
    text: "{path}: {what}",
    hint: "State data (config false) is reported by the node, never edited.",
  },
  "yang.pattern": {
    blame: "usage",
    text: "the pattern {pattern} cannot be used: {what}",
    hint: "Write patterns as XML Schema regular expressions (RFC 7950 §9.4.5).",
  },
  "yang.default": {
    blame: "usage",
    text: "the default of {path} does not fit its type: {what}",
    hint: "Correct the default statement of the module.",
  },
  "yang.path": {
    blame: "usage",
    text: "'{path}' is not an instance path at character {at}: {what}",
    hint: "Write paths like /sidgate-building:room/period[start='06:00']/set-point.",
  },
  "yang.empty-at-top": {
    blame: "usage",
    text: "{path} has the type 'empty' and nothing around it, so no edit can set it",
    hint: "In an edit null deletes; give the leaf a container around it in its module.",
  },
} as const;
