/*
 * What the node makes of an envelope: a line of hex words in, a line out. Words: what to do, master secret, vendor and class, the
 * installed release (number and digest, or "-"), the offered image's digest, size, slot, mWh, envelope. "verify" says the verdict and
 * what would be told of it; "mutate" tries every other value of every byte, "flip" those of one other bit, "cut" every length, each in memory of just its size.
 */
#include "suit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES 1024
enum { SECRET, VENDOR, CLASS, INSTALLED, DIGEST, SIZE, SLOT, BATTERY, ENVELOPE, WORDS };

struct word {
  uint8_t bytes[MAX_BYTES];
  unsigned length;
};
static struct word words[WORDS];

static void read_hex(const char *hex, struct word *word) {
  unsigned digits;
  word->length = 0;
  while (word->length < MAX_BYTES && sscanf(hex, "%2x", &digits) == 1) {
    word->bytes[word->length++] = (uint8_t)digits;
    hex += 2;
  }
}

static uint32_t number_in(const struct word *word) {
  struct reader r = read_from(word->bytes, word->length);
  return take_uint(&r, r.left);
}

/* In memory of just its size, not where memory is aligned. */
static bool verify(const struct suit_device *device, const uint8_t *bytes, unsigned length, struct suit_verdict *verdict) {
  uint8_t *copy = malloc(length + 1);
  bool is_taken;
  if (copy == NULL) abort();
  memcpy(copy + 1, bytes, length);
  is_taken = suit_verify(copy + 1, length, device, verdict);
  if (is_taken != (verdict->reason == SUIT_OK)) abort();
  free(copy);
  return is_taken;
}

static void print_container(const struct suit_device *device, const struct suit_verdict *verdict) {
  uint8_t out[256];
  unsigned i;
  write_to(out, sizeof out);
  suit_put(device->identity, device->installed, verdict);
  printf(" ");
  for (i = 0; i < written(); i++) printf("%02x", out[i]);
}

static void mutate(const struct suit_device *device, struct word *envelope, bool only_bits) {
  struct suit_verdict verdict;
  unsigned tried = 0, taken = 0, at, other;
  for (at = 0; at < envelope->length; at++) {
    uint8_t right = envelope->bytes[at];
    for (other = 1; other < 256; other++) {
      if (only_bits && (other & (other - 1)) != 0) continue;
      envelope->bytes[at] = (uint8_t)(right ^ other);
      tried++;
      if (verify(device, envelope->bytes, envelope->length, &verdict)) taken++;
    }
    envelope->bytes[at] = right;
  }
  printf("tried=%u taken=%u", tried, taken);
}

static void run(const char *what) {
  struct suit_identity identity;
  struct suit_release installed;
  struct suit_device device;
  struct suit_verdict verdict;
  const struct word *envelope = &words[ENVELOPE];
  unsigned length, taken = 0;
  memset(&installed, 0, sizeof installed);
  if (words[INSTALLED].length > 0) {
    installed.known = 1;
    memcpy(installed.number, words[INSTALLED].bytes, words[INSTALLED].length - SHA256_BYTES);
    memcpy(installed.digest, words[INSTALLED].bytes + words[INSTALLED].length - SHA256_BYTES, SHA256_BYTES);
  }
  identity.vendor = words[VENDOR].bytes;
  identity.class_ = words[CLASS].bytes;
  identity.secret = words[SECRET].bytes;
  identity.secret_length = words[SECRET].length;
  device.identity = &identity;
  device.installed = &installed;
  device.digest = words[DIGEST].bytes;
  device.size = number_in(&words[SIZE]);
  device.slot = number_in(&words[SLOT]);
  device.battery = number_in(&words[BATTERY]);
  if (strcmp(what, "mutate") == 0 || strcmp(what, "flip") == 0) {
    mutate(&device, &words[ENVELOPE], *what == 'f');
  } else if (strcmp(what, "cut") == 0) {
    for (length = 0; length < envelope->length; length++) {
      if (verify(&device, envelope->bytes, length, &verdict)) taken++;
    }
    printf("tried=%u taken=%u", length, taken);
  } else if (strcmp(what, "introduce") == 0) {
    print_container(&device, NULL);
  } else {
    (void)verify(&device, envelope->bytes, envelope->length, &verdict);
    printf("reason=%u section=%u offset=%u", verdict.reason, verdict.section, verdict.offset);
    if (verdict.release.known != 0) print_container(&device, &verdict);
  }
  printf("\n");
}

int main(void) {
  static char line[8192];
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *what = strtok(line, " \n");
    unsigned i;
    for (i = 0; i < WORDS; i++) {
      const char *hex = strtok(NULL, " \n");
      read_hex(hex != NULL ? hex : "-", &words[i]);
    }
    run(what);
  }
  return 0;
}
