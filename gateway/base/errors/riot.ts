/** Errors of making releases for RIOT (draft-ietf-suit-manifest-09): what its nodes would refuse, or worse, is told to authors. */
export const RIOT_ERRORS = {
  "riot.plan": {
    blame: "usage",
    text: "'{key}' of the plan cannot be said to nodes that run RIOT: {reason}",
    hint: "Take it out of the plan, or make the release for other nodes ('dialect: suit'); docs/riot.md has what RIOT takes.",
  },
  "riot.uri": {
    blame: "usage",
    text: "nodes that run RIOT cannot fetch from {uri}: {reason}",
    hint: "Use the short address of the image on the gateway, e.g. coap://[fd00::1]/f/1ab2c3; docs/riot.md shows where it stands.",
  },
  "riot.size": {
    blame: "usage",
    text: "the signed envelope has {found} bytes, RIOT's buffer {limit}",
    hint: "Shorten the URIs, leave out slots, or sign with fewer keys.",
  },
  "riot.version": {
    blame: "usage",
    text: "the header of {file} says version {found}, the release has the number {sequence}",
    hint: "RIOT compares releases with the headers of its slots: build with APP_VER={sequence}, or give the plan the number {found}.",
  },
  "riot.key": {
    blame: "usage",
    text: "{key} is no Ed25519 key, and RIOT verifies no other signatures",
    hint: "Make one with 'sidgate release keygen --algorithm ed25519', and build its public half into the nodes.",
  },
} as const;
