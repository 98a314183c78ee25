/*
 * The port to a POSIX system, and the program around it: sockets, clock, chance, two sensors that always say the same, and a
 * file that behaves as NOR flash does. None of this counts as the node's code.
 */
#define _POSIX_C_SOURCE 200809L
#include "node.h"
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef WITH_CREDENTIALS
#include "credentials.h" /* sidgate node add NAME --format c --out credentials.h */
static const struct oscore_credentials CREDENTIALS = {oscore_master_secret,
                                                      sizeof oscore_master_secret,
                                                      oscore_master_salt,
                                                      sizeof oscore_master_salt,
                                                      {oscore_sender_id, sizeof oscore_sender_id},
                                                      {oscore_recipient_id, sizeof oscore_recipient_id}};
#endif

#ifdef WITH_SUIT
/* UUIDs; the authors of its releases name the same. */
static uint8_t vendor[SUIT_IDENTIFIER], model[SUIT_IDENTIFIER];

static void read_identifier(const char *hex, uint8_t *into) {
  unsigned digits, i;
  for (i = 0; i < SUIT_IDENTIFIER && sscanf(hex, "%2x", &digits) == 1; i++, hex += 2) into[i] = (uint8_t)digits;
}

uint32_t port_battery(void) { return UINT32_MAX; }
#endif

static struct node node;

static struct {
  int socket, flash;
  bool trace;
  uint32_t speed, seed, alarms;
  unsigned long programs, erases, sent;
} port;

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* -- addresses and datagrams ------------------------------------------------------------------------------------------ */

static void address_from(struct address *to, const struct sockaddr_storage *from) {
  memset(to, 0, sizeof *to);
  if (from->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)from;
    to->length = 6;
    memcpy(to->bytes, &in->sin_addr, 4);
    memcpy(to->bytes + 4, &in->sin_port, 2);
  } else {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
    to->length = 22;
    memcpy(to->bytes, &in6->sin6_addr, 16);
    memcpy(to->bytes + 16, &in6->sin6_port, 2);
    memcpy(to->bytes + 18, &in6->sin6_scope_id, 4);
  }
}

static socklen_t address_to(struct sockaddr_storage *to, const struct address *from) {
  memset(to, 0, sizeof *to);
  if (from->length == 6) {
    struct sockaddr_in *in = (struct sockaddr_in *)to;
    in->sin_family = AF_INET;
    memcpy(&in->sin_addr, from->bytes, 4);
    memcpy(&in->sin_port, from->bytes + 4, 2);
    return sizeof *in;
  } else {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
    in6->sin6_family = AF_INET6;
    memcpy(&in6->sin6_addr, from->bytes, 16);
    memcpy(&in6->sin6_port, from->bytes + 16, 2);
    memcpy(&in6->sin6_scope_id, from->bytes + 18, 4);
    return sizeof *in6;
  }
}

/* 127.0.0.1:5683, [fe80::1%eth0]:5683 */
static void parse_address(const char *text, struct address *address) {
  char host[80];
  const char *colon = strrchr(text, ':');
  size_t length = colon ? (size_t)(colon - text) : 0;
  struct addrinfo hints, *found;
  if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
    text++;
    length -= 2;
  }
  if (length == 0 || length >= sizeof host) die("address");
  memcpy(host, text, length);
  host[length] = 0;
  memset(&hints, 0, sizeof hints);
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  if (getaddrinfo(host, colon + 1, &hints, &found) != 0) die("address");
  address_from(address, (const struct sockaddr_storage *)found->ai_addr);
  freeaddrinfo(found);
}

static void trace(const char *direction, const uint8_t *bytes, size_t length) {
  size_t i;
  if (!port.trace) return;
  printf("%s ", direction);
  for (i = 0; i < length; i++) printf("%02x", bytes[i]);
  printf("\n");
  fflush(stdout);
}

void port_send(const struct address *to, const uint8_t *bytes, size_t length) {
  struct sockaddr_storage address;
  socklen_t size = address_to(&address, to);
  trace("up", bytes, length);
  port.sent++;
  /* A datagram that does not leave is one that was lost. */
  if (sendto(port.socket, bytes, length, 0, (struct sockaddr *)&address, size) < 0) return;
}

