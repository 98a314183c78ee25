/*
 * draft-ietf-suit-manifest-37 in one pass over the envelope, where it lies: authentication (8.3), manifest (8.4), and its commands
 * (8.4.7 to 8.4.10) up to the image itself. One encoding for everything (RFC 8949 section 4.2.1), and nothing that we do not know.
 */
#include "cbor.h"
#ifdef WITH_SUIT
#include "suit.h"
#include <string.h>

/* Elements of the envelope and of the manifest (sections 8.2 and 8.4), and of its common section (8.4.5). */
enum {
  AUTHENTICATION = 2,
  MANIFEST = 3,
  VERSION = 1,
  SEQUENCE_NUMBER = 2,
  COMMON = 3,
  REFERENCE_URI = 4,
  SET_VERSION = 6,
  VALIDATE = 7,
  INVOKE = 9,
  COSWID = 14,
  INSTALL = 20,
  TEXT = 23,
  COMPONENTS = 2,
  SHARED_SEQUENCE = 4
};

/* Commands (sections 8.4.9 and 8.4.10; 26 is of suit-update-management), and parameters (8.4.8): what needs one has its number. */
enum {
  CHECK_VENDOR = 1,
  CHECK_CLASS = 2,
  CHECK_IMAGE = 3,
  CHECK_SLOT = 5,
  IMAGE_SIZE = 14,
  TRY_EACH = 15,
  OVERRIDE_PARAMETERS = 20,
  FETCH = 21,
  RUN_IMAGE = 23,
  CHECK_BATTERY = 26,
  LAST_PARAMETER = 26
};
#define MAX_POLICY 15

#define TAG_107 0xd86b
#define MANIFEST_VERSION 1
/* SUIT_Digest (section 8.1): [-16 (SHA-256), 32 bytes]. */
#define DIGEST_HEAD "\x82\x2f\x58\x20"
#define DIGEST_HEAD_BYTES 4
/* The gateway's block: tag 17, [<< {1: 5 (HMAC 256/256)} >>, {}, nil, 32 bytes] (RFC 9052 section 6.2). */
#define BLOCK_HEAD "\xd1\x84\x43\xa1\x01\x05\xa0\xf6\x58\x20"
#define BLOCK_HEAD_BYTES 10
/* What it is made over: ["MAC0", << {1: 5} >>, h'', << SUIT_Digest >>] (section 6.3). */
#define MAC_HEAD "\x84\x64" "MAC0" "\x43\xa1\x01\x05\x40\x58\x24" DIGEST_HEAD
#define MAC_HEAD_BYTES 17
#define KEY_INFO "Sidgate SUIT MAC\x01"
/* Our only component: [[h'00']]. */
#define OUR_COMPONENTS "\x81\x81\x41\x00"
#define OUR_COMPONENTS_BYTES 4

/* SUIT_Capability_Report (suit-report): what is above, as the gateway has to know it. */
static const uint8_t CAPABILITIES[] = {
    0xa6,                                                         /* { */
    0x01, 0x81, 0x81, 0x41, 0x00,                                 /* 1 (components): [[h'00']] */
    0x02, 0x89, 0x01, 0x02, 0x03, 0x05, 0x0f, 0x14, 0x15, 0x17, 0x18, 0x1a, /* 2 (commands) */
    0x03, 0x87, 0x01, 0x02, 0x03, 0x05, 0x0e, 0x15, 0x18, 0x1a,   /* 3 (parameters) */
    0x04, 0x82, 0x2f, 0x05,                                       /* 4 (algorithms): SHA-256, HMAC 256/256 */
    0x05, 0x83, 0x02, 0x03, 0x14,                                 /* 5 (envelope): wrapper, manifest, install; so no text */
    0x06, 0x88, 0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x09, 0x14    /* 6 (manifest) */
};

struct run {
  const struct suit_device *device;
  struct suit_verdict *verdict;
  struct reader shared;
  struct reader install, validate, invoke; /* `at` is NULL for one that is not there */
  struct {
    const uint8_t *at; /* NULL: not set */
    uint32_t number;
  } parameter[LAST_PARAMETER + 1];
  uint16_t match; /* where the image is compared after its installation */
  bool fetched, matched;
};

