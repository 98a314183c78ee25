/*
 * libcoap as a server with a resource for each check of the interop table, which its example server has not.
 * Usage: libcoap-server PORT IMAGE-FILE [OSCORE-FILE]; prints a line when it listens, without arguments its version.
 * Built by scripts/interop-peers.sh.
 */
#include <arpa/inet.h>
#include <coap3/coap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 100

/* A body that GET gives and PUT or iPATCH takes. */
struct body {
  uint8_t *bytes;
  size_t length;
};

static struct body image, stored, patched;
static coap_resource_t *clock_resource;
static int ticks;
static const uint8_t TAG[] = {1, 2, 3, 4};

static void answer(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                   const coap_string_t *query, coap_pdu_t *response, const void *bytes, size_t length) {
  coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTENT);
  coap_add_data_large_response(resource, session, request, response, query, COAP_MEDIATYPE_APPLICATION_OCTET_STREAM,
                               -1, 0, length, bytes, NULL, NULL);
}

static void get_small(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                      const coap_string_t *query, coap_pdu_t *response) {
  answer(resource, session, request, query, response, "a few bytes", 11);
}

static void get_body(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                     const coap_string_t *query, coap_pdu_t *response) {
  const struct body *body = coap_resource_get_userdata(resource);
  answer(resource, session, request, query, response, body->bytes, body->length);
}

static void put_body(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                     const coap_string_t *query, coap_pdu_t *response) {
  struct body *body = coap_resource_get_userdata(resource);
  const uint8_t *bytes;
  size_t length, offset, total;
  (void)session;
  (void)query;
  if (!coap_get_data_large(request, &length, &bytes, &offset, &total) || length != total) {
    coap_pdu_set_code(response, COAP_RESPONSE_CODE_BAD_REQUEST);
    return;
  }
  free(body->bytes);
  body->bytes = malloc(length);
  memcpy(body->bytes, bytes, length);
  body->length = length;
  coap_pdu_set_code(response, COAP_RESPONSE_CODE_CHANGED);
}

static void fetch_echo(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                       const coap_string_t *query, coap_pdu_t *response) {
  static uint8_t echo[65536];
  const uint8_t *bytes;
  size_t length, offset, total;
  if (!coap_get_data_large(request, &length, &bytes, &offset, &total) || length > sizeof echo) length = 0;
  memcpy(echo, bytes, length);
  answer(resource, session, request, query, response, echo, length);
}

static void get_clock(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                      const coap_string_t *query, coap_pdu_t *response) {
  static char text[32];
  int length = snprintf(text, sizeof text, "tick %d", ticks);
  answer(resource, session, request, query, response, text, (size_t)length);
}

static void get_tagged(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                       const coap_string_t *query, coap_pdu_t *response) {
  coap_opt_iterator_t iterator;
  coap_opt_t *etag = coap_check_option(request, COAP_OPTION_ETAG, &iterator);
  int known = etag != NULL && coap_opt_length(etag) == sizeof TAG && !memcmp(coap_opt_value(etag), TAG, sizeof TAG);
  (void)resource;
  (void)session;
  (void)query;
  coap_pdu_set_code(response, known ? COAP_RESPONSE_CODE_VALID : COAP_RESPONSE_CODE_CONTENT);
  coap_add_option(response, COAP_OPTION_ETAG, sizeof TAG, TAG);
  if (!known) coap_add_data(response, 11, (const uint8_t *)"a few bytes");
}

/* With a critical option that nobody knows. */
static void get_odd(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                    const coap_string_t *query, coap_pdu_t *response) {
  (void)resource;
  (void)session;
  (void)request;
  (void)query;
  coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTENT);
  coap_add_option(response, 65001, 1, TAG);
  coap_add_data(response, 11, (const uint8_t *)"a few bytes");
}

static coap_resource_t *serve(coap_context_t *context, const char *path, coap_request_t method,
                              coap_method_handler_t handler, struct body *body) {
  coap_resource_t *resource = coap_resource_init(coap_make_str_const(path), 0);
  coap_register_request_handler(resource, method, handler);
  coap_resource_set_userdata(resource, body);
  coap_add_resource(context, resource);
  return resource;
}

static struct body read_file(const char *name) {
  struct body body = {NULL, 0};
  FILE *file = fopen(name, "rb");
  if (file == NULL) return body;
  fseek(file, 0, SEEK_END);
  body.length = (size_t)ftell(file);
  rewind(file);
  body.bytes = malloc(body.length + 1);
  if (fread(body.bytes, 1, body.length, file) != body.length) body.length = 0;
  fclose(file);
  return body;
}

int main(int argc, char **argv) {
  coap_address_t address;
  coap_context_t *context;
  coap_resource_t *resource;

  if (argc < 3) {
    puts(coap_package_version());
    return 64;
  }
  coap_startup();
  image = read_file(argv[2]);
  context = coap_new_context(NULL);
  coap_context_set_block_mode(context, COAP_BLOCK_USE_LIBCOAP | COAP_BLOCK_SINGLE_BODY);
#ifdef WITH_OSCORE
  if (argc > 3) {
    struct body text = read_file(argv[3]);
    coap_str_const_t settings = {text.length, text.bytes};
    coap_oscore_conf_t *oscore = coap_new_oscore_conf(settings, NULL, NULL, 0);
    if (oscore == NULL || !coap_context_oscore_server(context, oscore)) return 1;
  }
#endif
  coap_address_init(&address);
  address.addr.sin.sin_family = AF_INET;
  address.addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.addr.sin.sin_port = htons((uint16_t)atoi(argv[1]));
  address.size = sizeof address.addr.sin;
  if (coap_new_endpoint(context, &address, COAP_PROTO_UDP) == NULL) return 1;

  serve(context, "small", COAP_REQUEST_GET, get_small, NULL);
  serve(context, "image", COAP_REQUEST_GET, get_body, &image);
  resource = serve(context, "storage", COAP_REQUEST_GET, get_body, &stored);
  coap_register_request_handler(resource, COAP_REQUEST_PUT, put_body);
  resource = serve(context, "patched", COAP_REQUEST_GET, get_body, &patched);
  coap_register_request_handler(resource, COAP_REQUEST_IPATCH, put_body);
  clock_resource = serve(context, "clock", COAP_REQUEST_GET, get_clock, NULL);
  coap_resource_set_get_observable(clock_resource, 1);
  serve(context, "echo", COAP_REQUEST_FETCH, fetch_echo, NULL);
  serve(context, "tagged", COAP_REQUEST_GET, get_tagged, NULL);
  serve(context, "odd", COAP_REQUEST_GET, get_odd, NULL);

  puts("ready");
  fflush(stdout);
  for (int waited = 0;;) {
    int spent = coap_io_process(context, TICK_MS);
    if (spent < 0) return 1;
    waited += spent;
    if (waited < TICK_MS) continue;
    waited = 0;
    ticks++;
    coap_resource_notify_observers(clock_resource, NULL);
  }
}
