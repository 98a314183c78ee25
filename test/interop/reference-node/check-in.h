/* The check-in (sidgate-node.yang): what one datagram up says, and what the one down answers. */
#ifndef CHECK_IN_H
#define CHECK_IN_H
#include "cbor.h"
#include "port.h"
#include "settings.h"
#ifdef WITH_SUIT
#include "suit.h"
#endif

#define DIGEST_BYTES 32
#define MAX_URI 11 /* "f/" and the id of an image, of an envelope or of another form of an image */
/* Largest payload that we take in answer. */
#define MAX_REPLY 240

struct offer {
  uint8_t digest[DIGEST_BYTES];
  uint32_t size;
  char uri[MAX_URI + 1];
#ifdef WITH_DELTA
  uint32_t encoding; /* PLAIN, or what lies at `uri` has yet to become the image */
  uint32_t length;   /* of that */
#endif
  uint32_t apply_in; /* from here on all may change while it is fetched, and the image is the same */
  uint32_t confirm_within;
#ifdef WITH_SUIT
  char envelope[MAX_URI + 1];
#endif
};
#define OFFERED_IMAGE offsetof(struct offer, apply_in)
#ifdef WITH_DELTA
enum { PLAIN, PATCH, COMPRESSED };
#define IS_PLAIN(offer) ((offer)->encoding == PLAIN)
#define OFFER_LENGTH(offer) (IS_PLAIN(offer) ? (offer)->size : (offer)->length)
#else
#define IS_PLAIN(offer) true
#define OFFER_LENGTH(offer) ((offer)->size)
#endif

/* What a report may tell, and when: each lets some members be written. */
enum telling {
  ALWAYS,
  APPLIED, /* with what of the edits was rejected */
  FIRMWARE,
  EVERYTHING,
#ifdef WITH_SUIT
  RELEASE, /* what became of a release */
  SUIT,    /* this, or who we are: together they are too long */
#endif
  RUNNING,
  BUSY,
  REASON,
  BRIEF,
  ALARMS,
  EVENT,
  CLEARED,
  RAISED
};
#define TELL(what) (1u << (what))

/* What we look at in a reply. */
enum reply_member { REPLY_TIME, REPLY_NEXT_WAKE, REPLY_REVISION, REPLY_EDITS, REPLY_OFFER, REPLY_MORE, REPLY_MEMBERS };
struct reply {
  struct cbor_value member[REPLY_MEMBERS]; /* numbers are 0 when they are not there */
  struct offer offer;
};

struct node;
/* Its length, 0 when it does not fit. */
unsigned report_write(uint8_t *into, unsigned room, const struct node *node, unsigned tell);
/* False, and a reply that says nothing, for anything that is not the answer to a check-in as the module has it. No payload at all is
   one: nothing waits. */
bool reply_read(struct reader payload, struct reply *reply);
bool reply_has(const struct reply *reply, enum reply_member member);

#endif
