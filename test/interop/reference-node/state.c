/*
 * A ring of records over some sectors, each with a number and a checksum; record n lies in slot n of the ring. The newest one that
 * is whole counts: power may go at any moment, and the record before is still there.
 */
#include "state.h"
#include <string.h>

#ifdef WITH_SUIT
#define RECORD_BYTES 640u
#else
#define RECORD_BYTES 512u
#endif
#define RECORDS_PER_SECTOR (FLASH_SECTOR / RECORD_BYTES)
/* No record lies in two sectors. */
#define RECORD_AT(slot) ((slot) * RECORD_BYTES + (slot) / RECORDS_PER_SECTOR * (FLASH_SECTOR % RECORD_BYTES))
#define RECORDS (FLASH_STATE_SECTORS * RECORDS_PER_SECTOR)
typedef char record_fits[sizeof(struct state) <= RECORD_BYTES ? 1 : -1];

/* CRC-32 of IEEE 802.3, bit by bit, of all before it. The size goes in: another firmware's state has another one, or must be given
   another start here. */
static uint32_t check_of(const struct state *state) {
  const uint8_t *byte = (const uint8_t *)state;
  uint32_t crc = ~(uint32_t)sizeof *state;
  for (; byte < (const uint8_t *)&state->check; byte++) {
    unsigned bit;
    crc ^= *byte;
    for (bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
  }
  return crc;
}

bool state_load(struct state *state) {
  struct state record;
  uint32_t slot;
  memset(state, 0, sizeof *state);
  for (slot = 0; slot < RECORDS; slot++) {
    if (!port_flash_read(RECORD_AT(slot), &record, sizeof record) || record.check != check_of(&record)) continue;
    if (record.number > state->number) *state = record;
  }
  return state->number > 0;
}

/* Piece by piece: a second record would be half of the stack. */
static bool is_written(uint32_t at, const struct state *state) {
  const uint8_t *bytes = (const uint8_t *)state;
  uint8_t piece[16];
  unsigned done;
  for (done = 0; done < sizeof *state; done += sizeof piece) {
    unsigned length = sizeof *state - done < sizeof piece ? sizeof *state - done : sizeof piece;
    if (!port_flash_read(at + done, piece, length) || memcmp(piece, bytes + done, length) != 0) return false;
  }
  return true;
}

bool state_save(struct state *state) {
  unsigned attempts;
  for (attempts = 0; attempts < RECORDS; attempts++) {
    uint32_t slot = ++state->number % RECORDS;
    /* A sector is erased when the ring comes round to it; the newest record is in the one before. */
    if (slot % RECORDS_PER_SECTOR == 0 && !port_flash_erase(slot / RECORDS_PER_SECTOR)) continue;
    state->check = check_of(state);
    if (!port_flash_program(RECORD_AT(slot), state, sizeof *state)) continue;
    /* A slot in which power went before does not take it: the next one does. */
    if (is_written(RECORD_AT(slot), state)) return true;
  }
  return false;
}
