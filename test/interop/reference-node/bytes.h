/* Bounded reading and writing of bytes. Whoever goes past an end reads zeros or writes nothing, and is told at the end. */
#ifndef BYTES_H
#define BYTES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages and their parts: `unsigned` has 16 bits where that is all that is needed. */
struct reader {
  const uint8_t *at;
  unsigned left;
  bool bad; /* something was shorter than it said, or not as it must be */
};

struct reader read_from(const uint8_t *bytes, unsigned length);
uint8_t take(struct reader *r);
/* The next bytes, where they lie; NULL, `bad` and nothing left when there are not as many. */
const uint8_t *take_bytes(struct reader *r, unsigned length);
/* Big-endian; UINT32_MAX for more than that. */
uint32_t take_uint(struct reader *r, unsigned length);

/* One thing is written at a time, and each call continues it: a small node has neither threads nor code to spare. */
void write_to(uint8_t *bytes, unsigned room);
void put(uint8_t byte);
void put_bytes(const void *bytes, unsigned length);
void put_uint(uint32_t value, unsigned length);
/* Where the next byte goes. */
uint8_t *here(void);
/* Bytes written since `write_to`; 0 when not all fitted, and what is there is of no use. */
unsigned written(void);
/* Bytes that the value needs without leading zeros; 0 needs none. */
unsigned uint_length(uint32_t value);

/* In ascending order, so that what lies a little further on meets what was made before. */
void xor_bytes(uint8_t *to, const uint8_t *from, unsigned length);

#endif
