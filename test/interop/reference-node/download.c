/*
 * An image by Block2 (RFC 7959), block after block into the other bank. Behind each 64 bytes their mark is programmed, a byte of
 * zeros in a sector of its own, so power may go at any moment and no block is lost.
 */
#include "delta.h"
#include "node.h"
#include "sgf.h"
#include "sha256.h"
#include <string.h>

#define UNIT 16u /* the smallest block there is */
#define MARKS_AT (FLASH_MARKS_SECTOR * FLASH_SECTOR)
/* 64 bytes of an image fill one frame of 802.15.4 under OSCORE. */
#define CHUNK 64u
#define BLOCK_SZX 2
/* A gateway that is busy says for how long (Max-Age). Longer than this a node sleeps rather than waits, and no more than so often. */
#define MAX_WAIT_SECONDS 30
#define MAX_WAITS 8
#define MORE 8u
#define FAILED SGF_FIRMWARE_PHASE_ENUM_FAILED
#define REBOOTING SGF_FIRMWARE_PHASE_ENUM_REBOOTING
typedef char marks_fit[FLASH_BANK_BYTES / CHUNK <= FLASH_SECTOR ? 1 : -1];

static unsigned spare_bank(const struct node *node) { return node->kept.bank ^ 1u; }

#ifdef WITH_DELTA
/* Where what is fetched goes: an image to the beginning of its bank, what has yet to become one to the end. */
static uint32_t place_of(const struct node *node) {
  uint32_t end = FLASH_BANK(spare_bank(node) + 1);
  if (IS_PLAIN(&node->kept.wanted)) return FLASH_BANK(spare_bank(node));
  return end - (node->kept.wanted.length + CHUNK - 1) / CHUNK * CHUNK;
}
#else
static uint32_t place_of(const struct node *node) { return FLASH_BANK(spare_bank(node)); }
#endif

bool download_begin(struct node *node) {
  uint32_t first = FLASH_BANK(spare_bank(node)) / FLASH_SECTOR;
  uint32_t sectors = (node->kept.wanted.size + FLASH_SECTOR - 1) / FLASH_SECTOR;
#ifdef WITH_DELTA
  if (!IS_PLAIN(&node->kept.wanted)) sectors = FLASH_BANK_SECTORS;
#endif
  if (!port_flash_erase(FLASH_MARKS_SECTOR)) return false;
  while (sectors-- > 0) {
    if (!port_flash_erase(first + sectors)) return false;
  }
  return true;
}

/* In order, so that the first mark that is not set is where to go on. */
uint32_t download_received(const struct node *node) {
  uint32_t size = OFFER_LENGTH(&node->kept.wanted);
  uint32_t at = 0;
  uint8_t mark = 0;
  for (; at < size; at += CHUNK) {
    if (!port_flash_read(MARKS_AT + at / CHUNK, &mark, 1) || mark != 0) return at;
  }
  return size;
}

static bool mark_before(uint32_t end) {
  static const uint8_t MARK = 0;
  return port_flash_program(MARKS_AT + (end - 1) / CHUNK, &MARK, 1);
}

bool image_digest(unsigned bank, uint32_t size, uint8_t digest[DIGEST_BYTES]) {
  struct sha256 hash;
  uint8_t chunk[CHUNK];
  uint32_t at = FLASH_BANK(bank);
  sha256_begin(&hash);
  while (size > 0) {
    uint32_t part = size < CHUNK ? size : CHUNK;
    if (!port_flash_read(at, chunk, part)) return false;
    sha256_add(&hash, chunk, part);
    at += part;
    size -= part;
  }
  sha256_end(&hash, digest);
  return true;
}

/* The largest block that begins at this offset, not above the one that fits a frame. */
static uint32_t szx_at(uint32_t offset) {
  uint32_t szx = BLOCK_SZX;
  while ((offset & ((UNIT << szx) - 1)) != 0) szx--;
  return szx;
}

/* RFC 7959 section 2.2: NUM, no M, SZX. */
static uint32_t block_at(uint32_t offset, uint32_t szx) { return offset >> (4 + szx) << 4 | szx; }

/* RFC 7959 section 2.4: is it the block that was asked for? It may be smaller. */
static bool is_wanted(const struct coap_answer *answer, uint32_t offset, uint32_t rest, uint32_t asked) {
  struct reader option = answer->option[BLOCK2_OPTION];
  uint32_t block2 = asked; /* what has one block may come without the option */
  uint32_t szx, length;
  if (option.at != NULL) block2 = take_uint(&option, option.left);
  szx = block2 & 7;
  length = UNIT << szx;
#ifdef WITH_SUIT
  if (rest > FLASH_BANK_BYTES) rest = block2 & MORE ? rest : answer->payload_length; /* how long an envelope is, its last block tells */
#endif
  if (szx > asked || block2 != (block_at(offset, szx) | (rest > length ? MORE : 0u))) return false;
  return answer->payload_length == (rest < length ? rest : length);
}

#ifdef WITH_SUIT
static bool take_part(struct envelope *envelope, uint32_t offset, const struct coap_answer *answer) {
  if (answer->payload_length > sizeof envelope->bytes - offset) return false;
  memcpy(envelope->bytes + offset, answer->payload, answer->payload_length);
  envelope->length = offset + answer->payload_length;
  return true;
}

static bool is_last(const struct coap_answer *answer) {
  struct reader option = answer->option[BLOCK2_OPTION];
  return (take_uint(&option, option.left) & MORE) == 0;
}
#else
struct envelope;
#define take_part(envelope, offset, answer) false
#define is_last(answer) false
#endif

/* Block after block of what lies at this path: the image into the other bank, or an envelope into memory. The phase that the node
   is in then, REBOOTING when all is here. */
