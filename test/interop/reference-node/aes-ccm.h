/* AES-CCM-16-64-128 (RFC 9053 section 4.2): CCM of RFC 3610 with L = 2, M = 8 and a key of 128 bits. */
#ifndef AES_CCM_H
#define AES_CCM_H
#include <stdbool.h>
#include <stdint.h>

#define CCM_KEY 16
#define CCM_NONCE 13
#define CCM_TAG 8
/* `aad` has at most 254 bytes (its length is written in two, the upper one 0). */

/* In place; the tag is written behind the text. */
void ccm_seal(const uint8_t key[CCM_KEY], const uint8_t nonce[CCM_NONCE], const uint8_t *aad, unsigned aad_length,
              uint8_t *text, unsigned length);
/* In place; `length` is that of the text without its tag. When false the text is not to be used. */
bool ccm_open(const uint8_t key[CCM_KEY], const uint8_t nonce[CCM_NONCE], const uint8_t *aad, unsigned aad_length,
              uint8_t *text, unsigned length);

#endif
