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

#define NO_START (-1)

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
  int32_t value, exponent = 0;
  if (setting == SET_POINT) {
    if (cbor_expect(r, CBOR_TAG) != CBOR_DECIMAL_FRACTION || cbor_expect(r, CBOR_ARRAY) != 2) r->bad = true;
    exponent = cbor_expect_int(r) - SGB_ROOM_SET_POINT_EXPONENT;
  }
  value = cbor_expect_int(r);
  for (; exponent != 0; exponent--) {
    if (exponent < 0 || value > TABLE[setting].most) { /* too fine, or too much anyway */
      r->bad = true;
      return 0;
    }
    value *= 10;
  }
  if (value < TABLE[setting].least || value > TABLE[setting].most) r->bad = true;
  return value;
}

/* "hh:mm" */
static int16_t take_start(struct reader *r) {
  struct reader text = cbor_expect_string(r, CBOR_TEXT);
  int start = 0;
  unsigned i;
  if (text.left != 5) r->bad = true;
  for (i = 0; i < 5; i++) {
    unsigned digit = (unsigned)take(&text) - '0';
    if (digit > 9 && (i != 2 || digit != ':' - '0')) r->bad = true;
    if (i != 2) start = start * 10 + (int)digit;
  }
  if (start >= 2400 || start % 100 >= 60) r->bad = true;
  return (int16_t)start;
}

/* An entry: `start` NO_START has to be inside. Takes the map of the entry, or with `leaf` only its set-point. */
static void take_period(struct reader *r, struct settings *s, int start, bool leaf) {
  uint32_t members = leaf ? 1 : cbor_expect(r, CBOR_MAP);
  int32_t set_point = 0;
  unsigned i;
  while (members-- > 0 && !r->bad) {
    int32_t key = leaf ? SGB_ROOM_PERIOD_SET_POINT_DELTA : cbor_expect_int(r);
    if (key == SGB_ROOM_PERIOD_START_DELTA) {
      int inside = take_start(r);
      if (start != NO_START && start != inside) r->bad = true;
      start = inside;
    } else if (key == SGB_ROOM_PERIOD_SET_POINT_DELTA) {
      set_point = take_value(r, SET_POINT);
    } else {
      cbor_skip(r);
    }
  }
  for (i = 0; i < s->periods && s->period[i].start != start; i++) continue;
  /* Without its key, without what is mandatory, or one more than there is room for. */
  if (start == NO_START || set_point == 0 || i == MAX_PERIODS) r->bad = true;
  if (r->bad) return;
  if (i == s->periods) s->periods++;
  s->period[i].start = (int16_t)start;
  s->period[i].set_point = (int16_t)set_point;
}

/* The list: null, an entry (by the key that stood in its name, or inside), or all entries in an array. */
static void edit_periods(struct reader *r, struct settings *s, int start) {
  uint32_t entries = 1;
  unsigned i;
  if (cbor_take_null(r)) {
    for (i = s->periods; i-- > 0;) {
      if (start == NO_START || s->period[i].start == start) s->period[i] = s->period[--s->periods];
    }
    return;
  }
  if (start == NO_START && cbor_peek(r) == CBOR_ARRAY) {
    entries = cbor_expect(r, CBOR_ARRAY);
    s->periods = 0;
  }
  while (entries-- > 0 && !r->bad) take_period(r, s, start, false);
}

/* One instance that is not a container. */
static void edit(struct reader *r, struct settings *s, uint32_t sid, int start) {
  unsigned i;
  if (sid == SGB_ROOM_PERIOD_SID) {
    edit_periods(r, s, start);
    return;
  }
  if (sid == SGB_ROOM_PERIOD_SET_POINT_SID) {
    take_period(r, s, start, true); /* null is refused: without it the entry would not be whole */
    return;
  }
  for (i = 0; i < SETTINGS; i++) {
    if (TABLE[i].sid != sid) continue;
    s->value[i] = cbor_take_null(r) ? TABLE[i].usual : take_value(r, (enum setting)i);
    return;
  }
  cbor_skip(r); /* of another revision or module: not ours to judge */
}

/* An instance-identifier (draft section 2.2): a SID, or [SID, keys...]. */
static uint32_t take_name(struct reader *r, int *start) {
  uint32_t keys = 1;
  uint32_t sid;
  *start = NO_START;
  if (cbor_peek(r) == CBOR_ARRAY) keys = cbor_expect(r, CBOR_ARRAY);
  sid = cbor_expect(r, CBOR_UINT);
  if (keys == 2 && sid >= SGB_ROOM_PERIOD_SID && sid <= SGB_ROOM_PERIOD_SET_POINT_SID) {
    *start = take_start(r);
    return sid;
  }
  while (keys-- > 1) cbor_skip(r);
  return sid;
}

bool settings_apply(struct settings *settings, struct reader edits) {
  struct settings copy = *settings;
  struct reader *r = &edits;
  uint32_t pairs = 0, members = 0, container = 0;
  while (!r->bad && (pairs > 0 || members > 0 || r->left > 0)) {
    uint32_t sid;
    int start = NO_START;
    if (members > 0) {
      members--;
      edit(r, &copy, container + (uint32_t)cbor_expect_int(r), NO_START);
      continue;
    }
    if (pairs == 0) {
      pairs = cbor_expect(r, CBOR_MAP); /* the next of the sequence */
      continue;
    }
    pairs--;
    sid = take_name(r, &start);
    if (sid != SGN_NODE_SID && sid != SGB_ROOM_SID) {
      edit(r, &copy, sid, start);
      continue;
    }
    /* A container is replaced: what it does not name has its default again. */
    reset(&copy, sid);
    container = sid;
    if (!cbor_take_null(r)) members = cbor_expect(r, CBOR_MAP);
  }
  if (r->bad) return false;
  *settings = copy;
  return true;
}
