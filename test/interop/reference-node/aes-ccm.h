/* AES-CCM-16-64-128 (RFC 9053 section 4.2): CCM of RFC 3610 with L = 2, M = 8 and a key of 128 bits. */
#ifndef AES_CCM_H
#define AES_CCM_H
#include <stdbool.h>
#include <stdint.h>

#define CCM_NONCE 13
#define CCM_TAG 8
#define CCM_MAX_AAD 48

/* What goes with a text: key, nonce and additional data, of which there must be some. */
struct ccm {
  const uint8_t *key;
  uint8_t nonce[CCM_NONCE];
  uint8_t aad_length;
  uint8_t aad[CCM_MAX_AAD];
};

/* In place; `length` is that of the text without the tag behind it. */
void ccm_seal(const struct ccm *ccm, uint8_t *text, unsigned length);
/* In place. When false the text is not to be used. */
bool ccm_open(const struct ccm *ccm, uint8_t *text, unsigned length);

#endif
