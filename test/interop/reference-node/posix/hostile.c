/*
 * A gateway that sends what it likes: well-formed bodies and messages, spoilt at random, into everything that reads. To be built
 * with -fsanitize=address,undefined; each spoilt thing lies in memory of just its size, so that one byte too far is seen.
 */
#include "node.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SEEDS 32
#define MAX_BYTES 512

static uint32_t dice = 1;
static struct {
  uint8_t bytes[MAX_BYTES];
  unsigned length;
} seeds[MAX_SEEDS];
static unsigned seed_count;
static uint8_t asked[MAX_DATAGRAM];
static unsigned answers;
static uint32_t now;

uint32_t port_random(void) {
  dice = dice * 1664525u + 1013904223u;
  return dice >> 8;
}

/* A seed with some bytes changed, cut or doubled. */
static unsigned spoil(uint8_t *into) {
  unsigned which = port_random() % seed_count;
  unsigned length = seeds[which].length;
  unsigned changes = port_random() % 4;
  memcpy(into, seeds[which].bytes, length);
  while (changes-- > 0 && length > 0) {
    unsigned at = port_random() % length;
    switch (port_random() % 4) {
      case 0:
        into[at] = (uint8_t)port_random();
        break;
      case 1:
        into[at] ^= (uint8_t)(1u << port_random() % 8);
        break;
      case 2:
        length = at;
        break;
      default:
        if (length + 8 >= MAX_BYTES) break;
        memmove(into + at + 8, into + at, length - at);
        length += 8;
    }
  }
  return length;
}

/* -- a port whose radio hears spoilt answers to what was asked -------------------------------------------------------- */

uint32_t port_now(void) { return now; }
void port_wait(uint32_t milliseconds) { now += milliseconds; }
void port_boot(uint8_t bank) { (void)bank; }
void port_read_sensors(struct readings *readings) {
  readings->temperature = -1234;
  readings->humidity = 100;
  readings->alarms = (uint8_t)(port_random() % 2);
}

void port_send(const struct address *to, const uint8_t *bytes, size_t length) {
  (void)to;
  if (length < 6) return;
  memcpy(asked, bytes, 6);
  answers = port_random() % 3;
}

unsigned port_receive(struct address *from, uint8_t *into, unsigned room, uint32_t until) {
  static uint8_t message[MAX_BYTES + 32];
  static const uint8_t CODES[] = {0x44, 0x44, 0x45, 0x45, 0x45, 0x81, 0x84, 0xa3, 0x9d, 0x00};
  unsigned length = 6;
  if (answers == 0) {
    now = until;
    return 0;
  }
  answers--;
  memset(from, 0, sizeof *from);
  from->length = 6;
  memcpy(message, asked, 6);
  message[0] = (uint8_t)(0x42 | port_random() % 4 << 4);
  message[1] = CODES[port_random() % sizeof CODES];
  if (port_random() % 2 == 0) { /* a block of the image: its ETag, and a Block2 that may fit */
    static const uint8_t BLOCK[] = {0x42, 0xaa, 0xaa, 0xd1, 0x06, 0x02, 0xff};
    memcpy(message + length, BLOCK, sizeof BLOCK);
    length += (unsigned)sizeof BLOCK;
    message[length - 2] = (uint8_t)(port_random() % 2 << 4 | port_random() % 2 << 3 | 2);
    memset(message + length, 0x5a, 64);
    length += port_random() % 4 == 0 ? 20 : 64;
  } else {
    if (port_random() % 2 == 0) message[length++] = 0xff;
    length += spoil(message + length);
  }
  if (port_random() % 8 == 0) length = port_random() % (length + 1);
  if (length == 0) length = 1;
  if (length > room) length = room;
  memcpy(into, message, length);
  return length;
}

static uint8_t flash[FLASH_SECTORS * FLASH_SECTOR];

bool port_flash_read(uint32_t at, void *into, size_t length) {
  if (at + length > sizeof flash) abort();
  memcpy(into, flash + at, length);
  return true;
}

bool port_flash_program(uint32_t at, const void *bytes, size_t length) {
  const uint8_t *from = bytes;
  if (at + length > sizeof flash) abort();
  while (length-- > 0) flash[at++] &= *from++;
  return port_random() % 64 > 0;
}

bool port_flash_erase(uint32_t sector) {
  if (sector >= FLASH_SECTORS) abort();
  memset(flash + sector * FLASH_SECTOR, 0xff, FLASH_SECTOR);
  return true;
}

/* -- the readers by themselves ---------------------------------------------------------------------------------------- */

static void read_one(const struct oscore *context) {
  uint8_t *copy;
  uint8_t spoilt[MAX_BYTES];
  unsigned length = spoil(spoilt);
  struct reader r;
  struct reply reply;
  struct settings settings;
  struct settings before;
  struct rejected rejected;
  struct coap_answer answer;
  struct oscore_piv piv = {1, {0}};
  copy = malloc(length + 1);
  if (copy == NULL) abort();
  copy++; /* not where memory is aligned */
  memcpy(copy, spoilt, length);
  (void)reply_read(read_from(copy, length), &reply);
  settings_reset(&settings);
  before = settings;
  if (!settings_apply(&settings, read_from(copy, length), &rejected) && memcmp(&settings, &before, sizeof settings) != 0) abort();
  if (settings.periods > MAX_PERIODS) abort();
  r = read_from(copy, length);
  if (coap_take_body(&r, &answer)) (void)oscore_open(context, &piv, &answer);
  free(copy - 1);
}

int main(int count, char **words) {
  static const uint8_t SECRET[16] = {1};
  static const struct oscore_credentials CREDENTIALS = {SECRET, sizeof SECRET, NULL, 0, {SECRET, 1}, {SECRET + 1, 1}};
  static struct node node;
  struct oscore context;
  unsigned long rounds = count > 1 ? strtoul(words[1], NULL, 10) : 1000;
  unsigned long round, sleeps = 0;
  unsigned i;
  for (i = 2; i < (unsigned)count && seed_count < MAX_SEEDS; i++) {
    unsigned digits;
    const char *hex = words[i];
    while (sscanf(hex, "%2x", &digits) == 1 && seeds[seed_count].length < MAX_BYTES / 2) {
      seeds[seed_count].bytes[seeds[seed_count].length++] = (uint8_t)digits;
      hex += 2;
    }
    seed_count++;
  }
  if (seed_count == 0 || !oscore_derive(&context, &CREDENTIALS)) return 64;
  for (round = 0; round < rounds; round++) read_one(&context);
  node.model = node.hardware = node.version = "x";
  node.config.query = "ep=x";
  node.config.ack_timeout = 2000;
  node.config.wake_interval = 900;
  node.gateway.length = 6;
  memset(flash, 0xff, sizeof flash);
  for (round = 0; round < rounds / 100; round++) {
    if (round % 16 == 0) (void)node_start(&node);
    sleeps += node_wake(&node);
    if (port_random() % 4 == 0) node_rest(&node);
  }
  printf("read=%lu wakes=%lu slept=%lu\n", rounds, round, sleeps);
  return 0;
}
