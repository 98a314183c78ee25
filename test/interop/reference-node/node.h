/* A sleepy node that checks in with a Sidgate gateway: wakes, reports, applies edits, fetches images, sleeps. */
#ifndef NODE_H
#define NODE_H
#include "check-in.h"
#include "coap.h"
#include "oscore.h"
#include "port.h"
#include "state.h"

#define MAX_DATAGRAM (MAX_REPLY + 80)

/* How it talks; a port sets it. */
struct config {
  const char *query;                            /* "ep=NAME" without credentials, else NULL */
  const struct oscore_credentials *credentials; /* NULL: unprotected, for a gateway in lab mode */
  uint32_t ack_timeout;                         /* RFC 7252 section 4.8: ACK_TIMEOUT, 2000 ms */
  uint32_t wake_interval;                       /* seconds, until a manager sets another */
  uint32_t blocks_per_wake;                     /* 0: as many as there are */
  struct address group;                         /* where to look for a gateway (RFC 7252 section 8); may be none */
};

#ifdef WITH_SUIT
/* Of the release that names the wanted image. */
struct envelope {
  unsigned length;
  uint8_t bytes[SUIT_MAX_ENVELOPE];
};
#endif

/* All zero at first, but for what a port sets. What is small and often used comes first: it costs least code there. */
struct node {
  const char *model, *hardware, *version; /* a port sets them; the version is that of the image that runs */
  struct readings readings;               /* the last ones */
  uint32_t received;                      /* bytes of the wanted image */
  uint32_t sequence;    /* next one; `kept.sequence` is where those that the flash knows of end */
  uint32_t time_offset; /* seconds between `port_now` and 1970 */
  uint16_t message_id;  /* of the last request */
  uint16_t answered_id; /* of the last confirmable answer: its copies are acknowledged too */
  uint16_t missed;      /* wakes without an answer, one after the other */
  uint16_t search_at;   /* misses after which the gateway is looked for */
  bool knows_time;
  uint8_t raised, cleared; /* alarms, since the gateway was told of them */
#ifdef WITH_DELTA
  uint8_t encodings; /* bits, as sidgate-firmware numbers them */
#endif
  struct state kept;
#ifdef WITH_SUIT
  struct suit_identity suit; /* a port sets vendor and class */
#endif
  struct address gateway; /* where reports go; a port sets where that is at first, may be none */
  struct config config;
  struct oscore oscore;
  uint8_t out[MAX_DATAGRAM];
  uint8_t in[MAX_DATAGRAM];
#ifdef WITH_SUIT
  struct envelope envelope;
#endif
};

/* Once after power came. False for credentials that cannot be, or a flash that does not write. */
bool node_start(struct node *node);
/* One wake; the seconds to sleep after it. */
uint32_t node_wake(struct node *node);
/* Before a sleep in which the memory is lost. A node that keeps its memory need not call it. */
void node_rest(struct node *node);

/* exchange.c: a request and its answer, in `node->in`; false when none came (RFC 7252 section 4.2). */
bool node_ask(struct node *node, struct coap_request *request, struct coap_answer *answer);
/* exchange.c: sequence numbers for what comes next; false when the flash does not write, and then nothing may be sent. */
bool node_reserve(struct node *node);
/* exchange.c: asks the group who has a datastore; true when `node->gateway` is now somebody who answered. */
bool node_find_gateway(struct node *node);

/* download.c: on to the end of the wanted image. The phase that the node is in then: the one it was in when the gateway does not
   answer, "rebooting" when the image is here and right, "failed" with its reason, "idle" when the image is gone. */
uint32_t node_fetch(struct node *node);
/* download.c: forgets what was stored of another image; false when the flash does not. */
bool download_begin(struct node *node);
/* download.c: of what lies in a bank. False when the flash does not tell. */
bool image_digest(unsigned bank, uint32_t size, uint8_t digest[DIGEST_BYTES]);
/* download.c: bytes of the wanted image, in the form in which it travels, that are here for sure. */
uint32_t download_received(const struct node *node);

#endif