unsigned port_receive(struct address *from, uint8_t *into, unsigned room, uint32_t until) {
  for (;;) {
    static uint8_t datagram[2048];
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    struct pollfd ready;
    int32_t wait = (int32_t)(until - port_now());
    ssize_t length;
    ready.fd = port.socket;
    ready.events = POLLIN;
    if (wait < 0 || poll(&ready, 1, wait) <= 0) return 0;
    length = recvfrom(port.socket, datagram, sizeof datagram, 0, (struct sockaddr *)&address, &size);
    if (length <= 0) continue; /* an ICMP error, or a datagram of nothing */
    trace("down", datagram, (size_t)length);
    address_from(from, &address);
    if ((size_t)length < room) room = (unsigned)length;
    memcpy(into, datagram, room);
    return room;
  }
}

/* What came while the radio was off was not heard. */
static void forget_datagrams(void) {
  uint8_t byte;
  while (recv(port.socket, &byte, 1, MSG_DONTWAIT) >= 0) continue;
}

/* -- clock, chance, sensors ------------------------------------------------------------------------------------------- */

uint32_t port_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

void port_wait(uint32_t milliseconds) {
  struct timespec time;
  milliseconds /= port.speed;
  time.tv_sec = milliseconds / 1000;
  time.tv_nsec = (long)(milliseconds % 1000) * 1000000;
  nanosleep(&time, NULL);
}

uint32_t port_random(void) {
  uint32_t word;
  int chance;
  if (port.seed != 0) { /* the bytes of the documentation; a linear congruential generator */
    port.seed = port.seed * 1664525u + 1013904223u;
    return port.seed >> 8;
  }
  chance = open("/dev/urandom", O_RDONLY);
  if (chance < 0 || read(chance, &word, sizeof word) != (ssize_t)sizeof word) die("/dev/urandom");
  close(chance);
  return word;
}

void port_read_sensors(struct readings *readings) {
  readings->temperature = 2150;
  readings->humidity = 45;
  readings->alarms = (uint8_t)port.alarms;
}

/* -- flash ------------------------------------------------------------------------------------------------------------ */

static void open_flash(const char *path) {
  uint32_t sector;
  port.flash = open(path, O_RDWR | O_CREAT, 0600);
  if (port.flash < 0) die(path);
  if (lseek(port.flash, 0, SEEK_END) == (off_t)(FLASH_SECTORS * FLASH_SECTOR)) return;
  for (sector = 0; sector < FLASH_SECTORS; sector++) port_flash_erase(sector);
  port.erases = 0;
}

bool port_flash_read(uint32_t at, void *into, size_t length) {
  return pread(port.flash, into, length, (off_t)at) == (ssize_t)length;
}

/* Bits go from 1 to 0 only. */
bool port_flash_program(uint32_t at, const void *bytes, size_t length) {
  uint8_t cells[1024];
  const uint8_t *from = bytes;
  size_t i;
  if (length > sizeof cells || !port_flash_read(at, cells, length)) return false;
  for (i = 0; i < length; i++) cells[i] &= from[i];
  port.programs++;
  return pwrite(port.flash, cells, length, (off_t)at) == (ssize_t)length;
}

bool port_flash_erase(uint32_t sector) {
  uint8_t cells[FLASH_SECTOR];
  memset(cells, 0xff, sizeof cells);
  port.erases++;
  return pwrite(port.flash, cells, sizeof cells, (off_t)(sector * FLASH_SECTOR)) == (ssize_t)sizeof cells;
}

/* An image of this node is no program: this one plays them all. Each begins with its version, padded with zeros. */
static void take_version(uint8_t bank) {
  static char version[17];
  size_t i;
  memset(version, 0, sizeof version);
  node.version = "1.0.0"; /* of the factory */
  if (node.kept.running_size == 0) return;
  if (!port_flash_read(FLASH_BANK(bank), version, sizeof version - 1)) die("flash");
  for (i = 0; version[i] >= ' ' && version[i] <= '~'; i++) continue;
  version[i] = 0;
  node.version = i > 0 ? version : "?";
}

void port_boot(uint8_t bank) {
  printf("boot bank=%u\n", bank);
  fflush(stdout);
  take_version(bank);
}

/* -- the program ------------------------------------------------------------------------------------------------------ */

