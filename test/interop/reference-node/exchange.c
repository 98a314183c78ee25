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

/* A request under way. One to a group is NON and unprotected, and anybody may answer it. */
struct exchange {
  struct coap_head head;
  struct oscore_piv piv;
  bool secured;
  struct address from; /* of what came */
};

/* An empty ACK or RST (section 4.1). */
static void send_empty(const struct address *to, enum coap_type type, uint16_t message_id) {
  uint8_t bytes[4];
  struct coap_head head;
  struct writer w = write_to(bytes, sizeof bytes);
  head.type = type;
  head.code = COAP_EMPTY;
  head.message_id = message_id;
  coap_put_head(&w, &head);
  port_send(to, bytes, sizeof bytes);
}

/* What a datagram means to the exchange that is under way. */
static enum verdict consider(struct node *node, const struct exchange *exchange, unsigned length,
                             struct coap_answer *answer) {
  const struct coap_head *asked = &exchange->head;
  struct reader r = read_from(node->in, length);
  struct coap_head head;
  bool understood, ours;
  /* Section 5.3.2: the answer comes from where the request went. Nobody else is told anything. */
  if (asked->type == COAP_CON && memcmp(&exchange->from, &node->gateway, sizeof node->gateway) != 0) return NOT_OURS;
  understood = coap_take_head(&r, &head);
  if (head.type >= COAP_ACK) {
    if (!understood || head.message_id != asked->message_id) return NOT_OURS;
    if (head.type == COAP_RST) return REFUSED;
    if (head.code == COAP_EMPTY) return ACKNOWLEDGED;
  }
  answer->code = head.code;
  /* Section 5.3.2: the token decides; codes of class 2 to 5 are answers. What is not protected as the request was may come
     from anybody, and the true answer may still come (RFC 8613 section 8.4). */
  ours = understood && COAP_CLASS(head.code) >= 2 && memcmp(head.token, asked->token, COAP_TOKEN) == 0 &&
         coap_take_body(&r, answer) && (!exchange->secured || oscore_open(&node->oscore, &exchange->piv, answer));
  if (head.type == COAP_CON) {
    if (ours) node->answered_id = head.message_id;
    send_empty(&exchange->from, node->answered_id == head.message_id ? COAP_ACK : COAP_RST, head.message_id);
  }
  return ours ? ANSWERED : NOT_OURS;
}

/* For so long, or until something that matters came. */
static enum verdict listen(struct node *node, struct exchange *exchange, uint32_t time, struct coap_answer *answer) {
  uint32_t until = port_now() + time;
  unsigned length;
  while ((length = (unsigned)port_receive(&exchange->from, node->in, sizeof node->in, until)) > 0) {
    enum verdict verdict = NOT_OURS;
    if (length <= sizeof node->in) verdict = consider(node, exchange, length, answer);
    if (verdict != NOT_OURS) return verdict;
  }
  return NOT_OURS;
}

/* RFC 8613 Appendix B.1.1: numbers are used only below what the flash holds. */
bool node_reserve(struct node *node) {
  if (node->sequence < node->kept.sequence) return true;
  node->kept.sequence += SEQUENCE_STEP;
  if (node->kept.sequence >= SEQUENCE_STEP && state_save(&node->kept)) return true;
  node->kept.sequence = node->sequence;
  return false;
}

static bool ask_once(struct node *node, enum coap_type type, const struct coap_request *request,
                     struct coap_answer *answer) {
  const struct config *config = node->config;
  struct exchange exchange;
  struct writer w = write_to(node->out, sizeof node->out);
  uint32_t timeout = config->ack_timeout;
  uint32_t chance = port_random();
  unsigned attempt = 0;
  exchange.head.type = type;
  exchange.head.code = request->code;
  exchange.head.message_id = node->message_id++;
  memcpy(exchange.head.token, &chance, COAP_TOKEN);
  exchange.secured = type == COAP_CON && config->credentials != NULL;
  if (exchange.secured) {
    if (!node_reserve(node)) return false;
    oscore_seal(&node->oscore, node->sequence++, &w, &exchange.head, request, &exchange.piv);
  } else {
    coap_put_head(&w, &exchange.head);
    coap_put_body(&w, request);
  }
  if (w.full) return false;
  if (type == COAP_NON) {
    attempt = MAX_RETRANSMIT;
    timeout *= LEISURE;
  }
  timeout += port_random() % (timeout / 2 + 1); /* ACK_RANDOM_FACTOR 1.5 */
  for (; attempt <= MAX_RETRANSMIT; attempt++, timeout *= 2) {
    enum verdict verdict;
    port_send(type == COAP_NON ? &config->group : &node->gateway, node->out, (unsigned)(w.at - node->out));
    verdict = listen(node, &exchange, timeout, answer);
    if (verdict == ACKNOWLEDGED) verdict = listen(node, &exchange, PATIENCE * config->ack_timeout, answer);
    if (verdict == ANSWERED) {
      node->gateway = exchange.from;
      return true;
    }
    if (verdict != NOT_OURS) break;
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
  memset(&request, 0, sizeof request);
  request.code = COAP_GET;
  request.path = ".well-known/core";
  request.query = "rt=core.c.ds"; /* draft-ietf-core-comi-21 section 5 */
  return node->config->group.length > 0 && ask_once(node, COAP_NON, &request, &answer);
}
