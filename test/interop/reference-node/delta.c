/*
 * A byte of the image asks for one of the patch, that for some bits of what was shrunk, and those for a byte of the flash: nothing
 * is read ahead of its use but by the piece, and nothing is kept but the window.
 */
#include "delta.h"
#include "port.h"

#ifdef WITH_DELTA
#define PIECE 16u
#define PAGE 64u
#define SEQUENTIAL_HEATSHRINK 4u
#define NEGATIVE 0x40u
#define MORE 0x80u
#define WINDOW (1u << DELTA_WINDOW_BITS)

struct patch {
  struct span left;
  unsigned at; /* in `piece` */
  bool bad;
  uint8_t byte, mask; /* the bits under way */
  uint8_t distance_bits, count_bits;
  unsigned head, distance, copies;
  uint8_t piece[PIECE];
  uint8_t window[WINDOW];
};

static unsigned smaller(uint32_t one, uint32_t other) { return (unsigned)(one < other ? one : other); }

/* Zeros behind the end, and `bad`. */
static uint8_t flash_byte(struct patch *patch) {
  unsigned at = patch->at % PIECE;
  if (patch->left.size == 0) patch->bad = true;
  if (patch->bad) return 0;
  if (at == 0 && !port_flash_read(patch->left.at + patch->at, patch->piece, smaller(patch->left.size, PIECE))) patch->bad = true;
  patch->left.size--;
  patch->at++;
  return patch->piece[at];
}

/* From the highest on. */
static unsigned bits(struct patch *patch, unsigned count) {
  unsigned value = 0;
  while (count-- > 0) {
    if (patch->mask == 0) {
      patch->byte = flash_byte(patch);
      patch->mask = 0x80;
    }
    value = value << 1 | ((patch->byte & patch->mask) != 0);
    patch->mask >>= 1;
  }
  return value;
}

/* heatshrink: 1 and a byte, or 0, how far back less one, and how many less one. */
static uint8_t shrunk_byte(struct patch *patch) {
  uint8_t byte;
  if (patch->copies == 0 && bits(patch, 1) != 0) {
    byte = (uint8_t)bits(patch, 8);
  } else {
    if (patch->copies == 0) {
      patch->distance = bits(patch, patch->distance_bits) + 1;
      patch->copies = bits(patch, patch->count_bits) + 1;
    }
    patch->copies--;
    byte = patch->window[(patch->head - patch->distance) % WINDOW];
  }
  patch->window[patch->head++ % WINDOW] = byte;
  return byte;
}

/* 6 bits, beside a sign and whether more follow, then 7 and 7. */
static int32_t number(struct patch *patch, uint8_t (*next)(struct patch *)) {
  uint32_t byte = next(patch);
  uint32_t value = byte & 0x3f;
  bool negative = (byte & NEGATIVE) != 0;
  unsigned shift = 6;
  for (; byte & MORE; shift += 7) {
    byte = next(patch);
    if (shift > 20) patch->bad = true;
    if (patch->bad) return 0;
    value |= (byte & 0x7f) << shift;
  }
  return negative ? -(int32_t)value : (int32_t)value;
}

static bool is_window(struct patch *patch) {
  unsigned byte = flash_byte(patch);
  patch->distance_bits = (uint8_t)((byte >> 4) + 4);
  patch->count_bits = (uint8_t)((byte & 15) + 3);
  return patch->distance_bits <= DELTA_WINDOW_BITS && patch->count_bits < patch->distance_bits;
}

/* So many bytes of the image: those of `from` with what is added to them, or new ones. */
static bool copy(struct patch *patch, uint32_t from, uint32_t to, uint32_t size) {
  uint8_t page[PAGE];
  while (size > 0) {
    unsigned length = smaller(size, PAGE);
    unsigned i;
    for (i = 0; i < length; i++) page[i] = 0;
    if (from > 0 && !port_flash_read(from, page, length)) return false;
    for (i = 0; i < length; i++) page[i] = (uint8_t)(page[i] + shrunk_byte(patch));
    if (patch->bad || !port_flash_program(to, page, length)) return false;
    if (from > 0) from += length;
    to += length;
    size -= length;
  }
  return true;
}

bool delta_apply(const struct span *from, const struct span *with, const struct span *to) {
  struct patch patch;
  uint32_t done = 0;
  uint32_t at = 0; /* in `from`; may be anywhere between two uses, and goes round below 0 */
  patch.left = *with;
  patch.at = 0;
  patch.bad = false;
  if (flash_byte(&patch) != SEQUENTIAL_HEATSHRINK || number(&patch, flash_byte) != (int32_t)to->size) return false;
  if (!is_window(&patch)) return false;
  patch.mask = 0;
  patch.head = patch.copies = 0;
  for (; patch.head < WINDOW; patch.head++) patch.window[patch.head] = 0;
  if (number(&patch, shrunk_byte) != 0) return false; /* no format of data that it would need to know */
  while (done < to->size) {
    uint32_t size = (uint32_t)number(&patch, shrunk_byte);
    if (patch.bad || size > to->size - done || (size > 0 && (at > from->size || size > from->size - at))) return false;
    if (!copy(&patch, from->at + at, to->at + done, size)) return false;
    done += size;
    at += size;
    size = (uint32_t)number(&patch, shrunk_byte);
    if (patch.bad || size > to->size - done || !copy(&patch, 0, to->at + done, size)) return false;
    done += size;
    at += (uint32_t)number(&patch, shrunk_byte);
  }
  return true;
}
#endif
