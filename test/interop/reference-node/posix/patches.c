/*
 * What the node makes of a patch: a line of hex words in, a line out. Words: what to do, old image ("-": none), patch, new image.
 * "apply" says what came out; "mutate" tries every other value of every byte and "cut" every length of the patch, and says how many of
 * them made the new image. Whoever reads or writes beside the three pieces of flash ends the program.
 */
#include "delta.h"
#include "port.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES 4096
enum { OLD, WITH, NEW, MADE, PIECES };

/* In memory of just its size, each somewhere in the flash. */
static struct {
  uint8_t *bytes;
  struct span span;
} pieces[PIECES];

static uint8_t *in_flash(uint32_t at, size_t length, bool to_write) {
  unsigned i;
  for (i = to_write ? MADE : OLD; i < PIECES; i++) {
    const struct span *span = &pieces[i].span;
    if (at >= span->at && at - span->at <= span->size && length <= span->size - (at - span->at)) return pieces[i].bytes + (at - span->at);
  }
  abort();
}

bool port_flash_read(uint32_t at, void *into, size_t length) {
  memcpy(into, in_flash(at, length, false), length);
  return true;
}

bool port_flash_program(uint32_t at, const void *bytes, size_t length) {
  memcpy(in_flash(at, length, true), bytes, length);
  return true;
}

static void make_piece(unsigned which, const uint8_t *bytes, unsigned length) {
  free(pieces[which].bytes);
  pieces[which].bytes = malloc(length > 0 ? length : 1);
  if (pieces[which].bytes == NULL) abort();
  if (length > 0) memcpy(pieces[which].bytes, bytes, length);
  pieces[which].span.at = (which + 1) * 0x10000;
  pieces[which].span.size = length;
}

static bool makes_new(void) {
  memset(pieces[MADE].bytes, 0xff, pieces[MADE].span.size);
  return delta_apply(&pieces[OLD].span, &pieces[WITH].span, &pieces[MADE].span) &&
         memcmp(pieces[MADE].bytes, pieces[NEW].bytes, pieces[NEW].span.size) == 0;
}

static void run(const char *what) {
  uint8_t *patch = pieces[WITH].bytes;
  unsigned length = pieces[WITH].span.size;
  unsigned tried = 0, right = 0, at, other;
  if (strcmp(what, "apply") == 0) {
    bool is_new = makes_new();
    printf("%s ", is_new ? "new" : "wrong");
    for (at = 0; at < pieces[MADE].span.size; at++) printf("%02x", pieces[MADE].bytes[at]);
  } else if (strcmp(what, "mutate") == 0) {
    for (at = 0; at < length; at++) {
      for (other = 1; other < 256; other++, tried++) {
        patch[at] ^= (uint8_t)other;
        if (makes_new()) right++;
        patch[at] ^= (uint8_t)other;
      }
    }
    printf("tried=%u right=%u", tried, right);
  } else {
    static uint8_t copy[MAX_BYTES];
    memcpy(copy, patch, length);
    for (at = 0; at < length; at++, tried++) {
      make_piece(WITH, copy, at);
      if (makes_new()) right++;
    }
    printf("tried=%u right=%u", tried, right);
  }
  printf("\n");
}

int main(void) {
  static char line[8 * MAX_BYTES];
  unsigned i;
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *what = strtok(line, " \n");
    for (i = OLD; i <= NEW; i++) {
      static uint8_t bytes[MAX_BYTES];
      const char *hex = strtok(NULL, " \n");
      unsigned length = 0, digits;
      while (hex != NULL && length < MAX_BYTES && sscanf(hex, "%2x", &digits) == 1) {
        bytes[length++] = (uint8_t)digits;
        hex += 2;
      }
      make_piece(i, bytes, length);
    }
    make_piece(MADE, pieces[NEW].bytes, pieces[NEW].span.size);
    run(what);
  }
  for (i = 0; i < PIECES; i++) free(pieces[i].bytes);
  return 0;
}
