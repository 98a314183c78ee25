/* CoAP messages: RFC 7252 section 3, with the options of RFC 7959, 8613 and 9175 that a node meets. */
#include "coap.h"
#include <string.h>

enum {
  OPTION_ETAG = 4,
  OPTION_URI_PATH = 11,
  OPTION_CONTENT_FORMAT = 12,
  OPTION_MAX_AGE = 14,
  OPTION_URI_QUERY = 15,
  OPTION_BLOCK2 = 23,
  OPTION_ECHO = 252
};

static const struct {
  uint8_t number;
  uint8_t longest;
} KNOWN[OPTIONS] = {{OPTION_ETAG, 8}, {COAP_OSCORE, 255}, {OPTION_MAX_AGE, 4}, {OPTION_BLOCK2, 3}, {OPTION_ECHO, 40}};

/* Section 3.1: the nibble for a delta or a length. None of ours needs the third form. */
static unsigned nibble(unsigned value) { return value < 13 ? value : 13; }

static void put_option(uint8_t number, const void *value, unsigned length, unsigned *previous) {
  unsigned delta = number - *previous;
  *previous = number;
  put((uint8_t)(nibble(delta) << 4 | nibble(length)));
  if (delta >= 13) put((uint8_t)(delta - 13));
  if (length >= 13) put((uint8_t)(length - 13));
  put_bytes(value, length);
}

void coap_begin(struct coap_request *request, uint8_t code, const char *path) {
  memset(request, 0, sizeof *request);
  request->code = code;
  request->path = path;
}

void coap_put_body(const struct coap_request *request) {
  unsigned previous = 0;
  const char *segment = request->path;
  for (;; segment++) {
    unsigned length = 0;
    while (segment[length] != 0 && segment[length] != '/') length++;
    put_option(OPTION_URI_PATH, segment, length, &previous);
    segment += length;
    if (*segment == 0) break;
  }
  if (request->payload) put_option(OPTION_CONTENT_FORMAT, COAP_YANG_INSTANCES, 1, &previous);
  if (request->query) put_option(OPTION_URI_QUERY, request->query, (unsigned)strlen(request->query), &previous);
  if (request->has_block2) {
    /* Section 3.2: a number is as short as can be; this one comes behind a path alone. */
    unsigned length = uint_length(request->block2);
    put((uint8_t)((OPTION_BLOCK2 - OPTION_URI_PATH) << 4 | length));
    put_uint(request->block2, length);
    previous = OPTION_BLOCK2;
  }
  if (request->echo.at) put_option(OPTION_ECHO, request->echo.at, request->echo.left, &previous);
  if (!request->payload) return;
  put(COAP_PAYLOAD_MARKER);
  put_bytes(request->payload, request->payload_length);
}

/* Section 3.1: 13 and 14 announce more bytes, 15 is reserved. */
static uint32_t take_extended(struct reader *r, unsigned small) {
  if (small == 13) return 13 + take_uint(r, 1);
  if (small == 14) return 269 + take_uint(r, 2);
  if (small == 15) r->bad = true;
  return small;
}

/* One that is longer than it may be, or there for the second time, counts as unknown (section 5.4.3, 5.4.5). */
static bool keep_option(struct coap_answer *answer, uint32_t number, struct reader value) {
  unsigned i;
  for (i = 0; i < OPTIONS; i++) {
    if (number != KNOWN[i].number || value.left > KNOWN[i].longest || answer->option[i].at != NULL) continue;
    answer->option[i] = value;
    return true;
  }
  return (number & 1) == 0; /* section 5.4.6: what is odd is critical */
}

bool coap_take_body(struct reader *r, struct coap_answer *answer) {
  uint32_t number = 0;
  bool understood = true;
  memset(answer->option, 0, sizeof answer->option);
  answer->payload_length = 0;
  while (r->left > 0) {
    uint8_t first = take(r);
    uint32_t length;
    if (first == COAP_PAYLOAD_MARKER) {
      answer->payload = (uint8_t *)(uintptr_t)r->at; /* the datagram is ours to decrypt in place */
      answer->payload_length = r->left;
      return understood && r->left > 0; /* a marker without payload is a format error */
    }
    number += take_extended(r, first >> 4);
    length = take_extended(r, first & 0x0f);
    understood = keep_option(answer, number, read_from(take_bytes(r, length), length)) && understood;
  }
  return understood && !r->bad;
}
