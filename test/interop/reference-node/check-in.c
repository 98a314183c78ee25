/* Reports are written and replies read by the deltas of the generated headers (RFC 9254 section 4.2.1). */
#include "check-in.h"
#include "cbor.h"
#include "node.h"
#include "sgb.h"
#include "sgf.h"
#include "sgn.h"
#include <string.h>

/* Keys of the data nodes inside `data`, which count from it. */
#define IN_DATA(sid) ((sid) - SGN_CHECK_IN_INPUT_DATA_SID)

enum form { MAP, WRAPPED, NUMBER, MAXIMUM, HUNDREDTHS, NOTHING, REJECTED, DIGEST, BITS, MANIFESTS, TEXT };

/* A report from top to bottom: what stands in the map of which level, where in `struct node` it is, and what lets it be there. */
static const struct member {
  uint16_t key;
  uint8_t level, form, at, when;
} MEMBERS[] = {
#define AT(name) offsetof(struct node, name)
    {SGN_CHECK_IN_DELTA, 0, MAP, 0, ALWAYS},
    {SGN_CHECK_IN_INPUT_REPORT_DELTA, 1, NUMBER, AT(kept.report), ALWAYS},
    {SGN_CHECK_IN_INPUT_APPLIED_DELTA, 1, NUMBER, AT(kept.applied), APPLIED},
    {SGN_CHECK_IN_INPUT_MAX_REPLY_DELTA, 1, MAXIMUM, 0, ALWAYS},
    {SGN_CHECK_IN_INPUT_DATA_DELTA, 1, MAP, 0, ALWAYS},
    {IN_DATA(SGN_NODE_SID), 2, MAP, 0, EVERYTHING},
    {SGN_NODE_MODEL_DELTA, 3, TEXT, AT(model), EVERYTHING},
    {SGN_NODE_HARDWARE_DELTA, 3, TEXT, AT(hardware), EVERYTHING},
    {SGN_NODE_BOOT_COUNT_DELTA, 3, NUMBER, AT(kept.boots), EVERYTHING},
    {IN_DATA(SGF_FIRMWARE_SID), 2, MAP, 0, FIRMWARE},
    {SGF_FIRMWARE_RUNNING_DIGEST_DELTA, 3, DIGEST, AT(kept.running), RUNNING},
    {SGF_FIRMWARE_RUNNING_VERSION_DELTA, 3, TEXT, AT(version), EVERYTHING},
    {SGF_FIRMWARE_PHASE_DELTA, 3, NUMBER, AT(kept.phase), FIRMWARE},
    {SGF_FIRMWARE_WANTED_DIGEST_DELTA, 3, DIGEST, AT(kept.wanted.digest), BUSY},
    {SGF_FIRMWARE_RECEIVED_DELTA, 3, NUMBER, AT(received), BUSY},
    {SGF_FIRMWARE_REASON_DELTA, 3, NUMBER, AT(kept.reason), REASON},
#ifdef WITH_DELTA
    {SGF_FIRMWARE_ENCODINGS_DELTA, 3, BITS, AT(encodings), FIRMWARE},
#endif
    {IN_DATA(SGB_ROOM_SID), 2, MAP, 0, ALWAYS},
    {SGB_ROOM_TEMPERATURE_DELTA, 3, HUNDREDTHS, AT(readings.temperature), ALWAYS},
    {SGB_ROOM_HUMIDITY_DELTA, 3, NUMBER, AT(readings.humidity), ALWAYS},
    {SGB_ROOM_ALARM_DELTA, 3, BITS, AT(readings.alarms), ALARMS},
#ifdef WITH_SUIT
    {IN_DATA(SGS_SUIT_SID), 2, MANIFESTS, 0, SUIT},
#endif
    {SGN_CHECK_IN_INPUT_BRIEF_DELTA, 1, NOTHING, 0, BRIEF},
    {SGN_CHECK_IN_INPUT_REJECTED_DELTA, 1, REJECTED, 0, APPLIED},
    {SGN_CHECK_IN_INPUT_NOTIFICATIONS_DELTA, 1, WRAPPED, 0, EVENT}, /* what follows is inside */
    {SGB_ALARM_SID, 2, MAP, 0, EVENT},
    {SGB_ALARM_CLEARED_DELTA, 3, BITS, AT(cleared), CLEARED},
    {SGB_ALARM_RAISED_DELTA, 3, BITS, AT(raised), RAISED},
#undef AT
};

unsigned report_write(uint8_t *into, unsigned room, const struct node *node, unsigned tell) {
  const struct rejected *rejected = &node->kept.rejected;
  uint8_t *maps[4];
  uint8_t *wrapped = NULL;
  const struct member *m;
  write_to(into, room);
  maps[0] = cbor_map();
  for (m = MEMBERS; m < MEMBERS + sizeof MEMBERS / sizeof *m; m++) {
    const uint8_t *at = (const uint8_t *)node + m->at;
    const char *text;
    int32_t number = MAX_REPLY;
    if ((tell >> m->when & 1) == 0 || (m->form == REJECTED && rejected->count == 0)) continue;
    cbor_key(maps[m->level], m->key);
    if (m->form <= WRAPPED) {
      if (m->form == WRAPPED) {
        wrapped = here();
        cbor_put(CBOR_BYTES, 0);
      }
      maps[m->level + 1] = cbor_map();
    } else if (m->form <= HUNDREDTHS) {
      if (m->form == HUNDREDTHS) put_bytes("\xc4\x82\x21", 3); /* tag 4: [-2, ... */
      if (m->form != MAXIMUM) memcpy(&number, at, sizeof number);
      cbor_put_int(number);
    } else if (m->form == NOTHING) {
      put(CBOR_NULL);
    } else if (m->form == REJECTED) {
      cbor_put(CBOR_ARRAY, rejected->count);
      put_bytes(rejected->bytes, rejected->length);
    } else if (m->form == DIGEST) {
      cbor_put_string(CBOR_BYTES, at, DIGEST_BYTES);
    } else if (m->form == BITS) {
      cbor_put_string(CBOR_BYTES, at, *at > 0); /* without zeros behind them (RFC 9254 section 6.7) */
#ifdef WITH_SUIT
    } else if (m->form == MANIFESTS) {
      suit_put(&node->suit, &node->kept.installed, tell & TELL(RELEASE) ? &node->kept.verdict : NULL);
#endif
    } else {
      memcpy(&text, at, sizeof text);
      cbor_put_string(CBOR_TEXT, text, (unsigned)strlen(text));
    }
  }
  if (wrapped != NULL && written() > 0) *wrapped += (uint8_t)(here() - wrapped - 1); /* less than 24 */
  return written();
}

