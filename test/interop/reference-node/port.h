/* What a port supplies: the radio, the clock, chance, the sensors and a piece of NOR flash. Nothing else of the node meets the outside. */
#ifndef PORT_H
#define PORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whatever the port calls an address, e.g. 16 bytes of IPv6, 2 of the port, 4 of the link; compared and kept, never looked into. What is not used of it is 0. */
struct address {
  uint8_t length; /* 0: none */
  uint8_t bytes[23];
};

void port_send(const struct address *to, const uint8_t *bytes, size_t length);
/* Waits for a datagram until `port_now` reaches `until`; its length, 0 when none came. What does not fit is cut off. */
unsigned port_receive(struct address *from, uint8_t *into, unsigned room, uint32_t until);
/* Milliseconds since some moment; goes round after 2^32. */
uint32_t port_now(void);
void port_wait(uint32_t milliseconds);
/* Message ids, tokens and back-off come from here: it has to differ after each start. */
uint32_t port_random(void);

struct readings {
  int32_t temperature; /* hundredths of a degree Celsius */
  uint32_t humidity;   /* percent */
  uint8_t alarms;      /* bits, as sidgate-building numbers them; up to 8 */
};
void port_read_sensors(struct readings *readings);
#ifdef WITH_SUIT
/* mWh that the battery still has; UINT32_MAX without one. */
uint32_t port_battery(void);
#endif

/* The map of the flash, in sectors: a log of states, the marks of a download, two banks for images. */
#define FLASH_SECTOR 4096u
#define FLASH_STATE_SECTORS 4u
#define FLASH_MARKS_SECTOR FLASH_STATE_SECTORS
#define FLASH_BANK_SECTORS 32u
#define FLASH_BANK(n) ((FLASH_MARKS_SECTOR + 1u + (n) * FLASH_BANK_SECTORS) * FLASH_SECTOR)
#define FLASH_SECTORS (FLASH_MARKS_SECTOR + 1u + 2u * FLASH_BANK_SECTORS)
#define FLASH_BANK_BYTES (FLASH_BANK_SECTORS * FLASH_SECTOR)

/* False when the flash did not do it. Programming clears bits and sets none; erasing sets all bits of a sector. */
bool port_flash_read(uint32_t at, void *into, size_t length);
bool port_flash_program(uint32_t at, const void *bytes, size_t length);
bool port_flash_erase(uint32_t sector);

/* Starts the image in this bank. A port that cannot return from there does not. */
void port_boot(uint8_t bank);

#endif
