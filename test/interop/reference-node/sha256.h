/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) on it, which is all of HKDF (RFC 5869) that OSCORE needs. */
#ifndef SHA256_H
#define SHA256_H
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_BLOCK 64

struct sha256 {
  uint32_t state[8];
  uint32_t length; /* of what was hashed; less than 512 MiB */
  uint32_t block[SHA256_BLOCK / 4];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const uint8_t *bytes, unsigned length);
void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_BYTES]);

/* `key` has at most SHA256_BLOCK bytes: a longer one would be hashed first, and nobody here has one. HKDF-Extract is
   hmac(salt, secret), and HKDF-Expand for no more than a hash is hmac(prk, info | 1). */
void hmac(const uint8_t *key, unsigned key_length, const uint8_t *text, unsigned length, uint8_t mac[SHA256_BYTES]);

#endif