static const struct cbor_member OUTPUT[REPLY_MEMBERS] = {{SGN_CHECK_IN_OUTPUT_TIME_DELTA, CBOR_UINT},
                                                         {SGN_CHECK_IN_OUTPUT_NEXT_WAKE_DELTA, CBOR_UINT},
                                                         {SGN_CHECK_IN_OUTPUT_REVISION_DELTA, CBOR_UINT},
                                                         {SGN_CHECK_IN_OUTPUT_EDITS_DELTA, CBOR_BYTES},
                                                         {SGN_CHECK_IN_OUTPUT_OFFER_DELTA, CBOR_ANY},
                                                         {SGN_CHECK_IN_OUTPUT_MORE_DELTA, CBOR_ANY}};

/* What we look at in an offer. */
enum {
  OFFER_DIGEST,
  OFFER_SIZE,
  OFFER_URI,
  OFFER_APPLY_IN,
  OFFER_CONFIRM_WITHIN,
#ifdef WITH_DELTA
  OFFER_ENCODING,
  OFFER_PATCH_LENGTH,
#endif
#ifdef WITH_SUIT
  OFFER_ENVELOPE,
#endif
  OFFER_MEMBERS
};
static const struct cbor_member IN_OFFER[OFFER_MEMBERS] = {{SGN_CHECK_IN_OUTPUT_OFFER_DIGEST_DELTA, CBOR_BYTES},
                                                           {SGN_CHECK_IN_OUTPUT_OFFER_SIZE_DELTA, CBOR_UINT},
                                                           {SGN_CHECK_IN_OUTPUT_OFFER_URI_DELTA, CBOR_TEXT},
                                                           {SGN_CHECK_IN_OUTPUT_OFFER_APPLY_IN_DELTA, CBOR_UINT},
                                                           {SGN_CHECK_IN_OUTPUT_OFFER_CONFIRM_WITHIN_DELTA, CBOR_UINT},
#ifdef WITH_DELTA
                                                           {SGN_CHECK_IN_OUTPUT_OFFER_ENCODING_DELTA, CBOR_UINT},
                                                           {SGN_CHECK_IN_OUTPUT_OFFER_LENGTH_DELTA, CBOR_UINT},
#endif
#ifdef WITH_SUIT
                                                           {SGN_CHECK_IN_OUTPUT_OFFER_ENVELOPE_DELTA, CBOR_TEXT}
#endif
};

bool reply_has(const struct reply *reply, enum reply_member member) { return reply->member[member].reader.at != NULL; }

static bool take_offer(struct reader *r, struct offer *offer) {
  struct cbor_value values[OFFER_MEMBERS];
  struct reader *digest = &values[OFFER_DIGEST].reader;
  struct reader *uri = &values[OFFER_URI].reader;
  cbor_take_map(r, IN_OFFER, OFFER_MEMBERS, values);
  offer->size = values[OFFER_SIZE].number;
  if (r->bad || digest->left != DIGEST_BYTES || uri->left == 0 || uri->left > MAX_URI || offer->size == 0) return false;
  memcpy(offer->digest, digest->at, DIGEST_BYTES);
  memcpy(offer->uri, uri->at, uri->left); /* zeros are behind it already */
  offer->apply_in = values[OFFER_APPLY_IN].number;
  offer->confirm_within = values[OFFER_CONFIRM_WITHIN].number;
#ifdef WITH_DELTA
  offer->encoding = values[OFFER_ENCODING].number;
  offer->length = values[OFFER_PATCH_LENGTH].number;
#endif
#ifdef WITH_SUIT
  uri = &values[OFFER_ENVELOPE].reader;
  if (uri->left > MAX_URI) return false;
  if (uri->at != NULL) memcpy(offer->envelope, uri->at, uri->left);
#endif
  return true;
}

static bool read_members(struct reader *r, struct reply *reply) {
  if (r->left == 0) return true;
  if (cbor_expect(r, CBOR_MAP) != 1 || cbor_expect(r, CBOR_UINT) != SGN_CHECK_IN_SID) return false;
  if (cbor_take_null(r)) return r->left == 0;
  cbor_take_map(r, OUTPUT, REPLY_MEMBERS, reply->member);
  if (r->bad || r->left > 0) return false;
  return !reply_has(reply, REPLY_OFFER) || take_offer(&reply->member[REPLY_OFFER].reader, &reply->offer);
}

bool reply_read(struct reader payload, struct reply *reply) {
  memset(reply, 0, sizeof *reply);
  if (read_members(&payload, reply)) return true;
  memset(reply, 0, sizeof *reply);
  return false;
}