static uint32_t fetch(struct node *node, const char *path, struct envelope *envelope) {
  const struct offer *wanted = &node->kept.wanted;
  uint32_t size = envelope ? UINT32_MAX : OFFER_LENGTH(wanted);
  bool named_by_bytes = envelope || !IS_PLAIN(wanted); /* then its path is made of its bytes: they do not change */
  uint32_t offset = envelope ? 0 : download_received(node);
  uint32_t blocks = 0;
  unsigned waits = 0;
  while (offset < size) {
    struct coap_request request;
    struct coap_answer answer;
    const struct reader *etag = &answer.option[ETAG_OPTION];
    uint32_t szx = szx_at(offset);
    if (!envelope && node->config.blocks_per_wake > 0 && blocks++ == node->config.blocks_per_wake) return node->kept.phase;
    coap_begin(&request, COAP_GET, path);
    request.has_block2 = true;
    request.block2 = block_at(offset, szx);
    if (!node_ask(node, &request, &answer)) return node->kept.phase;
    if (answer.code == COAP_UNAVAILABLE || answer.code == COAP_TOO_MANY_REQUESTS) {
      struct reader *age = &answer.option[MAX_AGE_OPTION];
      uint32_t seconds = take_uint(age, age->left); /* one that does not say gets a request more */
      if (seconds > MAX_WAIT_SECONDS || waits++ == MAX_WAITS) return node->kept.phase;
      port_wait(seconds * 1000);
      continue;
    }
    if (COAP_CLASS(answer.code) == 5) return node->kept.phase;
    /* Not there any more, or another image under its name: what is offered next decides. The ETag of each block is the
       beginning of the digest (docs/check-in.md). */
    if (answer.code != COAP_CONTENT || (!named_by_bytes && (etag->left == 0 || memcmp(etag->at, wanted->digest, etag->left) != 0))) {
      return SGF_FIRMWARE_PHASE_ENUM_IDLE;
    }
    if (!is_wanted(&answer, offset, size - offset, szx)) return node->kept.phase;
    if (envelope) {
      if (!take_part(envelope, offset, &answer)) return FAILED;
      offset += answer.payload_length;
      if (is_last(&answer)) break;
      continue;
    }
    if (!port_flash_program(place_of(node) + offset, answer.payload, answer.payload_length)) return FAILED;
    offset += answer.payload_length;
    if ((offset % CHUNK == 0 || offset == size) && !mark_before(offset)) return FAILED;
  }
  return REBOOTING;
}

#ifdef WITH_DELTA
/* What was fetched becomes the image. The same again after a reset: nothing is forgotten before. */
static bool unfold(struct node *node) {
  const struct offer *wanted = &node->kept.wanted;
  struct span from, patch, to;
  if (IS_PLAIN(wanted)) return true;
  from.at = FLASH_BANK(node->kept.bank);
  from.size = wanted->encoding == PATCH ? node->kept.running_size : 0;
  patch.at = place_of(node);
  patch.size = wanted->length;
  to.at = FLASH_BANK(spare_bank(node));
  to.size = wanted->size;
  return wanted->encoding <= COMPRESSED && to.size <= patch.at - to.at && delta_apply(&from, &patch, &to);
}
#else
#define unfold(node) true
#endif

static uint32_t fetch_image(struct node *node) {
  const struct offer *wanted = &node->kept.wanted;
  uint8_t digest[DIGEST_BYTES];
  uint32_t phase = fetch(node, wanted->uri, NULL);
  node->kept.reason = SGF_FIRMWARE_REASON_ENUM_FLASH_ERROR;
  if (phase != REBOOTING) return phase;
  if (unfold(node)) {
    if (!image_digest(spare_bank(node), wanted->size, digest)) return FAILED;
    if (memcmp(digest, wanted->digest, DIGEST_BYTES) == 0) return REBOOTING;
  }
#ifdef WITH_DELTA
  node->kept.plain_only = !IS_PLAIN(wanted);
#endif
  node->kept.reason = SGF_FIRMWARE_REASON_ENUM_DIGEST_MISMATCH;
  return FAILED;
}

#ifdef WITH_SUIT
/* Before a byte of the image: its envelope, and whether an author vouches for what we are offered. */
static uint32_t fetch_envelope(struct node *node) {
  struct state *kept = &node->kept;
  struct suit_device device;
  uint32_t phase = fetch(node, kept->wanted.envelope, &node->envelope);
  kept->reason = SGF_FIRMWARE_REASON_ENUM_REFUSED;
  if (phase != REBOOTING) return phase;
  device.identity = &node->suit;
  device.installed = &kept->installed;
  device.digest = kept->wanted.digest;
  device.size = kept->wanted.size;
  device.slot = spare_bank(node);
  device.battery = port_battery();
  if (!suit_verify(node->envelope.bytes, node->envelope.length, &device, &kept->verdict)) return FAILED;
  kept->vouched = 1;
  (void)state_save(kept); /* else it is fetched once more */
  return REBOOTING;
}

uint32_t node_fetch(struct node *node) {
  struct state *kept = &node->kept;
  uint32_t phase = kept->vouched ? REBOOTING : fetch_envelope(node);
  if (phase == REBOOTING) {
    phase = fetch_image(node);
    kept->verdict.reason = phase == FAILED ? SUIT_CONDITION_FAILED : SUIT_OK; /* condition-image-match, where the verdict has it */
  }
  if (phase == FAILED && kept->verdict.release.known != 0) kept->news |= TELL(RELEASE);
  return phase;
}
#else
uint32_t node_fetch(struct node *node) { return fetch_image(node); }
#endif
