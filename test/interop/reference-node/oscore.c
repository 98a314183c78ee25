/* OSCORE, RFC 8613: key derivation (3.2), nonce and AAD (5.2 to 5.4), the option (6.1), requests (8.1) and answers (8.4). */
#include "oscore.h"
#include "aes-ccm.h"
#include "cbor.h"
#include "sha256.h"
#include <string.h>

#define MAX_INFO 24
#define MAX_AAD 48

/* Flag bits of the option (section 6.1). */
enum { PIV_LENGTH = 0x07, HAS_KID = 0x08, HAS_KID_CONTEXT = 0x10, RESERVED = 0xe0 };

/* Section 3.2.1: info = [id, id_context, alg_aead, type, L], without an ID Context and for algorithm 10. */
static void derive(const uint8_t prk[SHA256_BYTES], const struct oscore_id *id, const char *type, uint8_t length,
                   uint8_t *out) {
  uint8_t info[MAX_INFO];
  struct writer w = write_to(info, sizeof info);
  put(&w, 0x85);
  cbor_put_string(&w, CBOR_BYTES, id->bytes, id->length);
  put_bytes(&w, "\xf6\x0a", 2);
  cbor_put_string(&w, CBOR_TEXT, type, (unsigned)strlen(type));
  put(&w, length); /* below 24 */
  hkdf_expand(prk, info, (unsigned)(w.at - info), out, length);
}

bool oscore_derive(struct oscore *context, const struct oscore_credentials *c) {
  static const struct oscore_id NOBODY = {NULL, 0};
  uint8_t prk[SHA256_BYTES];
  if (c->sender.length > OSCORE_MAX_ID || c->recipient.length > OSCORE_MAX_ID) return false;
  if (c->master_salt_length > SHA256_BLOCK) return false;
  context->credentials = c;
  hkdf_extract(c->master_salt, c->master_salt_length, c->master_secret, c->master_secret_length, prk);
  derive(prk, &c->sender, "Key", sizeof context->sender_key, context->sender_key);
  derive(prk, &c->recipient, "Key", sizeof context->recipient_key, context->recipient_key);
  derive(prk, &NOBODY, "IV", sizeof context->common_iv, context->common_iv);
  return true;
}

/* Section 5.2: length of the id, the id and the Partial IV, each padded on the left, exclusive-or the common IV. */
static void nonce_of(const struct oscore *context, const struct oscore_id *id, const struct oscore_piv *piv,
                     uint8_t nonce[CCM_NONCE]) {
  unsigned i;
  memcpy(nonce, context->common_iv, CCM_NONCE);
  nonce[0] ^= id->length;
  for (i = 0; i < id->length; i++) nonce[8 - id->length + i] ^= id->bytes[i];
  for (i = 0; i < piv->length; i++) nonce[CCM_NONCE - piv->length + i] ^= piv->bytes[i];
}

/* Section 5.4: ["Encrypt0", h'', << [1, [10], request kid, request piv, h''] >>]. */
static unsigned aad_of(const struct oscore *context, const struct oscore_piv *piv, uint8_t aad[MAX_AAD]) {
  const struct oscore_id *kid = &context->credentials->sender;
  struct writer w = write_to(aad, MAX_AAD);
  put_bytes(&w, "\x83\x68" "Encrypt0\x40", 11);
  put(&w, (uint8_t)(0x40 + 7 + kid->length + piv->length)); /* 19 at most: one byte of head */
  put_bytes(&w, "\x85\x01\x81\x0a", 4);
  cbor_put_string(&w, CBOR_BYTES, kid->bytes, kid->length);
  cbor_put_string(&w, CBOR_BYTES, piv->bytes, piv->length);
  put(&w, 0x40);
  return (unsigned)(w.at - aad);
}

void oscore_seal(const struct oscore *context, uint32_t sequence, struct writer *w, struct coap_head *head,
                 const struct coap_request *request, struct oscore_piv *piv) {
  const struct oscore_id *kid = &context->credentials->sender;
  uint8_t aad[MAX_AAD];
  uint8_t nonce[CCM_NONCE];
  struct writer digits = write_to(piv->bytes, sizeof piv->bytes);
  uint8_t *text;
  /* Section 6.1: the sequence number as short as can be, 0 in one byte. */
  piv->length = (uint8_t)uint_length(sequence | 1);
  put_uint(&digits, sequence, piv->length);

  head->code = COAP_POST; /* section 4.2 */
  coap_put_head(w, head);
  /* Number and length have one nibble each: 1 + 4 + 7 bytes at most. */
  put(w, (uint8_t)(COAP_OSCORE << 4 | (1 + piv->length + kid->length)));
  put(w, (uint8_t)(HAS_KID | piv->length));
  put_bytes(w, piv->bytes, piv->length);
  put_bytes(w, kid->bytes, kid->length);
  put(w, COAP_PAYLOAD_MARKER);
  text = w->at;
  put(w, request->code);
  coap_put_body(w, request);
  put_bytes(w, context->common_iv, CCM_TAG); /* room for the tag */
  if (w->full) return;
  nonce_of(context, kid, piv, nonce);
  ccm_seal(context->sender_key, nonce, aad, aad_of(context, piv, aad), text, (unsigned)(w->at - text) - CCM_TAG);
}

/* Section 6.1: an answer's option has at most a Partial IV, and ids that we know already. */
static bool take_option(const struct coap_answer *answer, struct oscore_piv *piv) {
  struct reader r = answer->option[OSCORE_OPTION];
  uint8_t flags = 0;
  const uint8_t *bytes;
  if (r.left > 0) flags = take(&r);
  piv->length = flags & PIV_LENGTH;
  if ((flags & RESERVED) != 0 || piv->length > sizeof piv->bytes) return false;
  bytes = take_bytes(&r, piv->length);
  if (bytes != NULL) memcpy(piv->bytes, bytes, piv->length);
  if ((flags & HAS_KID_CONTEXT) != 0) (void)take_bytes(&r, take(&r));
  return !r.bad && ((flags & HAS_KID) != 0 || r.left == 0);
}

bool oscore_open(const struct oscore *context, const struct oscore_piv *request_piv, struct coap_answer *answer) {
  const struct oscore_credentials *c = context->credentials;
  uint8_t aad[MAX_AAD];
  uint8_t nonce[CCM_NONCE];
  struct oscore_piv piv;
  uint8_t *text = answer->payload;
  unsigned length = answer->payload_length - CCM_TAG;
  struct reader r;
  if (answer->option[OSCORE_OPTION].at == NULL || !take_option(answer, &piv)) return false;
  if (answer->payload_length <= CCM_TAG) return false;
  /* Section 8.4: with a Partial IV of its own the answer has a nonce of its own, else that of the request. */
  if (piv.length > 0) {
    nonce_of(context, &c->recipient, &piv, nonce);
  } else {
    nonce_of(context, &c->sender, request_piv, nonce);
  }
  if (!ccm_open(context->recipient_key, nonce, aad, aad_of(context, request_piv, aad), text, length)) return false;
  r = read_from(text, length);
  answer->code = take(&r);
  return coap_take_body(&r, answer) && answer->option[OSCORE_OPTION].at == NULL; /* not one in the other */
}