static const char USAGE[] =
    "usage: node --gateway ADDRESS:PORT [--group ADDRESS:PORT] [--ep NAME] [--flash FILE] [--wakes N] [--once]\n"
    "            [--blocks N] [--ack-timeout MILLISECONDS] [--wake-interval SECONDS] [--speed N] [--seed N]\n"
    "            [--alarms BITS] [--trace]\n"
    "            [--vendor UUID] [--class UUID]  (32 hex digits, WITH_SUIT)\n";

static uint32_t number(const char *text) {
  char *end;
  unsigned long value = text ? strtoul(text, &end, 10) : 0;
  if (text == NULL || *end != 0 || value > UINT32_MAX) {
    fputs(USAGE, stderr);
    exit(64);
  }
  return (uint32_t)value;
}

int main(int count, char **words) {
  static char query[64];
  struct config *config = &node.config;
  const char *flash = "node.flash";
  uint32_t wakes = 0, wake;
  bool once = false;
  int i;
  node.model = "reference";
  node.hardware = "posix";
  node.version = "1.0.0";
  config->ack_timeout = 2000;
  config->wake_interval = 900;
  port.speed = 1;
#ifdef WITH_SUIT
  node.suit.vendor = vendor;
  node.suit.class_ = model;
#endif
#ifdef WITH_CREDENTIALS
  config->credentials = &CREDENTIALS;
#endif
  for (i = 1; i < count; i++) {
    const char *word = words[i];
    const char *next = words[i + 1];
    if (strcmp(word, "--trace") == 0) {
      port.trace = true;
      continue;
    }
    if (strcmp(word, "--once") == 0) {
      once = true;
      continue;
    }
    i++;
    if (next == NULL) {
      (void)number(NULL);
    } else if (strcmp(word, "--gateway") == 0) {
      parse_address(next, &node.gateway);
    } else if (strcmp(word, "--group") == 0) {
      parse_address(next, &node.config.group);
    } else if (strcmp(word, "--flash") == 0) {
      flash = next;
    } else if (strcmp(word, "--ep") == 0 && strlen(next) < sizeof query - 3) {
      sprintf(query, "ep=%s", next);
      config->query = query;
    } else if (strcmp(word, "--wakes") == 0) {
      wakes = number(next);
    } else if (strcmp(word, "--blocks") == 0) {
      config->blocks_per_wake = number(next);
    } else if (strcmp(word, "--ack-timeout") == 0) {
      config->ack_timeout = number(next);
    } else if (strcmp(word, "--wake-interval") == 0) {
      config->wake_interval = number(next);
    } else if (strcmp(word, "--speed") == 0) {
      port.speed = number(next);
    } else if (strcmp(word, "--alarms") == 0) {
      port.alarms = number(next);
#ifdef WITH_SUIT
    } else if (strcmp(word, "--vendor") == 0) {
      read_identifier(next, vendor);
    } else if (strcmp(word, "--class") == 0) {
      read_identifier(next, model);
#endif
    } else if (strcmp(word, "--seed") == 0) {
      port.seed = number(next);
    } else {
      (void)number(NULL);
    }
  }
  if (node.gateway.length + node.config.group.length == 0 || port.speed == 0) (void)number(NULL);
  port.socket = socket((node.gateway.length | node.config.group.length) == 6 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
  if (port.socket < 0) die("socket");
  open_flash(flash);
  if (!node_start(&node)) die("start");
  if (node.kept.running_size > 0) take_version(node.kept.bank);
  for (wake = 1;; wake++) {
    const struct settings *settings = &node.kept.settings;
    uint32_t seconds;
    forget_datagrams();
    seconds = node_wake(&node);
    printf("wake report=%u applied=%u set-point=%d mode=%u periods=%u phase=%u received=%u missed=%u sleep=%u\n",
           (unsigned)node.kept.report, (unsigned)node.kept.applied, (int)settings->value[SET_POINT], (int)settings->value[MODE],
           settings->periods, node.kept.phase, node.kept.phase ? (unsigned)download_received(&node) : 0, node.missed,
           (unsigned)seconds);
    fflush(stdout);
    if (wake == wakes || once) break;
    port_wait(seconds * 1000);
  }
  if (once) node_rest(&node);
  printf("end sent=%lu programs=%lu erases=%lu ram=%u\n", port.sent, port.programs, port.erases, (unsigned)sizeof node);
  return node.missed > 0;
}
