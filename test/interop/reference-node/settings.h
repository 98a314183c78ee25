/* What managers may set on this node, and how an edit (an iPATCH payload, draft-ietf-core-comi-21 3.2.3) changes it. */
#ifndef SETTINGS_H
#define SETTINGS_H
#include "bytes.h"

#define MAX_PERIODS 4
#define START_BYTES 5
#define MAX_REJECTED 48

enum setting { WAKE_INTERVAL, SET_POINT, MODE, SETTINGS };

struct period {
  uint8_t start[START_BYTES]; /* hh:mm, local time */
  int16_t set_point;
};

struct settings {
  int32_t value[SETTINGS]; /* seconds, 0 when not set; hundredths of a degree; enum */
  uint8_t periods;         /* how many there are */
  struct period period[MAX_PERIODS];
};

/* Edits that this node will not have, as the list `rejected` of a report has them: its entries without their head. */
struct rejected {
  uint8_t count;
  uint8_t length;
  uint8_t bytes[MAX_REJECTED];
};

void settings_reset(struct settings *settings);
/* Each instance as a whole or not at all. False for what cannot be read, or more rejected ones than can be told: nothing is done. */
bool settings_apply(struct settings *settings, struct reader edits, struct rejected *rejected);

#endif
