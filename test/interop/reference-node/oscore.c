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
static void derive(const uint8_t prk[SHA256_BYTES], const struct oscore_id *id, const char *type_and_length, uint8_t *out) {
  unsigned rest = (unsigned)strlen(type_and_length);
  uint8_t info[MAX_INFO];
  uint8_t key[SHA256_BYTES];
  write_to(info, sizeof info);
  put(0x85);
  cbor_put_string(CBOR_BYTES, id->bytes, id->length);
  put_bytes("\xf6\x0a", 2);
  put_bytes(type_and_length, rest);
  put(1);
  hmac(prk, SHA256_BYTES, info, written(), key);
  memcpy(out, key, (uint8_t)type_and_length[rest - 1]);
}

bool oscore_derive(struct oscore *context, const struct oscore_credentials *c) {
  static const struct oscore_id NOBODY = {NULL, 0};
  uint8_t prk[SHA256_BYTES];
  if (c->sender.length > OSCORE_MAX_ID || c->recipient.length > OSCORE_MAX_ID) return false;
  if (c->master_salt_length > SHA256_BLOCK) return false;
  context->credentials = c;
  hmac(c->master_salt, c->master_salt_length, c->master_secret, c->master_secret_length, prk);
  derive(prk, &c->sender, "\x63Key\x10", context->sender_key);
  derive(prk, &c->recipient, "\x63Key\x10", context->recipient_key);
  derive(prk, &NOBODY, "\x62IV\x0d", context->common_iv);
  return true;
}

/* What goes with a text. `nonce`: the Partial IV that it is protected with, and whose it is; `request`: that of the request. */
static void prepare(const struct oscore *context, const struct oscore_id *id, const struct oscore_piv *nonce,
                    const struct oscore_piv *request, struct ccm *ccm) {
  const struct oscore_id *kid = &context->credentials->sender;
  uint8_t *iv = ccm->head + CCM_NONCE_AT;
  /* Section 5.2: length of the id, the id and the Partial IV, each padded on the left, exclusive-or the common IV. */
  memcpy(iv, context->common_iv, CCM_NONCE);
  *iv ^= id->length;
  xor_bytes(iv + 8 - id->length, id->bytes, id->length);
  xor_bytes(iv + CCM_NONCE - nonce->length, nonce->bytes, nonce->length);
  /* Section 5.4: ["Encrypt0", h'', << [1, [10], request kid, request piv, h''] >>] for a request and for its answer. */
  write_to(ccm->head + CCM_AAD_AT, sizeof ccm->head - CCM_AAD_AT);
  put_bytes("\0\0\x83\x68" "Encrypt0\x40", 13);
  put((uint8_t)(0x47 + kid->length + request->length)); /* 19 at most: one byte of head */
  put_bytes("\x85\x01\x81\x0a", 4);
  cbor_put_string(CBOR_BYTES, kid->bytes, kid->length);
  cbor_put_string(CBOR_BYTES, request->bytes, request->length);
  put(0x40);
  ccm->head_length = (uint8_t)(CCM_AAD_AT + written());
  ccm->head[CCM_AAD_AT + 1] = (uint8_t)(written() - 2);
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
  prepare(context, kid, piv, piv, &ccm);
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
    prepare(context, &c->recipient, &piv, request_piv, &ccm);
  } else {
    prepare(context, &c->sender, request_piv, request_piv, &ccm);
  }
  ccm.key = context->recipient_key;
  if (!ccm_open(&ccm, answer->payload, r.left)) return false;
  answer->code = take(&r);
  return coap_take_body(&r, answer) && answer->option[OSCORE_OPTION].at == NULL; /* not one in the other */
}
