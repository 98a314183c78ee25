/*
 * SUIT on a node of one image (draft-ietf-suit-manifest-37): is the image that we are offered the one that an author vouched for?
 * What carries the author's word is a MAC of the gateway, which verified his signature. A node that is built WITH_SUIT takes no image
 * without it (docs/node-authors.md, "A release on a small node").
 */
#ifndef SUIT_H
#define SUIT_H
#include "bytes.h"
#include "sgs.h"
#include "sha256.h"

/* Longest envelope that we take: the gateway tailors them, see our capabilities. */
#define SUIT_MAX_ENVELOPE 640
#define SUIT_IDENTIFIER 16
/* A sequence number as it is encoded, in 64 bits at most. */
#define SUIT_MAX_NUMBER 9

/* Why the processor stopped (suit-report). */
enum suit_reason {
  SUIT_OK = SGS_MANIFEST_PROCESSED_REASON_ENUM_OK,
  SUIT_CBOR_PARSE = SGS_MANIFEST_PROCESSED_REASON_ENUM_CBOR_PARSE,
  SUIT_ALGORITHM_UNSUPPORTED = SGS_MANIFEST_PROCESSED_REASON_ENUM_ALGORITHM_UNSUPPORTED,
  SUIT_UNAUTHORISED = SGS_MANIFEST_PROCESSED_REASON_ENUM_UNAUTHORISED,
  SUIT_COMMAND_UNSUPPORTED = SGS_MANIFEST_PROCESSED_REASON_ENUM_COMMAND_UNSUPPORTED,
  SUIT_COMPONENT_UNSUPPORTED = SGS_MANIFEST_PROCESSED_REASON_ENUM_COMPONENT_UNSUPPORTED,
  SUIT_PARAMETER_UNSUPPORTED = SGS_MANIFEST_PROCESSED_REASON_ENUM_PARAMETER_UNSUPPORTED,
  SUIT_SEVERING_UNSUPPORTED = SGS_MANIFEST_PROCESSED_REASON_ENUM_SEVERING_UNSUPPORTED,
  SUIT_CONDITION_FAILED = SGS_MANIFEST_PROCESSED_REASON_ENUM_CONDITION_FAILED,
  SUIT_OPERATION_FAILED = SGS_MANIFEST_PROCESSED_REASON_ENUM_OPERATION_FAILED
};

/* A manifest: its digest, and its sequence number as it was encoded. In that form numbers are in order as bytes are. */
struct suit_release {
  uint8_t known; /* 0: none */
  uint8_t number[SUIT_MAX_NUMBER];
  uint8_t digest[SHA256_BYTES];
};

/* What became of an envelope. `section` and `offset`: the command where it failed, else where the image is compared. */
struct suit_verdict {
  uint16_t offset;
  uint8_t section;
  uint8_t reason;
  struct suit_release release;
};

/* Who we are, once and for all. */
struct suit_identity {
  const uint8_t *vendor, *class_; /* UUIDs */
  const uint8_t *secret;          /* OSCORE's master secret */
  unsigned secret_length;
};

/* What a manifest is held against. */
struct suit_device {
  const struct suit_identity *identity;
  const struct suit_release *installed;
  const uint8_t *digest; /* of the image that we are offered */
  uint32_t size;
  uint32_t slot;    /* where it would go */
  uint32_t battery; /* mWh that are left */
};

/* Checks everything that can be known before the image is fetched; the reason is in the verdict. */
bool suit_verify(const uint8_t *envelope, unsigned length, const struct suit_device *device, struct suit_verdict *verdict);
/* Writes the container suit of a check-in (sidgate-suit): who we are and what we can, or else what became of a release. */
void suit_put(const struct suit_identity *identity, const struct suit_release *installed, const struct suit_verdict *verdict);

#endif
