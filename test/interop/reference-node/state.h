/* What a node must still know after it lost its power, and where it is kept: a log of records in flash. */
#ifndef STATE_H
#define STATE_H
#include "check-in.h"

#define MAX_REPORT 240

/* As it lies in the flash. What is small comes first: it costs least code there. */
struct state {
  uint32_t number;   /* of its record, counts up without end in the life of a flash; 0: there is none */
  uint32_t sequence; /* OSCORE: no number from here on was ever used (RFC 8613 Appendix B.1.1) */
  uint32_t report;   /* number of the next report */
  uint32_t applied;  /* revision of the last edits */
  uint32_t boots;
  uint32_t phase, reason;
  uint32_t running_size; /* 0: the image of the factory, which lies elsewhere */
  uint8_t bank;          /* where the running image lies */
  uint8_t news;          /* what the gateway has not been told yet: APPLIED, FIRMWARE, EVERYTHING */
  uint8_t pending_news;  /* what the report that waits for its answer tells of it */
  uint8_t asleep;        /* the node went to sleep in order: `report` and `pending` are those of its last wake */
  uint8_t alarms;        /* those that the gateway knows of */
  uint8_t pending_alarms; /* those that it will know of when it has answered */
  uint8_t pending_length;
  uint8_t tries; /* that the new image still has to hear an answer */
#ifdef WITH_DELTA
  uint8_t plain_only; /* a shorter form of the wanted image came out wrong */
#endif
  uint8_t running[DIGEST_BYTES];
  uint32_t former_size; /* of what ran before, until the new image is confirmed */
  struct offer wanted;
  struct settings settings;
  struct address gateway; /* the last one that answered */
  struct rejected rejected;
#ifdef WITH_SUIT
  uint8_t vouched; /* the wanted image is one that an author vouches for: it may be fetched */
  struct suit_release installed;
  struct suit_verdict verdict; /* on the last envelope */
#endif
  uint8_t pending[MAX_REPORT];
  uint32_t check;
};

/* False when the flash holds none; `state` is empty then. */
bool state_load(struct state *state);
/* True when it is in the flash for sure. */
bool state_save(struct state *state);

#endif
