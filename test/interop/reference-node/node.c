/* A wake from beginning to end (docs/check-in.md, docs/node-authors.md). */
#include "node.h"
#include "release.h"
#include "sgf.h"
#include <string.h>

/* Reports in one wake, however much is waiting: a node must get to sleep. */
#define MAX_ROUNDS 6
/* Wakes without an answer after which the gateway is looked for: then after twice as many and one, and each so many at last. To listen
   for a group's answers takes as long as some ten reports. */
#define MISSES_BEFORE_SEARCH 3
#define MISSES_BETWEEN_SEARCHES 96
#define MAX_SLEEP 604800u
/* Wakes in which a new image may hear the answer that it needs, spread over the time that it has. */
#define TRIES_TO_CONFIRM 4

enum {
  IDLE = SGF_FIRMWARE_PHASE_ENUM_IDLE,
  DOWNLOADING = SGF_FIRMWARE_PHASE_ENUM_DOWNLOADING,
  WAITING = SGF_FIRMWARE_PHASE_ENUM_WAITING_WINDOW,
  REBOOTING = SGF_FIRMWARE_PHASE_ENUM_REBOOTING,
  CONFIRMING = SGF_FIRMWARE_PHASE_ENUM_CONFIRMING,
  ROLLED_BACK = SGF_FIRMWARE_PHASE_ENUM_ROLLED_BACK,
  FAILED = SGF_FIRMWARE_PHASE_ENUM_FAILED
};

/* What is told in `pending` is an event, which must not be told again in other words, or by another report. */
static bool is_event_pending(const struct state *kept) { return kept->pending_alarms != kept->alarms; }

/* After a reset nobody knows what the gateway was told last: a new series of reports begins, with everything in it. But a report of an
   event is in the flash, with its number, and goes first; whatever else it told is told again. */
static void begin_series(struct state *kept) {
  kept->news |= TELL(APPLIED) | TELL(FIRMWARE) | TELL(EVERYTHING);
  kept->pending_news = 0;
  if (is_event_pending(kept)) return;
  kept->report = 0;
  kept->pending_length = 0;
}

bool node_start(struct node *node) {
  struct state *kept = &node->kept;
  if (node->config.credentials && !oscore_derive(&node->oscore, node->config.credentials)) return false;
  if (!release_start(node)) return false;
  if (!state_load(kept)) settings_reset(&kept->settings);
  if (!kept->asleep) {
    kept->boots++;
    begin_series(kept);
  }
  kept->asleep = 0;
  node->sequence = kept->sequence;
  if (kept->gateway.length == 0) kept->gateway = node->gateway;
  node->search_at = kept->gateway.length > 0 ? MISSES_BEFORE_SEARCH : 0;
  node->message_id = (uint16_t)port_random();
  return node_reserve(node);
}

void node_rest(struct node *node) {
  node->kept.asleep = 1;
  node->kept.sequence = node->sequence; /* none is lost by a sleep in order */
  (void)state_save(&node->kept);        /* else this was a loss of power, which is provided for */
}

static bool has_failed(const struct state *kept) { return kept->phase == FAILED || kept->phase == ROLLED_BACK; }

/* The next report, in `kept.pending` until it is answered: what is repeated must be the same bytes. */
static void write_report(struct node *node) {
  struct state *kept = &node->kept;
  unsigned tell = kept->news | TELL(ALWAYS);
  port_read_sensors(&node->readings);
  if (tell & TELL(EVERYTHING)) {
    if (kept->running_size > 0) tell |= TELL(RUNNING);
    if (node->readings.alarms > 0) tell |= TELL(ALARMS);
  } else if (node->knows_time) {
    tell |= TELL(BRIEF);
  }
  if (kept->phase != IDLE) {
    tell |= TELL(FIRMWARE) | TELL(BUSY);
    if (has_failed(kept)) tell |= TELL(REASON);
    node->received = download_received(node);
  }
#ifdef WITH_DELTA
  node->encodings = kept->plain_only ? 0 : PATCH | COMPRESSED;
#endif
  tell = release_tell(tell);
  kept->pending_alarms = node->readings.alarms;
  if (is_event_pending(kept)) tell |= TELL(ALARMS) | TELL(EVENT);
  node->cleared = kept->alarms & (uint8_t)~kept->pending_alarms;
  if (node->cleared > 0) tell |= TELL(CLEARED);
  node->raised = kept->pending_alarms & (uint8_t)~kept->alarms;
  if (node->raised > 0) tell |= TELL(RAISED);
  kept->pending_length = (uint8_t)report_write(kept->pending, sizeof kept->pending, node, tell);
  kept->pending_news = (uint8_t)(kept->news & tell);
  if (is_event_pending(kept)) (void)state_save(kept); /* before it leaves: power may go before the answer comes */
}