/* -- one encoding ----------------------------------------------------------------------------------------------------- */

/* RFC 8949 section 4.2.1: an argument of one byte is 24 at least, and the first half of a longer one is not zero. */
static uint32_t strict(struct reader *r, enum cbor_major major) {
  const uint8_t *at = r->at;
  uint32_t value = cbor_expect(r, major);
  unsigned more;
  struct reader half;
  if (r->bad) return 0;
  more = (unsigned)(r->at - at) - 1;
  half = read_from(at + 1, more / 2);
  if (more == 1 ? value < 24 : more > 1 && take_uint(&half, more / 2) == 0) r->bad = true;
  return value;
}

/* What is in a byte string; nothing where there is none. */
static struct reader inside(struct reader *r) {
  unsigned length = strict(r, CBOR_BYTES);
  return read_from(take_bytes(r, length), length);
}

/* Passes over items with all that they hold; counts instead of calling itself. */
static void pass(struct reader *r, uint32_t items) {
  while (items-- > 0 && !r->bad) {
    enum cbor_major major = (enum cbor_major)cbor_peek(r);
    uint32_t value = strict(r, major);
    if (major == CBOR_TAG) items++;
    if (major == CBOR_BYTES || major == CBOR_TEXT) (void)take_bytes(r, value);
    if (major == CBOR_ARRAY || major == CBOR_MAP) items += value << (major - CBOR_ARRAY);
  }
}

/* Keys in order, each once. */
static uint32_t next_key(struct reader *r, uint32_t last) {
  uint32_t key = strict(r, CBOR_UINT);
  if (key <= last) r->bad = true;
  return key;
}

/* The 32 bytes in a SUIT_Digest of SHA-256; NULL for anything else. */
static const uint8_t *digest_in(const uint8_t *bytes, unsigned length) {
  if (length != DIGEST_HEAD_BYTES + SHA256_BYTES || memcmp(bytes, DIGEST_HEAD, DIGEST_HEAD_BYTES) != 0) return NULL;
  return bytes + DIGEST_HEAD_BYTES;
}

/* In a time that says nothing of the bytes. */
static bool is_same(const uint8_t *a, const uint8_t *b) {
  unsigned i;
  uint8_t difference = 0;
  for (i = 0; i < SHA256_BYTES; i++) difference |= a[i] ^ b[i];
  return difference == 0;
}

/* Section 8.3: digests cover a byte string with its head. */
static bool is_digest_of(const uint8_t *digest, const uint8_t *item, unsigned length) {
  struct sha256 hash;
  uint8_t found[SHA256_BYTES];
  sha256_begin(&hash);
  sha256_add(&hash, item, length);
  sha256_end(&hash, found);
  return is_same(found, digest);
}

/* -- who vouches ------------------------------------------------------------------------------------------------------ */

/* One of the blocks is our gateway's. The key is HKDF-SHA-256(master secret, no salt, "Sidgate SUIT MAC"). */
static bool is_vouched(struct reader *blocks, uint32_t count, const struct suit_identity *identity, const uint8_t *digest) {
  uint8_t text[MAC_HEAD_BYTES + SHA256_BYTES], extracted[SHA256_BYTES], key[SHA256_BYTES];
  bool found = false;
  hmac(NULL, 0, identity->secret, identity->secret_length, extracted);
  hmac(extracted, sizeof extracted, (const uint8_t *)KEY_INFO, sizeof KEY_INFO - 1, key);
  memcpy(text, MAC_HEAD, MAC_HEAD_BYTES);
  memcpy(text + MAC_HEAD_BYTES, digest, SHA256_BYTES);
  hmac(key, sizeof key, text, sizeof text, extracted);
  while (count-- > 0) {
    struct reader block = inside(blocks);
    if (block.left == BLOCK_HEAD_BYTES + SHA256_BYTES && memcmp(block.at, BLOCK_HEAD, BLOCK_HEAD_BYTES) == 0) {
      found |= is_same(block.at + BLOCK_HEAD_BYTES, extracted);
    }
  }
  return found && !blocks->bad && blocks->left == 0;
}

