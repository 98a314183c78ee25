/* What a node that is built WITH_SUIT keeps of a release between the offer of an image and its start; nothing for the others. */
#ifndef RELEASE_H
#define RELEASE_H
#include "node.h"
#include <string.h>

#ifdef WITH_SUIT

/* Who we are, from the credentials: without a secret nobody can vouch for anything. */
static inline bool release_start(struct node *node) {
  const struct oscore_credentials *credentials = node->config.credentials;
  if (credentials == NULL) return false;
  node->suit.secret = credentials->master_secret;
  node->suit.secret_length = credentials->master_secret_length;
  return true;
}

/* What a report tells. Report 0 is long already: it says who we are, and the next one what became of a release. */
static inline unsigned release_tell(unsigned tell) {
  if (tell & TELL(EVERYTHING)) tell &= ~TELL(RELEASE);
  return tell & (TELL(EVERYTHING) | TELL(RELEASE)) ? tell | TELL(SUIT) : tell;
}

static inline bool release_is_untold(const struct state *kept) { return (kept->news & TELL(RELEASE)) != 0; }

/* False for an offer that comes without an envelope: there is nothing that vouches for it. */
static inline bool release_begin(struct state *kept) {
  kept->vouched = 0;
  kept->verdict.release.known = 0;
  if (kept->wanted.envelope[0] != 0) return true;
  (void)port_flash_erase(FLASH_MARKS_SECTOR); /* nothing of this image is here: the marks are those of another */
  return false;
}

static inline void release_installed(struct state *kept) {
  kept->installed = kept->verdict.release;
  kept->news |= TELL(RELEASE);
}

#else

static inline bool release_start(struct node *node) { return node != NULL; }
static inline unsigned release_tell(unsigned tell) { return tell; }
static inline bool release_is_untold(const struct state *kept) { return kept == NULL; }
static inline bool release_begin(const struct state *kept) { return kept != NULL; }
static inline void release_installed(struct state *kept) { (void)kept; }

#endif
#endif
