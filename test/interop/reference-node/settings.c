/* The settings table and edits on it: each instance is replaced, null deletes it (draft-ietf-core-comi-21 section 3.2.3). */
#include "settings.h"
#include "cbor.h"
#include "sgb.h"
#include "sgn.h"
#include <string.h>

/* What the modules say of each setting. */
static const struct {
  uint16_t sid, parent;
  int32_t least, most, usual;
} TABLE[SETTINGS] = {
    {SGN_NODE_WAKE_INTERVAL_SID, SGN_NODE_SID, 1, 604800, 0},
    {SGB_ROOM_SET_POINT_SID, SGB_ROOM_SID, 500, 3500, 2000},
    {SGB_ROOM_MODE_SID, SGB_ROOM_SID, SGB_ROOM_MODE_ENUM_OFF, SGB_ROOM_MODE_ENUM_COMFORT, SGB_ROOM_MODE_ENUM_COMFORT},
};

/* What a container holds has its default again. */
static void reset(struct settings *s, uint32_t parent) {
  unsigned i;
  for (i = 0; i < SETTINGS; i++) {
    if (TABLE[i].parent == parent) s->value[i] = TABLE[i].usual;
  }
  if (parent == SGB_ROOM_SID) s->periods = 0;
}

void settings_reset(struct settings *s) {
  memset(s, 0, sizeof *s);
  reset(s, SGB_ROOM_SID);
}

/* A number, or a decimal64 as hundredths (RFC 9254 section 6.3: tag 4, [exponent, mantissa]); within what the table says. */
static int32_t take_value(struct reader *r, enum setting setting) {
  int32_t value, exponent = SGB_ROOM_SET_POINT_EXPONENT;
  if (setting == SET_POINT) {
    if (cbor_expect(r, CBOR_TAG) != CBOR_DECIMAL_FRACTION || cbor_expect(r, CBOR_ARRAY) != 2) r->bad = true;
    exponent = cbor_expect_int(r);
  }
  value = cbor_expect_int(r);
  /* While there is nothing to overflow. What is finer than hundredths, or too large, does not arrive at their exponent. */
  for (; exponent > SGB_ROOM_SET_POINT_EXPONENT && value > 0 && value <= TABLE[setting].most; exponent--) value *= 10;
  if (exponent != SGB_ROOM_SET_POINT_EXPONENT || value < TABLE[setting].least || value > TABLE[setting].most) r->bad = true;
  return value;
}

static bool is_named(const struct period *period, const uint8_t *start) {
  return memcmp(period->start, start, START_BYTES) == 0;
}

/* "hh:mm"; the gateway has compared it with the pattern of the module. NULL for anything else. */
static const uint8_t *start_in(const struct reader *text) { return text->left == START_BYTES ? text->at : NULL; }

/* One entry by its key, or NULL for the one that the map names inside. Takes its map, or with `leaf` only its set-point. */
static void take_period(struct reader *r, struct settings *s, const uint8_t *start, bool leaf) {
  enum { START, VALUE, MEMBERS };
  static const struct cbor_member IN_PERIOD[MEMBERS] = {{SGB_ROOM_PERIOD_START_DELTA, CBOR_TEXT},
                                                        {SGB_ROOM_PERIOD_SET_POINT_DELTA, CBOR_ANY}};
  struct cbor_value values[MEMBERS];
  struct reader *value = r;
  struct period *period = s->period;
  int32_t set_point;
  if (!leaf) {
    cbor_take_map(r, IN_PERIOD, MEMBERS, values);
    value = &values[VALUE].reader;
    if (start == NULL) start = start_in(&values[START].reader);
  }
  set_point = take_value(value, SET_POINT); /* mandatory */
  if (start == NULL || value->bad) r->bad = true;
  if (r->bad) return;
  while (period < s->period + s->periods && !is_named(period, start)) period++;
  if (period == s->period + MAX_PERIODS) {
    r->bad = true;
    return;
  }
  if (period == s->period + s->periods) s->periods++;
  memcpy(period->start, start, START_BYTES);
  period->set_point = (int16_t)set_point;
}