/* -- commands --------------------------------------------------------------------------------------------------------- */

static enum suit_reason override_parameters(struct run *run, struct reader *r) {
  uint32_t left = strict(r, CBOR_MAP);
  uint32_t key = 0;
  if (left == 0) r->bad = true;
  while (left-- > 0 && !r->bad) {
    enum cbor_major major = CBOR_UINT;
    uint32_t number;
    if (cbor_peek(r) != CBOR_UINT) return SUIT_PARAMETER_UNSUPPORTED;
    key = next_key(r, key);
    if (key <= CHECK_IMAGE) {
      major = CBOR_BYTES;
    } else if (key == FETCH) {
      major = CBOR_TEXT;
    } else if (key != CHECK_SLOT && key != IMAGE_SIZE && key != CHECK_BATTERY) {
      return SUIT_PARAMETER_UNSUPPORTED;
    }
    number = strict(r, major);
    run->parameter[key].at = r->at;
    run->parameter[key].number = number;
    if (major == CBOR_UINT) continue;
    (void)take_bytes(r, number);
    if (key <= CHECK_CLASS && number != SUIT_IDENTIFIER) r->bad = true;
    if (key != CHECK_IMAGE || r->bad) continue;
    run->parameter[key].at = digest_in(run->parameter[key].at, number);
    if (run->parameter[key].at == NULL) return SUIT_ALGORITHM_UNSUPPORTED;
  }
  return SUIT_OK;
}

/* The component holds what will have been fetched, which is what we are offered: it must be what the author wants there. */
static bool is_image(struct run *run, const uint8_t *digest) {
  const struct suit_device *device = run->device;
  run->matched = run->fetched && is_same(digest, device->digest) &&
                 (run->parameter[IMAGE_SIZE].at == NULL || run->parameter[IMAGE_SIZE].number == device->size);
  if (run->verdict->section == INSTALL) run->match = run->verdict->offset;
  return run->matched;
}

/* A condition, or a directive that does something; a reporting policy follows each (section 8.4.7). */
static enum suit_reason command(struct run *run, struct reader *r, uint32_t code) {
  const struct suit_device *device = run->device;
  const uint8_t *at;
  uint32_t number;
  bool holds;
  if (code == OVERRIDE_PARAMETERS) return override_parameters(run, r);
  if (strict(r, CBOR_UINT) > MAX_POLICY) r->bad = true;
  if (code == RUN_IMAGE && run->verdict->section == INVOKE) return SUIT_OK;
  if (code == 0 || code > LAST_PARAMETER) return SUIT_COMMAND_UNSUPPORTED;
  at = run->parameter[code].at;
  number = run->parameter[code].number;
  if (code == FETCH && run->verdict->section == INSTALL) {
    run->fetched = true;
    return at != NULL ? SUIT_OK : SUIT_OPERATION_FAILED;
  }
  if (code > CHECK_IMAGE && code != CHECK_SLOT && code != CHECK_BATTERY) return SUIT_COMMAND_UNSUPPORTED;
  if (at == NULL) return SUIT_CONDITION_FAILED;
  if (code == CHECK_SLOT) {
    holds = number == device->slot;
  } else if (code == CHECK_BATTERY) {
    holds = number <= device->battery;
  } else if (code == CHECK_IMAGE) {
    holds = is_image(run, at);
  } else {
    holds = memcmp(at, code == CHECK_VENDOR ? device->identity->vendor : device->identity->class_, SUIT_IDENTIFIER) == 0;
  }
  return holds ? SUIT_OK : SUIT_CONDITION_FAILED;
}

/* Code and argument, code and argument. */
static uint32_t begin(struct reader *sequence) {
  uint32_t items = strict(sequence, CBOR_ARRAY);
  if (items == 0 || items % 2 != 0) sequence->bad = true;
  return items;
}

