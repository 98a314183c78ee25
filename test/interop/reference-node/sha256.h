/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869) on it. */
#ifndef SHA256_H
#define SHA256_H
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_BLOCK 64

struct sha256 {
  uint32_t state[8];
  uint32_t length; /* of what was hashed; less than 512 MiB */
  uint8_t block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const uint8_t *bytes, unsigned length);
void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_BYTES]);

/* `salt` has at most SHA256_BLOCK bytes: a longer one would be hashed first, and nobody here has one. */
void hkdf_extract(const uint8_t *salt, unsigned salt_length, const uint8_t *secret, unsigned secret_length,
                  uint8_t prk[SHA256_BYTES]);
/* `out_length` is at most SHA256_BYTES. */
void hkdf_expand(const uint8_t prk[SHA256_BYTES], const uint8_t *info, unsigned info_length, uint8_t *out,
                 unsigned out_length);

#endif
