/* CBOR (RFC 8949) as far as a node needs it: integers, strings, arrays, maps, tags; definite lengths, nothing nested by calls. */
#ifndef CBOR_H
#define CBOR_H
#include "bytes.h"

enum cbor_major {
  CBOR_UINT = 0,
  CBOR_NEGATIVE = 1,
  CBOR_BYTES = 2,
  CBOR_TEXT = 3,
  CBOR_ARRAY = 4,
  CBOR_MAP = 5,
  CBOR_TAG = 6,
  CBOR_SIMPLE = 7,
  CBOR_ANY = 8 /* of a member whose value somebody else reads */
};

struct cbor_member {
  uint8_t key, major;
};

/* What stands behind the head of a value, the bytes of a string; with CBOR_ANY the value from its head on. */
struct cbor_value {
  struct reader reader;
  uint32_t number;
};

#define CBOR_NULL 0xf6
#define CBOR_DECIMAL_FRACTION 4 /* RFC 8949 section 3.4.4 */

void cbor_put(enum cbor_major major, uint32_t value);
void cbor_put_int(int32_t value);
/* A byte string or a text string. */
void cbor_put_string(enum cbor_major major, const void *bytes, unsigned length);

/* A map whose size shows while it is written: its head is counted up with each key, 23 at most. */
uint8_t *cbor_map(void);
void cbor_key(uint8_t *map, int32_t key);

/* Head of the next item; an indefinite length or a reserved head is `bad`, a value beyond 32 bits is the largest. */
enum cbor_major cbor_take(struct reader *r, uint32_t *value);
/* The value behind a head of this major type; anything else is `bad`, and 0. No string, array or map is longer than what is left. */
uint32_t cbor_expect(struct reader *r, enum cbor_major major);
int32_t cbor_expect_int(struct reader *r);
/* The bytes of a string, where they lie. */
struct reader cbor_expect_string(struct reader *r, enum cbor_major major);
/* Major type of what comes next, without taking it; that of no type at the end. */
unsigned cbor_peek(const struct reader *r);
/* Takes null if it is next. */
bool cbor_take_null(struct reader *r);
/* Passes over one item with all that it holds. */
void cbor_skip(struct reader *r);
/* A map: the values of these members; `at` is NULL for one that is not there. Other keys are passed over; one that comes twice, or
   whose value is of another type, is `bad`. */
void cbor_take_map(struct reader *r, const struct cbor_member *members, unsigned count, struct cbor_value *values);

#endif