/* A sequence, and in it the arms of a try-each (section 8.4.10.2), one level deep: a failed condition leads to the next arm. */
static enum suit_reason execute(struct run *run, const struct reader *of, uint8_t section) {
  struct reader sequence = *of;
  struct reader rest, arms;
  uint32_t items, items_of_rest = 0, arms_left = 0;
  bool in_arm = false;
  rest = arms = sequence;
  run->verdict->section = section;
  run->verdict->offset = 0;
  for (items = begin(&sequence); !sequence.bad; items -= 2) {
    enum suit_reason reason = SUIT_CONDITION_FAILED;
    uint32_t code;
    while (items == 0) {
      if (sequence.left > 0) return SUIT_CBOR_PARSE;
      if (!in_arm) return SUIT_OK;
      in_arm = false;
      sequence = rest;
      items = items_of_rest;
    }
    run->verdict->offset = (uint16_t)(sequence.at - of->at);
    if (cbor_peek(&sequence) != CBOR_UINT) return SUIT_COMMAND_UNSUPPORTED;
    code = strict(&sequence, CBOR_UINT);
    if (code == TRY_EACH && !in_arm) {
      arms_left = strict(&sequence, CBOR_ARRAY);
      arms = sequence;
      pass(&sequence, arms_left);
      if (arms_left < 2 || sequence.bad) break;
      in_arm = true;
      rest = sequence;
      items_of_rest = items - 2;
    } else {
      reason = command(run, &sequence, code);
    }
    if (sequence.bad && reason != SUIT_COMMAND_UNSUPPORTED) break;
    if (reason == SUIT_OK) continue;
    if (reason != SUIT_CONDITION_FAILED || !in_arm || arms_left-- == 0) return reason;
    if (arms_left == 0 && cbor_take_null(&arms)) { /* nil: to do nothing is well, too */
      sequence.left = 0;
      items = 2;
    } else {
      sequence = inside(&arms);
      items = begin(&sequence) + 2;
    }
  }
  return SUIT_CBOR_PARSE;
}

/* -- the manifest ----------------------------------------------------------------------------------------------------- */

/* Section 8.4.2: none that is lower than that of what is installed, and the same one only for the same manifest. */
static bool is_newer(const struct suit_release *installed, const struct suit_release *release) {
  int order = memcmp(release->number, installed->number, SUIT_MAX_NUMBER);
  if (installed->known == 0 || order > 0) return true;
  return order == 0 && is_same(release->digest, installed->digest);
}

/* A key that has to be the next one. */
static void expect_key(struct reader *r, uint32_t key) {
  if (strict(r, CBOR_UINT) != key) r->bad = true;
}

/* Section 8.4.5: components and what all sequences share. */
static enum suit_reason take_common(struct reader common, struct reader *shared) {
  const uint8_t *components;
  if (strict(&common, CBOR_MAP) != 2) return SUIT_CBOR_PARSE;
  expect_key(&common, COMPONENTS);
  components = take_bytes(&common, OUR_COMPONENTS_BYTES);
  if (components == NULL || memcmp(components, OUR_COMPONENTS, OUR_COMPONENTS_BYTES) != 0) return SUIT_COMPONENT_UNSUPPORTED;
  expect_key(&common, SHARED_SEQUENCE);
  *shared = inside(&common);
  return common.bad || common.left > 0 ? SUIT_CBOR_PARSE : SUIT_OK;
}

/* Section 8.4.6: the sequence install, here or as the digest of the element that stands beside the manifest (8.6), with its head. */
static enum suit_reason take_install(struct run *run, struct reader *manifest, struct reader *severed) {
  const uint8_t *digest;
  if (cbor_peek(manifest) != CBOR_ARRAY) {
    run->install = inside(manifest);
    return SUIT_OK;
  }
  if (severed->left == 0) return SUIT_SEVERING_UNSUPPORTED;
  digest = manifest->at;
  pass(manifest, 1);
  if (manifest->bad) return SUIT_CBOR_PARSE;
  digest = digest_in(digest, (unsigned)(manifest->at - digest));
  if (digest == NULL) return SUIT_ALGORITHM_UNSUPPORTED;
  if (!is_digest_of(digest, severed->at, severed->left)) return SUIT_UNAUTHORISED;
  run->install = inside(severed);
  return SUIT_OK;
}

