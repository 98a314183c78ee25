/* CoAP messages (RFC 7252 section 3), as a client of one gateway writes and reads them. */
#ifndef COAP_H
#define COAP_H
#include "bytes.h"

enum coap_type { COAP_CON = 0, COAP_NON = 1, COAP_ACK = 2, COAP_RST = 3 };

#define COAP_CODE(class, detail) ((uint8_t)((class) << 5 | (detail)))
#define COAP_CLASS(code) ((code) >> 5)
#define COAP_EMPTY 0
#define COAP_GET COAP_CODE(0, 1)
#define COAP_POST COAP_CODE(0, 2)
#define COAP_CHANGED COAP_CODE(2, 4)
#define COAP_CONTENT COAP_CODE(2, 5)
#define COAP_UNAUTHORIZED COAP_CODE(4, 1)
#define COAP_TOO_MANY_REQUESTS COAP_CODE(4, 29)
#define COAP_UNAVAILABLE COAP_CODE(5, 3)

#define COAP_OSCORE 9
#define COAP_PAYLOAD_MARKER 0xff
#define COAP_TOKEN 2
#define COAP_YANG_INSTANCES "\x8e" /* 142, as an option's value */

/* What we ask; RFC 8613 protects all of it, so it is written once and goes outside or inside. */
struct coap_request {
  uint8_t code;
  const char *path; /* segments with '/' between them */
  const char *query;
  bool has_block2;
  uint32_t block2;    /* RFC 7959 section 2.2: NUM, M, SZX */
  struct reader echo; /* RFC 9175 section 2.2 */
  const uint8_t *payload;
  unsigned payload_length; /* with Content-Format 142 */
};

/* The options that we look at, in the order of their numbers. */
enum coap_option { ETAG_OPTION, OSCORE_OPTION, MAX_AGE_OPTION, BLOCK2_OPTION, ECHO_OPTION, OPTIONS };

/* What we are told; everything lies in the datagram that it came in. */
struct coap_answer {
  uint8_t code;
  struct reader option[OPTIONS]; /* `at` is NULL for one that is not there */
  uint8_t *payload;
  unsigned payload_length;
};

/* A request of nothing but this. */
void coap_begin(struct coap_request *request, uint8_t code, const char *path);
/* Options and payload. */
void coap_put_body(const struct coap_request *request);
/* Options and payload to the end; false for a format error or a critical option that we do not know. */
bool coap_take_body(struct reader *r, struct coap_answer *answer);

#endif