static void move(struct state *kept, uint32_t phase) {
  kept->phase = phase;
  kept->news |= TELL(FIRMWARE);
}

/* The new image runs, and has been heard where that was wanted. */
static void confirm(struct state *kept) {
  move(kept, IDLE);
  release_installed(kept);
}

static void take_offer(struct node *node, const struct offer *offer) {
  struct state *kept = &node->kept;
  uint32_t phase = FAILED;
  bool same = memcmp(kept->wanted.digest, offer->digest, DIGEST_BYTES) == 0;
  if (same && kept->phase != IDLE && !has_failed(kept)) { /* after a failure the same offer means "again" */
    memcpy(&kept->wanted.apply_in, &offer->apply_in, sizeof *offer - OFFERED_IMAGE);
    if (kept->phase == WAITING && offer->apply_in == 0) move(kept, REBOOTING);
    return;
  }
#ifdef WITH_DELTA
  if (!same) kept->plain_only = 0;
#endif
  kept->wanted = *offer;
  kept->reason = SGF_FIRMWARE_REASON_ENUM_NO_SPACE;
  if (!release_begin(kept)) {
    kept->reason = SGF_FIRMWARE_REASON_ENUM_REFUSED;
  } else if (offer->size <= FLASH_BANK_BYTES && OFFER_LENGTH(offer) <= FLASH_BANK_BYTES) {
    kept->reason = SGF_FIRMWARE_REASON_ENUM_FLASH_ERROR;
    /* Before the state says that it is being fetched: power may go between the two. */
    if (download_begin(node)) phase = DOWNLOADING;
  }
  move(kept, phase);
}

static void take_reply(struct node *node, const struct reply *reply) {
  struct state *kept = &node->kept;
  uint8_t news = (uint8_t)(kept->news & ~kept->pending_news);
  bool worth = is_event_pending(kept) || memcmp(&kept->gateway, &node->gateway, sizeof kept->gateway) != 0;
  kept->gateway = node->gateway;
  kept->alarms = kept->pending_alarms;
  kept->news = news;
  kept->pending_length = 0;
  kept->report++;
  if (kept->pending_news & TELL(APPLIED)) kept->rejected.count = 0;
  if (kept->phase == CONFIRMING) confirm(kept);
  if (reply->member[REPLY_TIME].number > 0) { /* a gateway without a clock leaves it out, and what we know of the time stays */
    node->time_offset = reply->member[REPLY_TIME].number - port_now() / 1000;
    node->knows_time = true;
  }
  /* An older revision is the echo of a report that was repeated. */
  if (reply_has(reply, REPLY_EDITS) && reply->member[REPLY_REVISION].number > kept->applied &&
      settings_apply(&kept->settings, reply->member[REPLY_EDITS].reader, &kept->rejected)) {
    kept->applied = reply->member[REPLY_REVISION].number;
    kept->news |= TELL(APPLIED);
  }
  if (reply_has(reply, REPLY_OFFER)) take_offer(node, &reply->offer);
  /* Settings, an offer, an event or another gateway are worth a write at once; the number of the report is not. */
  if (worth || kept->news != news) (void)state_save(kept);
}

static void start_other_bank(struct state *kept, uint32_t size) {
  kept->bank ^= 1;
  kept->running_size = size;
  (void)image_digest(kept->bank, size, kept->running); /* else it is told wrong, and the gateway sees it */
  begin_series(kept);
  (void)state_save(kept);
  port_boot(kept->bank);
  kept->boots++; /* the port came back: else `node_start` counts */
}