static enum suit_reason take_manifest(struct run *run, struct reader manifest, struct reader severed) {
  struct suit_verdict *verdict = run->verdict;
  enum suit_reason reason;
  uint32_t left = strict(&manifest, CBOR_MAP);
  uint32_t key = COMMON;
  const uint8_t *number;
  /* Section 6.1: the version before all else, and then its number. */
  expect_key(&manifest, VERSION);
  expect_key(&manifest, MANIFEST_VERSION);
  expect_key(&manifest, SEQUENCE_NUMBER);
  number = manifest.at;
  (void)strict(&manifest, CBOR_UINT);
  if (manifest.bad || left < 3) return SUIT_CBOR_PARSE;
  memcpy(verdict->release.number, number, (size_t)(manifest.at - number));
  if (!is_newer(run->device->installed, &verdict->release)) return SUIT_UNAUTHORISED;
  expect_key(&manifest, COMMON);
  reason = take_common(inside(&manifest), &run->shared);
  if (reason != SUIT_OK) return reason;
  for (left -= 3; left > 0; left--) {
    key = next_key(&manifest, key);
    verdict->section = (uint8_t)key;
    if (key == INSTALL) {
      reason = take_install(run, &manifest, &severed);
      if (reason != SUIT_OK) return reason;
    } else if (key == VALIDATE) {
      run->validate = inside(&manifest);
    } else if (key == INVOKE) {
      run->invoke = inside(&manifest);
    } else if (key == REFERENCE_URI || key == SET_VERSION || key == COSWID || key == TEXT) {
      pass(&manifest, 1);
    } else {
      return manifest.bad ? SUIT_CBOR_PARSE : SUIT_COMMAND_UNSUPPORTED;
    }
  }
  verdict->section = COMMON;
  if (manifest.bad || manifest.left > 0) return SUIT_CBOR_PARSE;
  return severed.left > 0 ? SUIT_UNAUTHORISED : SUIT_OK; /* what the manifest does not vouch for */
}

/* Section 6.3: the shared sequence and then this one; one that is not there is well. */
static enum suit_reason proceed(struct run *run, const struct reader *sequence, uint8_t section) {
  enum suit_reason reason;
  if (sequence->at == NULL) return SUIT_OK;
  reason = execute(run, &run->shared, COMMON);
  return reason == SUIT_OK ? execute(run, sequence, section) : reason;
}

/* The image is not here yet: all else is decided before it is fetched. */
static enum suit_reason process(struct run *run) {
  enum suit_reason reason = proceed(run, &run->install, INSTALL);
  if (reason == SUIT_OK && !run->matched) return SUIT_OPERATION_FAILED;
  if (reason == SUIT_OK) reason = proceed(run, &run->validate, VALIDATE);
  if (reason == SUIT_OK) reason = proceed(run, &run->invoke, INVOKE);
  if (reason != SUIT_OK) return reason;
  run->verdict->section = INSTALL;
  run->verdict->offset = run->match;
  return SUIT_OK;
}

/* -- the envelope ----------------------------------------------------------------------------------------------------- */

