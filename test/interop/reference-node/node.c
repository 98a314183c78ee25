/* A wake from beginning to end (docs/check-in.md, docs/node-authors.md). */
#include "node.h"
#include "sgf.h"
#include <string.h>

/* Reports in one wake, however much is waiting: a node must get to sleep. */
#define MAX_ROUNDS 6
/* Wakes without an answer after which the gateway is looked for. */
#define MISSES_BEFORE_SEARCH 3
#define VERSION_BYTES 16
#define MAX_SLEEP 604800u

enum {
  IDLE = SGF_FIRMWARE_PHASE_ENUM_IDLE,
  DOWNLOADING = SGF_FIRMWARE_PHASE_ENUM_DOWNLOADING,
  REBOOTING = SGF_FIRMWARE_PHASE_ENUM_REBOOTING,
  FAILED = SGF_FIRMWARE_PHASE_ENUM_FAILED
};

/* After a reset nobody knows what the gateway was told last: a new series of reports begins, with everything in it. */
static void begin_series(struct state *kept) {
  kept->report = 0;
  kept->pending_length = 0;
  kept->news |= TELL_APPLIED | TELL_FIRMWARE | TELL_ALL;
}

bool node_start(struct node *node, const struct config *config) {
  struct state *kept = &node->kept;
  memset(node, 0, sizeof *node);
  node->config = config;
  if (config->credentials && !oscore_derive(&node->oscore, config->credentials)) return false;
  if (!state_load(kept)) settings_reset(&kept->settings);
  if (!kept->asleep) {
    kept->boots++;
    begin_series(kept);
  }
  kept->asleep = 0;
  node->sequence = kept->sequence;
  node->gateway = kept->gateway.length > 0 ? kept->gateway : config->gateway;
  node->message_id = (uint16_t)port_random();
  return node_reserve(node);
}

void node_rest(struct node *node) {
  node->kept.asleep = 1;
  node->kept.sequence = node->sequence; /* none is lost by a sleep in order */
  (void)state_save(&node->kept);        /* else this was a loss of power, which is provided for */
}

/* The version stands at the beginning of each image of this node, padded with zeros. */
static const char *running_version(const struct node *node, char text[VERSION_BYTES + 1]) {
  unsigned i;
  if (node->kept.running_size == 0) return node->config->version;
  if (!port_flash_read(FLASH_BANK(node->kept.bank), text, VERSION_BYTES)) return "?";
  for (i = 0; i < VERSION_BYTES && text[i] >= ' ' && text[i] <= '~'; i++) continue;
  text[i] = 0;
  return i > 0 ? text : "?";
}

/* The next report, in `kept.pending` until it is answered: what is repeated must be the same bytes. */
static void write_report(struct node *node) {
  struct state *kept = &node->kept;
  struct report report;
  uint8_t digest[DIGEST_BYTES];
  char version[VERSION_BYTES + 1];
  report.tell = kept->news;
  report.number = kept->report;
  report.applied = kept->applied;
  report.boots = kept->boots;
  report.phase = kept->phase;
  report.reason = kept->reason;
  report.wanted = kept->wanted.digest;
  report.rejected = &kept->rejected;
  report.model = node->config->model;
  report.hardware = node->config->hardware;
  if (kept->news & TELL_ALL) {
    report.version = running_version(node, version);
    report.running = digest;
    if (kept->running_size > 0 && download_digest(kept->bank, kept->running_size, digest)) report.tell |= TELL_RUNNING;
  } else if (node->knows_time) {
    report.tell |= TELL_BRIEF;
  }
  if (kept->phase != IDLE) {
    report.tell |= TELL_FIRMWARE | TELL_BUSY;
    report.received = download_received(node);
    if (kept->phase == FAILED) report.tell |= TELL_REASON;
  }
  port_read_sensors(&report.readings);
  kept->pending_length = (uint8_t)report_write(kept->pending, sizeof kept->pending, &report);
  kept->pending_news = kept->news;
}

static void move(struct state *kept, uint8_t phase) {
  kept->phase = phase;
  kept->news |= TELL_FIRMWARE;
}

static void take_offer(struct node *node, const struct offer *offer) {
  struct state *kept = &node->kept;
  /* Under way already; after a failure that the gateway has heard of, the same offer means "again". */
  if (kept->phase != IDLE && kept->phase != FAILED && memcmp(&kept->wanted, offer, sizeof *offer) == 0) return;
  kept->wanted = *offer;
  kept->reason = SGF_FIRMWARE_REASON_ENUM_NO_SPACE;
  move(kept, FAILED);
  if (offer->size == 0 || offer->size > FLASH_BANK_BYTES) return;
  kept->reason = SGF_FIRMWARE_REASON_ENUM_FLASH_ERROR;
  /* Before the state says that it is being fetched: power may go between the two. */
  if (download_begin(node)) move(kept, DOWNLOADING);
}

