/*
 * Records of a fixed size, each with a number and a checksum, one behind the other round a ring of sectors. The newest
 * one that is whole counts: power may go at any moment, and the record before is still there.
 */
#include "state.h"
#include <string.h>

#define RECORD_BYTES 512u
#define RECORDS_PER_SECTOR (FLASH_SECTOR / RECORD_BYTES)
#define RECORDS (FLASH_STATE_SECTORS * RECORDS_PER_SECTOR)
#define BLANK UINT32_MAX

struct record {
  uint32_t number; /* counts up, without end in the life of a flash */
  uint32_t size;   /* another firmware's state has another size, or must be given another layout number here */
  struct state state;
  uint32_t check;
};
typedef char record_fits[sizeof(struct record) <= RECORD_BYTES ? 1 : -1];

/* CRC-32 of IEEE 802.3, bit by bit. */
static uint32_t check_of(const struct record *record) {
  const uint8_t *byte = (const uint8_t *)record;
  const uint8_t *end = (const uint8_t *)&record->check;
  uint32_t crc = UINT32_MAX;
  for (; byte < end; byte++) {
    unsigned bit;
    crc ^= *byte;
    for (bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
  }
  return crc;
}

static bool read_record(uint32_t slot, struct record *record) {
  if (!port_flash_read(slot * RECORD_BYTES, record, sizeof *record)) return false;
  return record->number != BLANK && record->size == sizeof *record && record->check == check_of(record);
}

/* Slot of the newest record, which is left in `record`; BLANK when there is none. */
static uint32_t newest(struct record *record) {
  uint32_t slot, found = BLANK, number = 0;
  for (slot = 0; slot < RECORDS; slot++) {
    if (!read_record(slot, record) || (found != BLANK && record->number < number)) continue;
    found = slot;
    number = record->number;
  }
  if (found != BLANK) (void)read_record(found, record);
  return found;
}

bool state_load(struct state *state) {
  struct record record;
  bool found = newest(&record) != BLANK;
  if (found) {
    *state = record.state;
  } else {
    memset(state, 0, sizeof *state);
  }
  return found;
}

bool state_save(const struct state *state) {
  struct record record;
  uint32_t last = newest(&record);
  uint32_t number = last == BLANK ? 0 : record.number + 1;
  uint32_t slot = last == BLANK ? 0 : (last + 1) % RECORDS;
  unsigned attempts;
  for (attempts = 0; attempts < RECORDS; attempts++, slot = (slot + 1) % RECORDS) {
    /* A sector is erased when the ring comes round to it; the newest record is in the one before. */
    if (slot % RECORDS_PER_SECTOR == 0 && !port_flash_erase(slot / RECORDS_PER_SECTOR)) continue;
    memset(&record, 0, sizeof record);
    record.number = number;
    record.size = sizeof record;
    record.state = *state;
    record.check = check_of(&record);
    if (!port_flash_program(slot * RECORD_BYTES, &record, sizeof record)) continue;
    /* A slot in which power went before does not take it: the next one does. */
    if (read_record(slot, &record) && record.number == number) return true;
  }
  return false;
}
