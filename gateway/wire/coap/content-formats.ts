/** RFC 7252 §12.3 and the documents named per row — Content-Format numbers this gateway uses. */
export const CONTENT_FORMATS = [
  { number: 0, name: "text", mediaType: "text/plain;charset=utf-8" },
  { number: 40, name: "linkFormat", mediaType: "application/link-format" },
  { number: 42, name: "octetStream", mediaType: "application/octet-stream" },
  { number: 50, name: "json", mediaType: "application/json" },
  { number: 60, name: "cbor", mediaType: "application/cbor" },
  { number: 110, name: "senmlJson", mediaType: "application/senml+json" }, // RFC 8428
  { number: 112, name: "senmlCbor", mediaType: "application/senml+cbor" }, // RFC 8428
  { number: 140, name: "yangDataSid", mediaType: "application/yang-data+cbor;id=sid" }, // RFC 9254 §10
  // 141 and 142 are the numbers that draft-ietf-core-comi suggests; not assigned yet.
  { number: 141, name: "yangIdentifiers", mediaType: "application/yang-identifiers+cbor-seq" },
  { number: 142, name: "yangInstances", mediaType: "application/yang-instances+cbor-seq" },
  { number: 340, name: "yangData", mediaType: "application/yang-data+cbor" }, // RFC 9254 §10
  { number: 341, name: "yangDataName", mediaType: "application/yang-data+cbor;id=name" }, // RFC 9254 §10
  { number: 11542, name: "lwm2mTlv", mediaType: "application/vnd.oma.lwm2m+tlv" },
  { number: 11543, name: "lwm2mJson", mediaType: "application/vnd.oma.lwm2m+json" },
  { number: 11544, name: "lwm2mCbor", mediaType: "application/vnd.oma.lwm2m+cbor" },
] as const;

type FormatRow = (typeof CONTENT_FORMATS)[number];
export type ContentFormatName = FormatRow["name"];

/** Content-Format numbers by name: `CONTENT_FORMAT.linkFormat` is 40. */
export const CONTENT_FORMAT = Object.fromEntries(CONTENT_FORMATS.map((row) => [row.name, row.number])) as {
  readonly [N in ContentFormatName]: Extract<FormatRow, { name: N }>["number"];
};
