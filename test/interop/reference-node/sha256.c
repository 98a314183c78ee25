/* SHA-256 (FIPS 180-4 sections 4 to 6), HMAC (RFC 2104). */
#include "sha256.h"
#include <string.h>

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static const uint32_t START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static uint32_t rotated(uint32_t word, unsigned by) { return (word >> by) | (word << (32 - by)); }

/* Section 6.2.2. The schedule replaces the block as a ring of 16 words: 64 of them would be a quarter of a small node's stack. The
   functions of section 4.1.2 stand here with rotations one in the other: each ends up at the sum of those around it. */
static void compress(struct sha256 *hash) {
  uint32_t *w = hash->block;
  uint32_t v[8]; /* a to h */
  unsigned t;
  memcpy(v, hash->state, sizeof v);
  for (t = 0; t < 64; t++) {
    uint32_t one, two;
    if (t >= 16) {
      uint32_t early = w[(t + 1) & 15];
      uint32_t late = w[(t + 14) & 15];
      w[t & 15] += w[(t + 9) & 15] + (rotated(early ^ rotated(early, 11), 7) ^ early >> 3) +
                   (rotated(late ^ rotated(late, 2), 17) ^ late >> 10);
    }
    one = v[7] + rotated(v[4] ^ rotated(v[4] ^ rotated(v[4], 14), 5), 6) + (v[6] ^ (v[4] & (v[5] ^ v[6]))) + K[t] + w[t & 15];
    two = rotated(v[0] ^ rotated(v[0] ^ rotated(v[0], 9), 11), 2) + ((v[0] & v[1]) | (v[2] & (v[0] | v[1])));
    memmove(v + 1, v, 7 * sizeof v[0]);
    v[4] += one;
    v[0] = one + two;
  }
  for (t = 0; t < 8; t++) hash->state[t] += v[t];
}

void sha256_begin(struct sha256 *hash) {
  memcpy(hash->state, START, sizeof hash->state);
  hash->length = 0;
}

void sha256_add(struct sha256 *hash, const uint8_t *bytes, unsigned length) {
  while (length-- > 0) {
    uint32_t *word = &hash->block[hash->length++ / 4 % 16];
    *word = *word << 8 | *bytes++;
    if (hash->length % SHA256_BLOCK == 0) compress(hash);
  }
}

void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_BYTES]) {
  uint32_t bits = hash->length << 3;
  uint8_t pad = 0x80;
  unsigned i;
  do {
    sha256_add(hash, &pad, 1);
    pad = 0;
  } while (hash->length % SHA256_BLOCK != SHA256_BLOCK - 8);
  hash->block[14] = 0; /* the length in bits has 64 of them; the upper half is never used */
  hash->block[15] = bits;
  compress(hash);
  for (i = 0; i < SHA256_BYTES; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

/* RFC 2104 section 2: the hash of the padded key and the text, and over it the same with the other padding. */
void hmac(const uint8_t *key, unsigned key_length, const uint8_t *text, unsigned length, uint8_t mac[SHA256_BYTES]) {
  struct sha256 hash;
  unsigned pad;
  for (pad = 0x36;; pad = 0x5c) {
    unsigned i;
    sha256_begin(&hash);
    for (i = 0; i < SHA256_BLOCK; i++) {
      uint8_t byte = (uint8_t)((i < key_length ? key[i] : 0) ^ pad);
      sha256_add(&hash, &byte, 1);
    }
    sha256_add(&hash, text, length);
    sha256_end(&hash, mac);
    if (pad == 0x5c) return;
    text = mac;
    length = SHA256_BYTES;
  }
}
