/* Reports are written and replies read by the deltas of the generated headers (RFC 9254 section 4.2.1). */
#include "check-in.h"
#include "cbor.h"
#include "sgb.h"
#include "sgf.h"
#include "sgn.h"
#include <string.h>

/* Keys of the data nodes inside `data`, which count from it. */
#define IN_DATA(sid) ((sid) - SGN_CHECK_IN_INPUT_DATA_SID)

enum form { MAP, NUMBER, HUNDREDTHS, TEXT, DIGEST, REJECTED, NOTHING, MAXIMUM };

/* A report from top to bottom: what stands in the map of which level, where in `struct report` it is, and what lets it be there. */
static const struct member {
  uint16_t key;
  uint8_t level, form, at, when;
} MEMBERS[] = {
#define AT(name) (uint8_t)offsetof(struct report, name)
    {SGN_CHECK_IN_DELTA, 0, MAP, 0, 0},
    {SGN_CHECK_IN_INPUT_REPORT_DELTA, 1, NUMBER, AT(number), 0},
    {SGN_CHECK_IN_INPUT_APPLIED_DELTA, 1, NUMBER, AT(applied), TELL_APPLIED},
    {SGN_CHECK_IN_INPUT_MAX_REPLY_DELTA, 1, MAXIMUM, 0, 0},
    {SGN_CHECK_IN_INPUT_DATA_DELTA, 1, MAP, 0, 0},
    {IN_DATA(SGN_NODE_SID), 2, MAP, 0, TELL_ALL},
    {SGN_NODE_MODEL_DELTA, 3, TEXT, AT(model), TELL_ALL},
    {SGN_NODE_HARDWARE_DELTA, 3, TEXT, AT(hardware), TELL_ALL},
    {SGN_NODE_BOOT_COUNT_DELTA, 3, NUMBER, AT(boots), TELL_ALL},
    {IN_DATA(SGF_FIRMWARE_SID), 2, MAP, 0, TELL_FIRMWARE},
    {SGF_FIRMWARE_RUNNING_DIGEST_DELTA, 3, DIGEST, AT(running), TELL_RUNNING},
    {SGF_FIRMWARE_RUNNING_VERSION_DELTA, 3, TEXT, AT(version), TELL_ALL},
    {SGF_FIRMWARE_PHASE_DELTA, 3, NUMBER, AT(phase), TELL_FIRMWARE},
    {SGF_FIRMWARE_WANTED_DIGEST_DELTA, 3, DIGEST, AT(wanted), TELL_BUSY},
    {SGF_FIRMWARE_RECEIVED_DELTA, 3, NUMBER, AT(received), TELL_BUSY},
    {SGF_FIRMWARE_REASON_DELTA, 3, NUMBER, AT(reason), TELL_REASON},
    {IN_DATA(SGB_ROOM_SID), 2, MAP, 0, 0},
    {SGB_ROOM_TEMPERATURE_DELTA, 3, HUNDREDTHS, AT(readings.temperature), 0},
    {SGB_ROOM_HUMIDITY_DELTA, 3, NUMBER, AT(readings.humidity), 0},
    {SGN_CHECK_IN_INPUT_BRIEF_DELTA, 1, NOTHING, 0, TELL_BRIEF},
    {SGN_CHECK_IN_INPUT_REJECTED_DELTA, 1, REJECTED, 0, TELL_REJECTED},
#undef AT
};

/* What we look at in a reply, and inside its offer. */
enum { TIME, NEXT_WAKE, REVISION, EDITS, OFFER, MORE, OUTPUTS };
static const uint8_t OUTPUT[OUTPUTS] = {
    SGN_CHECK_IN_OUTPUT_TIME_DELTA,  SGN_CHECK_IN_OUTPUT_NEXT_WAKE_DELTA, SGN_CHECK_IN_OUTPUT_REVISION_DELTA,
    SGN_CHECK_IN_OUTPUT_EDITS_DELTA, SGN_CHECK_IN_OUTPUT_OFFER_DELTA,     SGN_CHECK_IN_OUTPUT_MORE_DELTA};
