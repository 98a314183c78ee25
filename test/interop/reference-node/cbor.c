/* CBOR, RFC 8949 section 3: heads, and what follows from them. */
#include "cbor.h"
#include <string.h>

void cbor_put(enum cbor_major major, uint32_t value) {
  unsigned length = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
  put((uint8_t)((unsigned)major << 5 | (length == 0 ? value : 24 + length / 2)));
  put_uint(value, length);
}

void cbor_put_int(int32_t value) {
  if (value < 0) {
    cbor_put(CBOR_NEGATIVE, ~(uint32_t)value); /* -1 - value */
  } else {
    cbor_put(CBOR_UINT, (uint32_t)value);
  }
}

void cbor_put_string(enum cbor_major major, const void *bytes, unsigned length) {
  cbor_put(major, length);
  put_bytes(bytes, length);
}

uint8_t *cbor_map(void) {
  uint8_t *head = here();
  cbor_put(CBOR_MAP, 0);
  return head;
}

void cbor_key(uint8_t *map, int32_t key) {
  cbor_put_int(key);
  if (written() > 0) (*map)++;
}

enum cbor_major cbor_take(struct reader *r, uint32_t *value) {
  uint8_t first = take(r);
  *value = first & 0x1f;
  if (*value > 27) r->bad = true;
  if (*value >= 24) *value = take_uint(r, 1u << (*value & 3));
  return (enum cbor_major)(first >> 5);
}

uint32_t cbor_expect(struct reader *r, enum cbor_major major) {
  uint32_t value;
  if (cbor_take(r, &value) != major) r->bad = true;
  if (major >= CBOR_BYTES && major <= CBOR_MAP && value > r->left) r->bad = true;
  return r->bad ? 0 : value;
}

int32_t cbor_expect_int(struct reader *r) {
  uint32_t value;
  enum cbor_major major = cbor_take(r, &value);
  if (major > CBOR_NEGATIVE || value > INT32_MAX) {
    r->bad = true;
    return 0;
  }
  return (int32_t)(major == CBOR_UINT ? value : ~value);
}

struct reader cbor_expect_string(struct reader *r, enum cbor_major major) {
  unsigned length = cbor_expect(r, major);
  return read_from(take_bytes(r, length), length);
}

unsigned cbor_peek(const struct reader *r) { return r->left > 0 ? *r->at >> 5 : CBOR_SIMPLE + 1; }

bool cbor_take_null(struct reader *r) {
  if (r->left == 0 || *r->at != CBOR_NULL) return false;
  (void)take(r);
  return true;
}

/* Counts what is still to come instead of calling itself: as deep as a sender likes, on the same stack. */
void cbor_skip(struct reader *r) {
  uint32_t items = 1;
  while (items-- > 0 && !r->bad) {
    uint32_t value;
    enum cbor_major major = cbor_take(r, &value);
    if (major == CBOR_TAG) items++;
    if (major < CBOR_BYTES || major > CBOR_MAP) continue;
    if (major <= CBOR_TEXT) {
      (void)take_bytes(r, value);
    } else if (value > r->left) {
      r->bad = true; /* each item has at least one byte, so `items` cannot overflow */
    } else {
      items += value << (major - CBOR_ARRAY);
    }
  }
}

void cbor_take_map(struct reader *r, const struct cbor_member *members, unsigned count, struct cbor_value *values) {
  uint32_t left = cbor_expect(r, CBOR_MAP);
  memset(values, 0, count * sizeof *values);
  while (left-- > 0) {
    int32_t key = cbor_expect_int(r);
    struct reader value = *r;
    unsigned i;
    cbor_skip(r);
    value.left -= r->left;
    for (i = 0; i < count; i++) {
      if (members[i].key != key) continue;
      if (values[i].reader.at != NULL) r->bad = true;
      if (members[i].major != CBOR_ANY) values[i].number = cbor_expect(&value, (enum cbor_major)members[i].major);
      if (value.bad) r->bad = true;
      values[i].reader = value;
    }
  }
}
