/* AES-CCM-16-64-128 (RFC 9053 section 4.2): CCM of RFC 3610 with L = 2, M = 8 and a key of 128 bits. */
#ifndef AES_CCM_H
#define AES_CCM_H
#include <stdbool.h>
#include <stdint.h>

#define CCM_NONCE 13
#define CCM_TAG 8
#define CCM_MAX_HEAD 64

/* What goes with a text, as RFC 3610 section 2.2 strings it together: a block B_0, of which the caller fills in the nonce, then the
   additional data, of which there must be some, with its length in 2 bytes before it. */
struct ccm {
  const uint8_t *key;
  uint8_t head_length;
  uint8_t head[CCM_MAX_HEAD];
};
#define CCM_NONCE_AT 1
#define CCM_AAD_AT 16

/* A text has from one byte to less than 4 kB. */
/* In place; `length` is that of the text without the tag behind it. */
void ccm_seal(struct ccm *ccm, uint8_t *text, unsigned length);
/* In place. When false the text is not to be used. */
bool ccm_open(struct ccm *ccm, uint8_t *text, unsigned length);

#endif
