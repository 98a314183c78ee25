/* An image in fewer blocks: a patch of detools ("sequential", compressed by heatshrink) from the flash into the flash. */
#ifndef DELTA_H
#define DELTA_H
#include <stdbool.h>
#include <stdint.h>

/* The window is memory while a patch is applied, on the stack: 256 bytes with 8 bits, which is what gateways
   make, 1 KiB with 10. */
#ifndef DELTA_WINDOW_BITS
#define DELTA_WINDOW_BITS 8
#endif

/* A piece of flash. */
struct span {
  uint32_t at, size;
};

/* `to` from `from` and `patch`; the same again after power went in the middle. False for a patch that is none, or none for these
   two, and a flash that does not do it; whatever stands there, its digest decides. */
bool delta_apply(const struct span *from, const struct span *patch, const struct span *to);

#endif
