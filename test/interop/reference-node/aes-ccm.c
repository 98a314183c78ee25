/* AES-128 (FIPS 197), the forward cipher alone, and CCM on it (RFC 3610 section 2). A port with AES hardware replaces `encrypt`. */
#include "aes-ccm.h"
#include <string.h>

static const uint8_t SBOX[256] = {
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76, 0xca, 0x82, 0xc9,
    0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0, 0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f,
    0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15, 0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07,
    0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75, 0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3,
    0x29, 0xe3, 0x2f, 0x84, 0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58,
    0xcf, 0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8, 0x51, 0xa3,
    0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2, 0xcd, 0x0c, 0x13, 0xec, 0x5f,
    0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73, 0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88,
    0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb, 0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac,
    0x62, 0x91, 0x95, 0xe4, 0x79, 0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a,
    0xae, 0x08, 0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a, 0x70,
    0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e, 0xe1, 0xf8, 0x98, 0x11,
    0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf, 0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42,
    0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16};

/* FIPS 197 section 4.2.1: times x, without a branch. */
static uint8_t doubled(uint8_t byte) { return (uint8_t)(byte << 1 ^ (uint8_t)(0x1b & -(byte >> 7))); }

static void mix_columns(uint8_t s[16]) {
  unsigned c;
  for (c = 0; c < 16; c += 4) {
    uint8_t first = s[c];
    uint8_t all = (uint8_t)(s[c] ^ s[c + 1] ^ s[c + 2] ^ s[c + 3]);
    unsigned r;
    for (r = 0; r < 4; r++) {
      uint8_t next = r == 3 ? first : s[c + r + 1];
      s[c + r] = (uint8_t)(s[c + r] ^ all ^ doubled((uint8_t)(s[c + r] ^ next)));
    }
  }
}

/* FIPS 197 section 5.1; each round's key is made from the one before. */
static void encrypt(const uint8_t key[CCM_KEY], uint8_t s[16]) {
  uint8_t k[16];
  uint8_t shifted[16];
  uint8_t constant = 1;
  unsigned round, i;
  memcpy(k, key, sizeof k);
  for (round = 0;; round++) {
    for (i = 0; i < 16; i++) s[i] ^= k[i];
    if (round == 10) return;
    for (i = 0; i < 16; i++) shifted[i] = SBOX[s[(5 * i) & 15]]; /* ShiftRows: row r moves r columns */
    memcpy(s, shifted, sizeof shifted);
    if (round < 9) mix_columns(s);
    for (i = 0; i < 4; i++) k[i] ^= SBOX[k[12 + ((i + 1) & 3)]];
    k[0] ^= constant;
    constant = doubled(constant);
    for (i = 4; i < 16; i++) k[i] ^= k[i - 4];
  }
}

/* Exclusive-or into the block of the CBC-MAC, from `at` on; a full block is encrypted. Where the next byte goes. */
static unsigned mac_bytes(const uint8_t *key, uint8_t mac[16], unsigned at, const uint8_t *bytes, unsigned length) {
  while (length-- > 0) {
    mac[at++] ^= *bytes++;
    if (at < 16) continue;
    encrypt(key, mac);
    at = 0;
  }
  return at;
}

/* RFC 3610 section 2.2: the MAC of length, additional data and text; the first 8 bytes are the tag in clear. */
static void authenticate(const uint8_t *key, const uint8_t *nonce, const uint8_t *aad, unsigned aad_length,
                         const uint8_t *text, unsigned length, uint8_t mac[16]) {
  uint8_t head[2];
  mac[0] = 0x59; /* Adata, M' = 3, L' = 1 */
  memcpy(mac + 1, nonce, CCM_NONCE);
  mac[14] = (uint8_t)(length >> 8);
  mac[15] = (uint8_t)length;
  encrypt(key, mac);
  head[0] = 0;
  head[1] = (uint8_t)aad_length;
  (void)mac_bytes(key, mac, 0, head, sizeof head);
  if (mac_bytes(key, mac, 2, aad, aad_length) > 0) encrypt(key, mac);
  if (mac_bytes(key, mac, 0, text, length) > 0) encrypt(key, mac);
}

/* RFC 3610 section 2.3: key stream block 0 covers the tag, the others the text. */
static void cover(const uint8_t *key, const uint8_t *nonce, uint8_t *text, unsigned length, uint8_t tag[CCM_TAG]) {
  uint8_t stream[16];
  unsigned i = 0;
  unsigned counter, b;
  for (counter = 0; counter == 0 || i < length; counter++) {
    stream[0] = 1; /* L' = 1 */
    memcpy(stream + 1, nonce, CCM_NONCE);
    stream[14] = (uint8_t)(counter >> 8);
    stream[15] = (uint8_t)counter;
    encrypt(key, stream);
    if (counter == 0) {
      for (b = 0; b < CCM_TAG; b++) tag[b] ^= stream[b];
    } else {
      for (b = 0; b < 16 && i < length; b++) text[i++] ^= stream[b];
    }
  }
}

void ccm_seal(const uint8_t key[CCM_KEY], const uint8_t nonce[CCM_NONCE], const uint8_t *aad, unsigned aad_length,
              uint8_t *text, unsigned length) {
  uint8_t mac[16];
  authenticate(key, nonce, aad, aad_length, text, length, mac);
  cover(key, nonce, text, length, mac);
  memcpy(text + length, mac, CCM_TAG);
}

bool ccm_open(const uint8_t key[CCM_KEY], const uint8_t nonce[CCM_NONCE], const uint8_t *aad, unsigned aad_length,
              uint8_t *text, unsigned length) {
  uint8_t mac[16];
  uint8_t differs = 0;
  unsigned i;
  cover(key, nonce, text, length, text + length);
  authenticate(key, nonce, aad, aad_length, text, length, mac);
  for (i = 0; i < CCM_TAG; i++) differs |= (uint8_t)(mac[i] ^ text[length + i]); /* as long for every tag */
  return differs == 0;
}
