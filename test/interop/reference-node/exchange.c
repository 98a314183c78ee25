/* One request and its answer: retransmission (RFC 7252 section 4.2), separate answers (5.2.2), Echo (RFC 9175), and OSCORE around it. */
#include "node.h"
#include <string.h>

#define MAX_RETRANSMIT 4
/* MAX_TRANSMIT_WAIT is 93 s where ACK_TIMEOUT is 2 s (RFC 7252 section 4.8.2): how long an announced answer is waited for. */
#define PATIENCE 46
/* Rounds of Echo: one proves us, a second one when the gateway was started meanwhile. */
#define MAX_PROOFS 2
/* Numbers written ahead: a flash write each so many messages, and so many numbers lost with the power. */
#define SEQUENCE_STEP 64
/* RFC 7252 section 8.2: those of a group take their time, DEFAULT_LEISURE is 5 s; 3 times ACK_TIMEOUT with the way there and back. */
#define LEISURE 3

enum verdict { NOT_OURS, ACKNOWLEDGED, REFUSED, ANSWERED };

/* The first byte of a message: version 1, type, length of the token. Code, message id and token follow. */
#define VERSION 6
#define FIRST_BYTE(type, token) ((uint8_t)(1u << VERSION | (unsigned)(type) << 4 | (token)))

/* A request under way, in `node->out`. One to a group is NON and unprotected, and anybody may answer it. */
struct exchange {
  enum coap_type type;
  bool secured;
  uint16_t token;
  struct oscore_piv piv;
  struct address from; /* of what came */
};

/* An empty ACK or RST (section 4.1) to what came. */
static void reply_empty(const struct exchange *exchange, uint16_t id, enum coap_type type) {
  uint8_t bytes[4];
  bytes[0] = FIRST_BYTE(type, 0);
  bytes[1] = COAP_EMPTY;
  bytes[2] = (uint8_t)(id >> 8);
  bytes[3] = (uint8_t)id;
  port_send(&exchange->from, bytes, sizeof bytes);
}

/* What a datagram means to the exchange that is under way. */
static enum verdict consider(struct node *node, const struct exchange *exchange, unsigned length,
                             struct coap_answer *answer) {
  struct reader r = read_from(node->in, length);
  unsigned first = take(&r);
  enum coap_type type = (enum coap_type)(first >> 4 & 3);
  uint16_t id;
  bool ours;
  answer->code = take(&r);
  id = (uint16_t)take_uint(&r, 2);
  if (r.bad || first >> VERSION != 1) return NOT_OURS;
  /* Section 5.3.2: the answer comes from where the request went. Nobody else is told anything. */
  if (exchange->type == COAP_CON && memcmp(&exchange->from, &node->gateway, sizeof node->gateway) != 0) return NOT_OURS;
  if (type >= COAP_ACK) {
    if (id != node->message_id) return NOT_OURS;
    if (type == COAP_RST) return REFUSED;
    if (answer->code == COAP_EMPTY) return ACKNOWLEDGED;
  }
  /* Section 5.3.2: the token decides; codes of class 2 to 5 are answers. What is not protected as the request was may come
     from anybody, and the true answer may still come (RFC 8613 section 8.4). */
  ours = (first & 0x0f) == COAP_TOKEN && COAP_CLASS(answer->code) >= 2 && take_uint(&r, COAP_TOKEN) == exchange->token &&
         coap_take_body(&r, answer) && (!exchange->secured || oscore_open(&node->oscore, &exchange->piv, answer));
  if (type == COAP_CON) {
    /* Section 4.2: copies of what was acknowledged are too, all else has no place here. */
    if (ours) node->answered_id = id;
    reply_empty(exchange, id, id == node->answered_id ? COAP_ACK : COAP_RST);
  }
  return ours ? ANSWERED : NOT_OURS;
}

/* For so long, or until something that matters came. */
static enum verdict listen(struct node *node, struct exchange *exchange, uint32_t time, struct coap_answer *answer) {
  uint32_t until = port_now() + time;
  enum verdict verdict = NOT_OURS;
  unsigned length;
  while (verdict == NOT_OURS &&
         (length = port_receive(&exchange->from, node->in, sizeof node->in, until)) > 0) {
    verdict = consider(node, exchange, length, answer);
  }
  return verdict;
}

/* RFC 8613 Appendix B.1.1: the flash knows of a number before it is used. */
bool node_reserve(struct node *node) {
  node->kept.sequence = node->sequence + SEQUENCE_STEP;
  if (node->kept.sequence > SEQUENCE_STEP - 1 && state_save(&node->kept)) return true;
  node->kept.sequence = node->sequence;
  return false;
}

static bool ask_once(struct node *node, enum coap_type type, const struct coap_request *request,
                     struct coap_answer *answer) {
  const struct config *config = &node->config;
  const struct address *to = type == COAP_CON ? &node->gateway : &node->config.group;
  struct exchange exchange;
  uint32_t timeout = config->ack_timeout;
  unsigned attempt = 0;
  unsigned length;
  exchange.type = type;
  exchange.secured = type == COAP_CON && config->credentials != NULL;
  write_to(node->out, sizeof node->out);
  put(FIRST_BYTE(type, COAP_TOKEN));
  put(exchange.secured ? COAP_POST : request->code);
  put_uint(++node->message_id, 2);
  exchange.token = (uint16_t)port_random();
  put_uint(exchange.token, COAP_TOKEN);
  if (exchange.secured) {
    if (node->sequence >= node->kept.sequence && !node_reserve(node)) return false;
    length = oscore_seal(&node->oscore, node->sequence++, request, &exchange.piv);
  } else {
    coap_put_body(request);
    length = written();
  }
  if (length == 0) return false;
  if (type == COAP_NON) {
    attempt = MAX_RETRANSMIT;
    timeout *= LEISURE;
  }
  timeout += port_random() % (timeout / 2 + 1); /* ACK_RANDOM_FACTOR 1.5 */
  for (; attempt <= MAX_RETRANSMIT; attempt++, timeout *= 2) {
    enum verdict verdict;
    port_send(to, node->out, length);
    verdict = listen(node, &exchange, timeout, answer);
    if (verdict == ACKNOWLEDGED) verdict = listen(node, &exchange, PATIENCE * config->ack_timeout, answer);
    if (verdict == NOT_OURS) continue;
    node->gateway = exchange.from;
    return verdict == ANSWERED;
  }
  return false;
}

bool node_ask(struct node *node, struct coap_request *request, struct coap_answer *answer) {
  unsigned proofs;
  for (proofs = 0; ask_once(node, COAP_CON, request, answer); proofs++) {
    /* RFC 9175 section 2.3: the same again, as a new message, with the option that shows that it is fresh. */
    request->echo = answer->option[ECHO_OPTION];
    if (answer->code != COAP_UNAUTHORIZED || request->echo.at == NULL || proofs == MAX_PROOFS) return true;
  }
  return false;
}

bool node_find_gateway(struct node *node) {
  struct coap_request request;
  struct coap_answer answer;
  coap_begin(&request, COAP_GET, ".well-known/core");
  request.query = "rt=core.c.ds"; /* draft-ietf-core-comi-21 section 5 */
  return node->config.group.length > 0 && ask_once(node, COAP_NON, &request, &answer);
}
