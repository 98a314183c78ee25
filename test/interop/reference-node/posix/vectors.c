/* The node's ciphers by themselves: a line of hex words in, a line of hex out, so that vectors of the RFCs can be held against them. */
#include "aes-ccm.h"
#include "oscore.h"
#include "sha256.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 8
#define MAX_BYTES 256

struct word {
  uint8_t bytes[MAX_BYTES];
  unsigned length;
};

/* "-" is no bytes. */
static void read_hex(const char *hex, struct word *word) {
  unsigned digits;
  word->length = 0;
  if (strcmp(hex, "-") == 0) return;
  while (word->length < MAX_BYTES && sscanf(hex, "%2x", &digits) == 1) {
    word->bytes[word->length++] = (uint8_t)digits;
    hex += 2;
  }
}

static void print_hex(const uint8_t *bytes, unsigned length) {
  while (length-- > 0) printf("%02x", *bytes++);
}

static void ccm_of(struct ccm *ccm, const struct word *words) {
  ccm->key = words[0].bytes;
  memcpy(ccm->head + CCM_NONCE_AT, words[1].bytes, CCM_NONCE);
  ccm->head[CCM_AAD_AT] = 0;
  ccm->head[CCM_AAD_AT + 1] = (uint8_t)words[2].length;
  memcpy(ccm->head + CCM_AAD_AT + 2, words[2].bytes, words[2].length);
  ccm->head_length = (uint8_t)(CCM_AAD_AT + 2 + words[2].length);
}

/* secret, salt, sender, recipient */
static void context_of(struct oscore *context, struct oscore_credentials *c, const struct word *words) {
  c->master_secret = words[0].bytes;
  c->master_secret_length = words[0].length;
  c->master_salt = words[1].bytes;
  c->master_salt_length = words[1].length;
  c->sender.bytes = words[2].bytes;
  c->sender.length = (uint8_t)words[2].length;
  c->recipient.bytes = words[3].bytes;
  c->recipient.length = (uint8_t)words[3].length;
  if (!oscore_derive(context, c)) exit(1);
}

static void run(const char *what, struct word *words) {
  struct ccm ccm;
  struct oscore context;
  struct oscore_credentials credentials;
  struct oscore_piv piv;
  uint8_t out[MAX_BYTES];
  if (strcmp(what, "seal") == 0) {
    ccm_of(&ccm, words);
    ccm_seal(&ccm, words[3].bytes, words[3].length);
    print_hex(words[3].bytes, words[3].length + CCM_TAG);
  } else if (strcmp(what, "open") == 0) {
    bool opened;
    ccm_of(&ccm, words);
    opened = ccm_open(&ccm, words[3].bytes, words[3].length - CCM_TAG);
    if (opened) print_hex(words[3].bytes, words[3].length - CCM_TAG);
    if (!opened) printf("refused");
  } else if (strcmp(what, "hmac") == 0) {
    hmac(words[0].bytes, words[0].length, words[1].bytes, words[1].length, out);
    print_hex(out, SHA256_BYTES);
  } else if (strcmp(what, "keys") == 0) {
    context_of(&context, &credentials, words);
    print_hex(context.sender_key, 16);
    print_hex(context.recipient_key, 16);
    print_hex(context.common_iv, 13);
  } else if (strcmp(what, "request") == 0) { /* and: sequence number, path */
    struct coap_request request;
    context_of(&context, &credentials, words);
    words[5].bytes[words[5].length] = 0;
    coap_begin(&request, COAP_GET, (const char *)words[5].bytes);
    write_to(out, sizeof out);
    print_hex(out, oscore_seal(&context, words[4].bytes[0], &request, &piv));
  } else { /* answer: and the Partial IV of its request, what stands behind its token */
    struct coap_answer answer;
    struct reader r = read_from(words[5].bytes, words[5].length);
    context_of(&context, &credentials, words);
    piv.length = (uint8_t)words[4].length;
    memcpy(piv.bytes, words[4].bytes, piv.length);
    if (coap_take_body(&r, &answer) && oscore_open(&context, &piv, &answer)) {
      print_hex(&answer.code, 1);
      print_hex(answer.payload, answer.payload_length);
    } else {
      printf("refused");
    }
  }
  printf("\n");
}

int main(void) {
  static char line[4096];
  while (fgets(line, sizeof line, stdin) != NULL) {
    static struct word words[MAX_WORDS];
    char *what = strtok(line, " \n");
    unsigned count;
    for (count = 0; count < MAX_WORDS; count++) {
      char *hex = strtok(NULL, " \n");
      if (hex == NULL) break;
      read_hex(hex, &words[count]);
    }
    run(what, words);
  }
  return 0;
}
