/* The check-in (sidgate-node.yang): what one datagram up says, and what the one down answers. */
#ifndef CHECK_IN_H
#define CHECK_IN_H
#include "bytes.h"
#include "state.h"

/* What a report tells beside the readings. */
enum news { NEWS_APPLIED = 1, NEWS_FIRMWARE = 2, NEWS_ALL = 0xff };

/* Largest payload that we take in answer. */
#define MAX_REPLY 240

struct facts {
  const char *model;
  const char *hardware;
  const char *version; /* of the running image */
  const uint8_t *running; /* its digest; NULL when nobody knows it */
  struct readings readings;
  uint32_t received; /* bytes of the wanted image */
  bool brief;        /* we know the time */
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

/* Length of the report, 0 when it does not fit. */
unsigned report_write(uint8_t *into, unsigned room, const struct state *state, const struct facts *facts);
/* False for anything that is not the answer to a check-in as the module has it. No payload at all is one: nothing waits. */
bool reply_read(const uint8_t *payload, unsigned length, struct reply *reply);

#endif