/* The gateway has heard that we start the new image: now we do. */
static void boot(struct state *kept) {
  kept->former_size = kept->running_size;
#ifdef WITH_DELTA
  kept->plain_only = 0;
#endif
  kept->tries = TRIES_TO_CONFIRM;
  kept->phase = CONFIRMING;
  if (kept->wanted.confirm_within == 0) confirm(kept);
  start_other_bank(kept, kept->wanted.size);
}

/* At the beginning of each wake, and of each start that comes to one: an image that falls over has no better chance than one that
   nobody hears. */
static void try_to_confirm(struct state *kept) {
  if (kept->tries-- > 0) {
    (void)state_save(kept);
    return;
  }
  kept->phase = ROLLED_BACK;
  kept->reason = SGF_FIRMWARE_REASON_ENUM_BOOT_FAILED;
  start_other_bank(kept, kept->former_size);
}

/* What is left of the wake; true when there is something that the gateway should hear before the sleep. */
static bool carry_on(struct node *node) {
  struct state *kept = &node->kept;
  if (kept->phase == DOWNLOADING) {
    uint32_t phase = node_fetch(node);
    if (phase == DOWNLOADING) return false;
    if (phase == REBOOTING && kept->wanted.apply_in > 0) phase = WAITING;
    move(kept, phase);
    return true;
  }
  if (kept->phase != REBOOTING) return release_is_untold(kept);
  if ((kept->news & TELL(FIRMWARE)) == 0) boot(kept);
  return true;
}

static void miss(struct node *node) {
  if (node->missed < UINT16_MAX / 2) node->missed++;
}

/* One report and its answer; true when this wake goes on. */
static bool report(struct node *node, uint32_t *next_wake) {
  struct state *kept = &node->kept;
  struct coap_request request;
  struct coap_answer answer;
  struct reply reply;
  bool repeated = kept->pending_length > 0;
  if (!repeated) write_report(node);
  coap_begin(&request, COAP_POST, "c");
  request.query = node->config.query;
  request.payload = kept->pending;
  request.payload_length = kept->pending_length;
  if (!node_ask(node, &request, &answer)) {
    miss(node);
    return false;
  }
  node->missed = 0;
  node->search_at = MISSES_BEFORE_SEARCH;
  if (COAP_CLASS(answer.code) == 4 && answer.code != COAP_TOO_MANY_REQUESTS) {
    /* This report will never be taken. From the start, unless this was the start. */
    bool again = kept->report > 0;
    kept->pending_alarms = kept->alarms; /* an event will be told by another */
    begin_series(kept);
    return again;
  }
  if (answer.code != COAP_CHANGED) return false;
  /* What cannot be read will not become better by asking again: nothing of it is used, and what matters comes again. */
  (void)reply_read(read_from(answer.payload, answer.payload_length), &reply);
  *next_wake = reply.member[REPLY_NEXT_WAKE].number;
  take_reply(node, &reply);
  return repeated || reply_has(&reply, REPLY_MORE) || carry_on(node);
}

uint32_t node_wake(struct node *node) {
  uint32_t next_wake = 0;
  unsigned rounds = MAX_ROUNDS;
  /* Somebody else's gateway may have answered the last search: the one that once took a report has its turn again. */
  node->gateway = node->kept.gateway;
  if (node->kept.phase == CONFIRMING) try_to_confirm(&node->kept);
  if (node->missed >= node->search_at) {
    unsigned misses = node->missed < MISSES_BETWEEN_SEARCHES ? node->missed + 1u : MISSES_BETWEEN_SEARCHES;
    node->search_at = (uint16_t)(node->missed + misses);
    (void)node_find_gateway(node);
  }
  if (node->gateway.length == 0) miss(node);
  while (node->gateway.length > 0 && rounds-- > 0 && report(node, &next_wake)) continue;
  if (next_wake == 0) next_wake = (uint32_t)node->kept.settings.value[WAKE_INTERVAL];
  if (next_wake == 0) next_wake = node->config.wake_interval;
  if (node->kept.phase == CONFIRMING && next_wake > node->kept.wanted.confirm_within / TRIES_TO_CONFIRM) {
    next_wake = node->kept.wanted.confirm_within / TRIES_TO_CONFIRM + 1;
  }
  return next_wake < MAX_SLEEP ? next_wake : MAX_SLEEP;
}
