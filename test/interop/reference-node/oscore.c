/* OSCORE, RFC 8613: key derivation (3.2), nonce and AAD (5.2 to 5.4), the option (6.1), requests (8.1) and answers (8.4). */
#include "oscore.h"
#include "aes-ccm.h"
#include "cbor.h"
#include "sha256.h"
#include <string.h>

#define MAX_INFO 24

/* Flag bits of the option (section 6.1). */
enum { PIV_LENGTH = 0x07, HAS_KID = 0x08, RESERVED = 0xe0 };

/* Section 3.2.1: HKDF-Expand with info = [id, id_context, alg_aead, type, L], without an ID Context and for algorithm 10. */
static void derive(const uint8_t prk[SHA256_BYTES], const struct oscore_id *id, const char *type, uint8_t length,
                   uint8_t *out) {
  uint8_t info[MAX_INFO];
  uint8_t key[SHA256_BYTES];
  write_to(info, sizeof info);
  put(0x85);
  cbor_put_string(CBOR_BYTES, id->bytes, id->length);
  put_bytes("\xf6\x0a", 2);
  cbor_put_string(CBOR_TEXT, type, (unsigned)strlen(type));
  put(length); /* below 24 */
  put(1);
  hmac(prk, SHA256_BYTES, info, written(), key);
  memcpy(out, key, length);
}

bool oscore_derive(struct oscore *context, const struct oscore_credentials *c) {
  static const struct oscore_id NOBODY = {NULL, 0};
  uint8_t prk[SHA256_BYTES];
  if (c->sender.length > OSCORE_MAX_ID || c->recipient.length > OSCORE_MAX_ID) return false;
  if (c->master_salt_length > SHA256_BLOCK) return false;
  context->credentials = c;
  hmac(c->master_salt, c->master_salt_length, c->master_secret, c->master_secret_length, prk);
  derive(prk, &c->sender, "Key", sizeof context->sender_key, context->sender_key);
  derive(prk, &c->recipient, "Key", sizeof context->recipient_key, context->recipient_key);
  derive(prk, &NOBODY, "IV", sizeof context->common_iv, context->common_iv);
  return true;
}

/* Section 5.4: ["Encrypt0", h'', << [1, [10], request kid, request piv, h''] >>] for a request and for its answer. */
static void put_aad(const struct oscore *context, const struct oscore_piv *request, struct ccm *ccm) {
  const struct oscore_id *kid = &context->credentials->sender;
  write_to(ccm->aad, sizeof ccm->aad);
  put_bytes("\x83\x68" "Encrypt0\x40", 11);
  put((uint8_t)(0x47 + kid->length + request->length)); /* 19 at most: one byte of head */
  put_bytes("\x85\x01\x81\x0a", 4);
  cbor_put_string(CBOR_BYTES, kid->bytes, kid->length);
  cbor_put_string(CBOR_BYTES, request->bytes, request->length);
  put(0x40);
  ccm->aad_length = (uint8_t)written();
}

/* Section 5.2: length of the id, the id and the Partial IV, each padded on the left, exclusive-or the common IV. */
static void put_nonce(const struct oscore *context, const struct oscore_id *id, const struct oscore_piv *piv,
                      struct ccm *ccm) {
  unsigned i;
  memcpy(ccm->nonce, context->common_iv, CCM_NONCE);
  ccm->nonce[0] ^= id->length;
  for (i = 0; i < id->length; i++) ccm->nonce[8 - id->length + i] ^= id->bytes[i];
  for (i = 0; i < piv->length; i++) ccm->nonce[CCM_NONCE - piv->length + i] ^= piv->bytes[i];
}

unsigned oscore_seal(const struct oscore *context, uint32_t sequence, const struct coap_request *request,
                     struct oscore_piv *piv) {
  const struct oscore_id *kid = &context->credentials->sender;
  struct ccm ccm;
  uint8_t *text;
  unsigned length, i;
  /* Section 6.1: the sequence number as short as can be, 0 in one byte. */
  piv->length = (uint8_t)uint_length(sequence | 1);
  for (i = piv->length; i-- > 0; sequence >>= 8) piv->bytes[i] = (uint8_t)sequence;
  /* Number and length of the option have one nibble each: 1 + 4 + 7 bytes at most. */
  put((uint8_t)(COAP_OSCORE << 4 | (1 + piv->length + kid->length)));
  put((uint8_t)(HAS_KID | piv->length));
  put_bytes(piv->bytes, piv->length);
  put_bytes(kid->bytes, kid->length);
  put(COAP_PAYLOAD_MARKER);
  text = here();
  put(request->code);
  coap_put_body(request);
  put_bytes(context->common_iv, CCM_TAG); /* room for the tag */
  length = written();
  if (length == 0) return 0;
  i = (unsigned)(here() - text) - CCM_TAG;
  put_nonce(context, kid, piv, &ccm);
  put_aad(context, piv, &ccm);
  ccm.key = context->sender_key;
  ccm_seal(&ccm, text, i);
  return length;
}

/* Section 6.1: the Partial IV of an answer's option. Ids may follow, which we know already. */
static bool take_option(const struct coap_answer *answer, struct oscore_piv *piv) {
  struct reader r = answer->option[OSCORE_OPTION];
  uint8_t flags = r.left > 0 ? take(&r) : 0;
  const uint8_t *bytes;
  piv->length = flags & PIV_LENGTH;
  bytes = take_bytes(&r, piv->length);
  if (bytes == NULL || (flags & RESERVED) != 0 || piv->length > sizeof piv->bytes) return false;
  memcpy(piv->bytes, bytes, piv->length);
  return true;
}

bool oscore_open(const struct oscore *context, const struct oscore_piv *request_piv, struct coap_answer *answer) {
  const struct oscore_credentials *c = context->credentials;
  struct ccm ccm;
  struct oscore_piv piv;
  struct reader r = read_from(answer->payload, answer->payload_length - CCM_TAG);
  if (!take_option(answer, &piv)) return false; /* nor without the option */
  if (answer->payload_length <= CCM_TAG) return false;
  /* Section 8.4: with a Partial IV of its own the answer has a nonce of its own, else that of the request. */
  if (piv.length > 0) {
    put_nonce(context, &c->recipient, &piv, &ccm);
  } else {
    put_nonce(context, &c->sender, request_piv, &ccm);
  }
  put_aad(context, request_piv, &ccm);
  ccm.key = context->recipient_key;
  if (!ccm_open(&ccm, answer->payload, r.left)) return false;
  answer->code = take(&r);
  return coap_take_body(&r, answer) && answer->option[OSCORE_OPTION].at == NULL; /* not one in the other */
}