static enum suit_reason take_envelope(struct run *run, struct reader r) {
  struct suit_release *release = &run->verdict->release;
  struct reader wrapper, digest, manifest, severed;
  const uint8_t *item, *vouched_for;
  uint32_t members, blocks;
  enum suit_reason reason;
  if (take_uint(&r, 2) != TAG_107) return SUIT_CBOR_PARSE;
  members = strict(&r, CBOR_MAP);
  expect_key(&r, AUTHENTICATION);
  wrapper = inside(&r);
  expect_key(&r, MANIFEST);
  item = r.at;
  manifest = inside(&r);
  severed = read_from(r.at, 0);
  if (members == 3) {
    expect_key(&r, INSTALL);
    severed = r;
    (void)inside(&r);
  } else if (members != 2) {
    r.bad = true;
  }
  blocks = strict(&wrapper, CBOR_ARRAY);
  digest = inside(&wrapper);
  if (r.bad || r.left > 0 || blocks == 0 || wrapper.bad) return SUIT_CBOR_PARSE;
  vouched_for = digest_in(digest.at, digest.left);
  if (vouched_for == NULL) return SUIT_ALGORITHM_UNSUPPORTED;
  memcpy(release->digest, vouched_for, SHA256_BYTES);
  release->known = 1;
  /* Section 6.2: nothing of the manifest is read before. */
  if (!is_vouched(&wrapper, blocks - 1, run->device->identity, vouched_for)) return SUIT_UNAUTHORISED;
  if (!is_digest_of(vouched_for, item, (unsigned)(manifest.at - item) + manifest.left)) return SUIT_UNAUTHORISED;
  reason = take_manifest(run, manifest, severed);
  return reason == SUIT_OK ? process(run) : reason;
}

bool suit_verify(const uint8_t *envelope, unsigned length, const struct suit_device *device, struct suit_verdict *verdict) {
  struct run run;
  memset(&run, 0, sizeof run);
  memset(verdict, 0, sizeof *verdict);
  run.device = device;
  run.verdict = verdict;
  verdict->section = COMMON;
  verdict->reason = (uint8_t)take_envelope(&run, read_from(envelope, length));
  return verdict->reason == SUIT_OK;
}

/* -- what we tell ----------------------------------------------------------------------------------------------------- */

/* SUIT_Report (suit-report): {3 (records): [], 4 (result): true, or code, record and reason, 99 (reference): [digest]}. */
static void put_report(const struct suit_verdict *verdict) {
  uint8_t *head = here();
  put_bytes("\x58\x00\xa3\x03\x80\x04", 6); /* its length is put in at the end */
  if (verdict->reason == SUIT_OK) {
    put(0xf5);
  } else {
    put_bytes("\xa3\x05", 2);
    put(verdict->reason); /* our own code is the same */
    put_bytes("\x06\x85\x80", 3);
    put(verdict->section);
    cbor_put(CBOR_UINT, verdict->offset);
    put_bytes("\x00\xa0\x07", 3);
    put(verdict->reason);
  }
  put_bytes("\x18\x63\x81" DIGEST_HEAD, 3 + DIGEST_HEAD_BYTES);
  put_bytes(verdict->release.digest, SHA256_BYTES);
  if (written() > 0) head[1] = (uint8_t)(here() - head - 2);
}

/* How long an argument is, the head tells. */
static unsigned number_length(uint8_t head) { return head < 24 ? 1 : 1 + (1u << (head & 3)); }

void suit_put(const struct suit_identity *identity, const struct suit_release *installed, const struct suit_verdict *verdict) {
  uint8_t *map = cbor_map();
  if (verdict == NULL) {
    cbor_key(map, SGS_SUIT_CAPABILITIES_DELTA);
    cbor_put_string(CBOR_BYTES, CAPABILITIES, sizeof CAPABILITIES);
    cbor_key(map, SGS_SUIT_CLASS_IDENTIFIER_DELTA);
    cbor_put_string(CBOR_BYTES, identity->class_, SUIT_IDENTIFIER);
    cbor_key(map, SGS_SUIT_GATEWAY_MAC_DELTA);
    put(CBOR_NULL);
  } else {
    cbor_key(map, SGS_SUIT_REPORT_DELTA);
    put_report(verdict);
  }
  if (installed->known != 0) {
    cbor_key(map, SGS_SUIT_SEQUENCE_NUMBER_DELTA);
    put_bytes(installed->number, number_length(installed->number[0]));
  }
  if (verdict != NULL) return;
  cbor_key(map, SGS_SUIT_VENDOR_IDENTIFIER_DELTA);
  cbor_put_string(CBOR_BYTES, identity->vendor, SUIT_IDENTIFIER);
}

#endif
