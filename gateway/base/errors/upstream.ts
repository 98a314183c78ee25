/** Errors of fetching images from their authors. */
export const UPSTREAM_ERRORS = {
  "upstream.uri": {
    blame: "usage",
    text: "{uri} is not a URI that an image can be fetched from: {what}",
    hint: "Name a coap:// or https:// URI with a host.",
  },
} as const;