/* The list: null, an entry (by the key that stood in its name, or inside), or all entries in an array. */
static void edit_periods(struct reader *r, struct settings *s, const uint8_t *start) {
  uint32_t entries = 1;
  unsigned i;
  if (cbor_take_null(r)) {
    for (i = s->periods; i-- > 0;) {
      if (start == NULL || is_named(&s->period[i], start)) s->period[i] = s->period[--s->periods];
    }
    return;
  }
  if (start == NULL && cbor_peek(r) == CBOR_ARRAY) {
    entries = cbor_expect(r, CBOR_ARRAY);
    s->periods = 0;
  }
  while (entries-- > 0 && !r->bad) take_period(r, s, start, false);
}

/* One instance that is not a container; false for one that this node does not have. */
static bool edit(struct reader *r, struct settings *s, uint32_t sid, const uint8_t *start) {
  unsigned i;
  if (sid == SGB_ROOM_PERIOD_SID) {
    edit_periods(r, s, start);
    return true;
  }
  if (sid == SGB_ROOM_PERIOD_SET_POINT_SID) {
    take_period(r, s, start, true); /* null is refused: without it the entry would not be whole */
    return true;
  }
  for (i = 0; i < SETTINGS; i++) {
    if (TABLE[i].sid != sid) continue;
    s->value[i] = cbor_take_null(r) ? TABLE[i].usual : take_value(r, (enum setting)i);
    return true;
  }
  cbor_skip(r);
  return false;
}

/* A container is replaced: what it does not name has its default again. Members of a newer module are passed over. */
static void edit_container(struct reader *r, struct settings *s, uint32_t container) {
  uint32_t members;
  reset(s, container);
  if (cbor_take_null(r)) return;
  for (members = cbor_expect(r, CBOR_MAP); members > 0; members--) {
    uint32_t sid = container + (uint32_t)cbor_expect_int(r);
    (void)edit(r, s, sid, NULL);
  }
}

/* An instance-identifier (draft section 2.2): a SID, or [SID, keys...]. 0 when there is a key that none of our lists has. */
static uint32_t take_name(struct reader *r, const uint8_t **start) {
  uint32_t keys = 1;
  uint32_t sid;
  *start = NULL;
  if (cbor_peek(r) == CBOR_ARRAY) keys = cbor_expect(r, CBOR_ARRAY);
  sid = cbor_expect(r, CBOR_UINT);
  while (keys-- > 1) {
    struct reader key = *r;
    struct reader text = cbor_expect_string(&key, CBOR_TEXT);
    *start = start_in(&text);
    if (*start == NULL) sid = 0;
    cbor_skip(r);
  }
  return sid;
}

bool settings_apply(struct settings *settings, struct reader edits, struct rejected *rejected) {
  struct settings result = *settings;
  write_to(rejected->bytes, sizeof rejected->bytes);
  rejected->count = 0;
  while (edits.left > 0) {
    uint32_t pairs;
    for (pairs = cbor_expect(&edits, CBOR_MAP); pairs > 0; pairs--) { /* the next of the sequence */
      const uint8_t *name = edits.at;
      const uint8_t *start;
      uint32_t sid = take_name(&edits, &start);
      unsigned name_length = (unsigned)(edits.at - name);
      struct settings copy = result;
      struct reader value = edits;
      bool taken = true;
      cbor_skip(&edits);
      if (edits.bad) return false;
      if (sid == SGN_NODE_SID || sid == SGB_ROOM_SID) {
        edit_container(&value, &copy, sid);
      } else {
        taken = edit(&value, &copy, sid, start);
      }
      if (taken && !value.bad) {
        result = copy;
        continue;
      }
      rejected->count++;
      put(0xa1); /* {instance: its name} */
      put(SGN_CHECK_IN_INPUT_REJECTED_INSTANCE_DELTA);
      put_bytes(name, name_length);
    }
  }
  rejected->length = (uint8_t)written();
  if (edits.bad || (rejected->count > 0 && rejected->length == 0)) return false;
  *settings = result;
  return true;
}