static void take_reply(struct node *node, const struct reply *reply) {
  struct state *kept = &node->kept;
  uint8_t news = (uint8_t)(kept->news & ~kept->pending_news);
  kept->news = news;
  kept->pending_length = 0;
  kept->report++;
  if (reply->time > 0) {
    node->time_offset = reply->time - port_now() / 1000;
    node->knows_time = true;
  }
  /* An older revision is the echo of a report that was repeated. */
  if (reply->edits.at && reply->revision > kept->applied &&
      settings_apply(&kept->settings, reply->edits, &kept->rejected)) {
    kept->applied = reply->revision;
    kept->news |= TELL_APPLIED;
    if (kept->rejected.count > 0) kept->news |= TELL_REJECTED;
  }
  if (reply->offered) take_offer(node, &reply->offer);
  /* Settings, an offer or another gateway are worth a write at once; the number of the report is not. */
  if (kept->news == news && memcmp(&kept->gateway, &node->gateway, sizeof kept->gateway) == 0) return;
  kept->gateway = node->gateway;
  (void)state_save(kept);
}

/* The gateway has heard that we start the new image: now we do. */
static void boot(struct state *kept) {
  kept->bank ^= 1;
  kept->running_size = kept->wanted.size;
  kept->phase = IDLE;
  begin_series(kept);
  (void)state_save(kept);
  port_boot(kept->bank);
  kept->boots++; /* the port came back: else `node_start` counts */
}

/* What is left of the wake; true when there is something that the gateway should hear before the sleep. */
static bool carry_on(struct node *node) {
  struct state *kept = &node->kept;
  if (kept->phase == DOWNLOADING) {
    uint8_t phase = node_fetch(node);
    if (phase == DOWNLOADING) return false;
    move(kept, phase);
    return true;
  }
  if (kept->phase != REBOOTING) return false;
  if ((kept->news & TELL_FIRMWARE) == 0) boot(kept);
  return true;
}

/* One report and its answer; true when this wake goes on. */
static bool report(struct node *node, uint32_t *next_wake) {
  struct state *kept = &node->kept;
  struct coap_request request;
  struct coap_answer answer;
  struct reply reply;
  bool repeated = kept->pending_length > 0;
  if (!repeated) write_report(node);
  memset(&request, 0, sizeof request);
  request.code = COAP_POST;
  request.path = "c";
  request.query = node->config->query;
  request.payload = kept->pending;
  request.payload_length = kept->pending_length;
  if (!node_ask(node, &request, &answer)) {
    if (node->missed < UINT8_MAX) node->missed++;
    return false;
  }
  node->missed = 0;
  if (COAP_CLASS(answer.code) == 4 && answer.code != COAP_TOO_MANY_REQUESTS) {
    /* This report will never be taken. From the start, unless this was the start. */
    bool again = kept->report > 0;
    begin_series(kept);
    return again;
  }
  if (answer.code != COAP_CHANGED) return false;
  /* What cannot be read will not become better by asking again: nothing of it is used, and what matters comes again. */
  if (!reply_read(answer.payload, answer.payload_length, &reply)) memset(&reply, 0, sizeof reply);
  *next_wake = reply.next_wake;
  take_reply(node, &reply);
  return repeated || reply.more || carry_on(node);
}

uint32_t node_wake(struct node *node) {
  uint32_t next_wake = 0;
  unsigned rounds = MAX_ROUNDS;
  /* Somebody else's gateway may have answered: after it the one that once took a report has its turn again. */
  if (node->missed >= MISSES_BEFORE_SEARCH || node->gateway.length == 0) {
    if (node->missed > 0 && node->kept.gateway.length > 0) node->gateway = node->kept.gateway;
    (void)node_find_gateway(node);
  }
  if (node->gateway.length > 0) {
    while (rounds-- > 0 && report(node, &next_wake)) continue;
  }
  if (next_wake == 0) next_wake = (uint32_t)node->kept.settings.value[WAKE_INTERVAL];
  if (next_wake == 0) next_wake = node->config->wake_interval;
  return next_wake < MAX_SLEEP ? next_wake : MAX_SLEEP;
}
