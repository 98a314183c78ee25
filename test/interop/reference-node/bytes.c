/* Bounded reading and writing of bytes: the only place where a pointer into a message moves. */
#include "bytes.h"

struct reader read_from(const uint8_t *bytes, unsigned length) {
  struct reader r;
  r.at = bytes;
  r.left = length;
  r.bad = false;
  return r;
}

const uint8_t *take_bytes(struct reader *r, unsigned length) {
  const uint8_t *bytes = r->at;
  if (length > r->left) {
    r->bad = true;
    r->left = 0;
    return NULL;
  }
  r->at += length;
  r->left -= length;
  return bytes;
}

/* What does not fit into 32 bits is the largest number: as a length or a value of ours it is out of every range. */
uint32_t take_uint(struct reader *r, unsigned length) {
  const uint8_t *bytes = take_bytes(r, length);
  uint32_t value = 0;
  if (bytes == NULL) return 0;
  while (length-- > 0) value = value >> 24 ? UINT32_MAX : value << 8 | *bytes++;
  return value;
}

uint8_t take(struct reader *r) { return (uint8_t)take_uint(r, 1); }

/* `start` is NULL when something did not fit. */
static struct {
  uint8_t *start, *at, *end;
} out;

void write_to(uint8_t *bytes, unsigned room) {
  out.start = out.at = bytes;
  out.end = bytes + room;
}

void put(uint8_t byte) {
  if (out.at < out.end) {
    *out.at++ = byte;
  } else {
    out.start = NULL;
  }
}

void put_bytes(const void *bytes, unsigned length) {
  const uint8_t *from = bytes;
  while (length-- > 0) put(*from++);
}

void put_uint(uint32_t value, unsigned length) {
  while (length-- > 0) put((uint8_t)(value >> (8 * length)));
}

uint8_t *here(void) { return out.at; }

unsigned written(void) { return out.start ? (unsigned)(out.at - out.start) : 0; }

unsigned uint_length(uint32_t value) {
  unsigned length = 0;
  for (; value > 0; value >>= 8) length++;
  return length;
}

void xor_bytes(uint8_t *to, const uint8_t *from, unsigned length) {
  while (length-- > 0) *to++ ^= *from++;
}