enum { OFFER_DIGEST, OFFER_SIZE, OFFER_URI, OFFER_MEMBERS };
static const uint8_t IN_OFFER[OFFER_MEMBERS] = {SGN_CHECK_IN_OUTPUT_OFFER_DIGEST_DELTA,
                                                SGN_CHECK_IN_OUTPUT_OFFER_SIZE_DELTA,
                                                SGN_CHECK_IN_OUTPUT_OFFER_URI_DELTA};

unsigned report_write(uint8_t *into, unsigned room, const struct report *report) {
    uint8_t *maps[4];
  const struct member *m;
  write_to(into, room);
  maps[0] = cbor_map();
  for (m = MEMBERS; m < MEMBERS + sizeof MEMBERS / sizeof *m; m++) {
    const uint8_t *at = (const uint8_t *)report + m->at;
    const char *text;
    int32_t number = MAX_REPLY;
    if ((report->tell & m->when) != m->when) continue;
    cbor_key(maps[m->level], m->key);
    switch (m->form) {
      case MAP:
        maps[m->level + 1] = cbor_map();
        continue;
      case HUNDREDTHS:
        put_bytes("\xc4\x82\x21", 3); /* tag 4: [-2, ... */
        /* fall through */
      case NUMBER:
        memcpy(&number, at, sizeof number);
        /* fall through */
      case MAXIMUM:
        cbor_put_int(number);
        continue;
      case NOTHING:
        put(CBOR_NULL);
        continue;
      case REJECTED:
        cbor_put(CBOR_ARRAY, report->rejected->count);
        put_bytes(report->rejected->bytes, report->rejected->length);
        continue;
      default:
        memcpy(&text, at, sizeof text);
        if (m->form == DIGEST) {
          cbor_put_string(CBOR_BYTES, text, DIGEST_BYTES);
        } else {
          cbor_put_string(CBOR_TEXT, text, (unsigned)strlen(text));
        }
    }
  }
  return written();
}

/* An unsigned number that may be missing. */
static uint32_t number_of(struct reader *value, struct reader *r) {
  uint32_t number = 0;
  if (value->at != NULL) number = cbor_expect(value, CBOR_UINT);
  r->bad = r->bad || value->bad;
  return number;
}

static bool take_offer(struct reader *r, struct offer *offer) {
  struct reader values[OFFER_MEMBERS];
  struct reader digest, uri;
  cbor_take_map(r, IN_OFFER, OFFER_MEMBERS, values);
  digest = cbor_expect_string(&values[OFFER_DIGEST], CBOR_BYTES);
  offer->size = cbor_expect(&values[OFFER_SIZE], CBOR_UINT);
  uri = cbor_expect_string(&values[OFFER_URI], CBOR_TEXT);
  if (digest.left != DIGEST_BYTES || uri.left == 0 || uri.left > MAX_URI || offer->size == 0) return false;
  memcpy(offer->digest, digest.at, DIGEST_BYTES);
  memcpy(offer->uri, uri.at, uri.left); /* zeros are behind it already */
  return true;
}

bool reply_read(const uint8_t *payload, unsigned length, struct reply *reply) {
  struct reader r = read_from(payload, length);
  struct reader values[OUTPUTS];
  memset(reply, 0, sizeof *reply);
  if (length == 0) return true;
  if (cbor_expect(&r, CBOR_MAP) != 1 || cbor_expect(&r, CBOR_UINT) != SGN_CHECK_IN_SID) return false;
  if (cbor_take_null(&r)) return r.left == 0;
  cbor_take_map(&r, OUTPUT, OUTPUTS, values);
  if (r.left > 0) return false;
  reply->time = number_of(&values[TIME], &r);
  reply->next_wake = number_of(&values[NEXT_WAKE], &r);
  reply->revision = number_of(&values[REVISION], &r);
  if (values[EDITS].at != NULL) reply->edits = cbor_expect_string(&values[EDITS], CBOR_BYTES);
  reply->more = values[MORE].at != NULL;
  reply->offered = values[OFFER].at != NULL;
  if (reply->offered && !take_offer(&values[OFFER], &reply->offer)) return false;
  return !r.bad && !values[EDITS].bad;
}
