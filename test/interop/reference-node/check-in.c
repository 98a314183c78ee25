/* Reports are written and replies read by the deltas of the generated header (RFC 9254 section 4.2.1). */
#include "check-in.h"
#include "cbor.h"
#include "sgb.h"
#include "sgf.h"
#include "sgn.h"
#include <string.h>

/* Keys of the data nodes inside `data`, which count from it. */
#define IN_DATA(sid) ((int32_t)(sid) - (int32_t)SGN_CHECK_IN_INPUT_DATA_SID)

static void put_number(struct writer *w, uint8_t *map, int32_t key, uint32_t value) {
  cbor_key(w, map, key);
  cbor_put(w, CBOR_UINT, value);
}

static void put_digest(struct writer *w, uint8_t *map, int32_t key, const uint8_t *digest) {
  cbor_key(w, map, key);
  cbor_put_string(w, CBOR_BYTES, digest, DIGEST_BYTES);
}

static void put_text(struct writer *w, uint8_t *map, int32_t key, const char *text) {
  cbor_key(w, map, key);
  cbor_put_string(w, CBOR_TEXT, text, (unsigned)strlen(text));
}

static uint8_t *put_map(struct writer *w, uint8_t *map, int32_t key) {
  cbor_key(w, map, key);
  return cbor_map(w);
}

static void put_firmware(struct writer *w, uint8_t *data, const struct state *state, const struct facts *facts) {
  uint8_t *firmware = put_map(w, data, IN_DATA(SGF_FIRMWARE_SID));
  if (state->news == NEWS_ALL) {
    if (facts->running) put_digest(w, firmware, SGF_FIRMWARE_RUNNING_DIGEST_DELTA, facts->running);
    put_text(w, firmware, SGF_FIRMWARE_RUNNING_VERSION_DELTA, facts->version);
  }
  put_number(w, firmware, SGF_FIRMWARE_PHASE_DELTA, state->phase);
  if (state->phase == SGF_FIRMWARE_PHASE_ENUM_IDLE) return;
  if (state->news & NEWS_FIRMWARE) put_digest(w, firmware, SGF_FIRMWARE_WANTED_DIGEST_DELTA, state->wanted.digest);
  put_number(w, firmware, SGF_FIRMWARE_RECEIVED_DELTA, facts->received);
  if (state->phase != SGF_FIRMWARE_PHASE_ENUM_FAILED) return;
  put_number(w, firmware, SGF_FIRMWARE_REASON_DELTA, state->reason);
}

unsigned report_write(uint8_t *into, unsigned room, const struct state *state, const struct facts *facts) {
  struct writer w = write_to(into, room);
  uint8_t *input = put_map(&w, cbor_map(&w), SGN_CHECK_IN_DELTA);
  uint8_t *data, *inner;
  put_number(&w, input, SGN_CHECK_IN_INPUT_REPORT_DELTA, state->report);
  if (state->news & NEWS_APPLIED) put_number(&w, input, SGN_CHECK_IN_INPUT_APPLIED_DELTA, state->applied);
  put_number(&w, input, SGN_CHECK_IN_INPUT_MAX_REPLY_DELTA, MAX_REPLY);
  data = put_map(&w, input, SGN_CHECK_IN_INPUT_DATA_DELTA);
  if (state->news == NEWS_ALL) {
    inner = put_map(&w, data, IN_DATA(SGN_NODE_SID));
    put_text(&w, inner, SGN_NODE_MODEL_DELTA, facts->model);
    put_text(&w, inner, SGN_NODE_HARDWARE_DELTA, facts->hardware);
    put_number(&w, inner, SGN_NODE_BOOT_COUNT_DELTA, state->boots);
  }
  if ((state->news & NEWS_FIRMWARE) != 0 || state->phase != SGF_FIRMWARE_PHASE_ENUM_IDLE) {
    put_firmware(&w, data, state, facts);
  }
  inner = put_map(&w, data, IN_DATA(SGB_ROOM_SID));
  cbor_key(&w, inner, SGB_ROOM_TEMPERATURE_DELTA);
  put_bytes(&w, "\xc4\x82\x21", 3); /* tag 4: [-2, ... */
  cbor_put_int(&w, facts->readings.temperature);
  put_number(&w, inner, SGB_ROOM_HUMIDITY_DELTA, facts->readings.humidity);
  if (facts->brief) {
    cbor_key(&w, input, SGN_CHECK_IN_INPUT_BRIEF_DELTA);
    put(&w, CBOR_NULL);
  }
  return w.full ? 0 : (unsigned)(w.at - into);
}

/* A bit for each of the three that was there. */
static uint32_t take_offer(struct reader *r, struct offer *offer) {
  uint32_t members = cbor_expect(r, CBOR_MAP);
  uint32_t seen = 0;
  while (members-- > 0) {
    struct reader string;
    switch (cbor_expect_int(r)) {
      case SGN_CHECK_IN_OUTPUT_OFFER_DIGEST_DELTA:
        string = cbor_expect_string(r, CBOR_BYTES);
        if (string.at == NULL || string.left != DIGEST_BYTES) return 0;
        memcpy(offer->digest, string.at, DIGEST_BYTES);
        seen |= 1;
        break;
      case SGN_CHECK_IN_OUTPUT_OFFER_SIZE_DELTA:
        offer->size = cbor_expect(r, CBOR_UINT);
        seen |= 2;
        break;
      case SGN_CHECK_IN_OUTPUT_OFFER_URI_DELTA:
        string = cbor_expect_string(r, CBOR_TEXT);
        if (string.at == NULL || string.left > MAX_URI) return 0;
        memcpy(offer->uri, string.at, string.left); /* zeros are behind it already */
        seen |= 4;
        break;
      default:
        cbor_skip(r);
    }
  }
  return seen;
}

static void take_output(struct reader *r, struct reply *reply) {
  uint32_t members = cbor_expect(r, CBOR_MAP);
  while (members-- > 0) {
    switch (cbor_expect_int(r)) {
      case SGN_CHECK_IN_OUTPUT_TIME_DELTA:
        reply->time = cbor_expect(r, CBOR_UINT);
        break;
      case SGN_CHECK_IN_OUTPUT_NEXT_WAKE_DELTA:
        reply->next_wake = cbor_expect(r, CBOR_UINT);
        break;
      case SGN_CHECK_IN_OUTPUT_REVISION_DELTA:
        reply->revision = cbor_expect(r, CBOR_UINT);
        break;
      case SGN_CHECK_IN_OUTPUT_EDITS_DELTA:
        reply->edits = cbor_expect_string(r, CBOR_BYTES);
        break;
      case SGN_CHECK_IN_OUTPUT_OFFER_DELTA:
        /* Without one of its three it is none. */
        reply->offered = take_offer(r, &reply->offer) == 7;
        if (!reply->offered) r->bad = true;
        break;
      case SGN_CHECK_IN_OUTPUT_MORE_DELTA:
        reply->more = cbor_take_null(r);
        if (!reply->more) r->bad = true;
        break;
      default:
        cbor_skip(r); /* a later revision of the module may say more */
    }
  }
}

bool reply_read(const uint8_t *payload, unsigned length, struct reply *reply) {
  struct reader r = read_from(payload, length);
  memset(reply, 0, sizeof *reply);
  if (length == 0) return true;
  if (cbor_expect(&r, CBOR_MAP) != 1 || cbor_expect(&r, CBOR_UINT) != SGN_CHECK_IN_SID) return false;
  if (!cbor_take_null(&r)) take_output(&r, reply);
  return !r.bad && r.left == 0;
}
