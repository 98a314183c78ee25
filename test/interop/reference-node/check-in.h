/* The check-in (sidgate-node.yang): what one datagram up says, and what the one down answers. */
#ifndef CHECK_IN_H
#define CHECK_IN_H
#include "port.h"
#include "settings.h"

#define DIGEST_BYTES 32
#define MAX_URI 15 /* "f/" and the id of an image */
/* Largest payload that we take in answer. */
#define MAX_REPLY 240

/* Without padding: offers are compared as bytes. */
struct offer {
  uint8_t digest[DIGEST_BYTES];
  uint32_t size;
  char uri[MAX_URI + 1];
};

/* What a report may tell, and when: each bit lets some members be written. */
enum { TELL_APPLIED = 1, TELL_FIRMWARE = 2, TELL_ALL = 4, TELL_RUNNING = 8, TELL_BUSY = 16, TELL_REASON = 32, TELL_BRIEF = 64, TELL_REJECTED = 128 };

/* What a report tells of; `struct state` has it, where it survives. */
struct report {
  unsigned tell;
  uint32_t number;  /* of this report */
  uint32_t applied; /* revision of the last edits */
  uint32_t boots, phase, reason;
  uint32_t received; /* bytes of the wanted image */
  const char *version;
  const uint8_t *running, *wanted; /* digests */
  const char *model, *hardware;
  const struct rejected *rejected;
  struct readings readings;
};

struct reply {
  uint32_t time;      /* 0: not said */
  uint32_t next_wake; /* 0: not said */
  uint32_t revision;
  struct reader edits; /* `at` is NULL: none */
  bool offered;
  struct offer offer;
  bool more;
};

/* Its length, 0 when it does not fit. */
unsigned report_write(uint8_t *into, unsigned room, const struct report *report);
/* False for anything that is not the answer to a check-in as the module has it. No payload at all is one: nothing waits. */
bool reply_read(const uint8_t *payload, unsigned length, struct reply *reply);

#endif
