/* OSCORE (RFC 8613), the client's half: requests are sealed, their answers opened. AES-CCM-16-64-128, HKDF-SHA-256. */
#ifndef OSCORE_H
#define OSCORE_H
#include "coap.h"

#define OSCORE_MAX_ID 7 /* section 3.3: nonce length 13 less 6 */
#define OSCORE_MAX_PIV 5

struct oscore_id {
  const uint8_t *bytes;
  uint8_t length;
};

/* What `sidgate node add NAME --format c` prints; the gateway gives no ID Context. */
struct oscore_credentials {
  const uint8_t *master_secret;
  unsigned master_secret_length;
  const uint8_t *master_salt;
  unsigned master_salt_length;
  struct oscore_id sender, recipient;
};

struct oscore {
  const struct oscore_credentials *credentials;
  uint8_t sender_key[16];
  uint8_t recipient_key[16];
  uint8_t common_iv[13];
};

/* A Partial IV. That of a request binds its answer: no other request's answer opens with it. */
struct oscore_piv {
  uint8_t length;
  uint8_t bytes[OSCORE_MAX_PIV];
};

/* False for credentials that are longer than the RFC lets them be. */
bool oscore_derive(struct oscore *context, const struct oscore_credentials *credentials);
/* Writes what follows the token: OSCORE option and ciphertext. The outer code is POST (section 4.2). A sequence number must never
   come here twice, whatever the request. What `written` says of the whole message. */
unsigned oscore_seal(const struct oscore *context, uint32_t sequence, const struct coap_request *request,
                     struct oscore_piv *piv);
/* Opens `answer` in place: what was inside replaces what was outside. False when it is not the gateway's, or not to this request. */
bool oscore_open(const struct oscore *context, const struct oscore_piv *request_piv, struct coap_answer *answer);

#endif
