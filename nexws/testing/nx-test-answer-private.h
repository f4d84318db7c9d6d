/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxTestAnswer: an HTTP answer, out of the octets of a connection that it ends. Only a 101 is complete with its head, and
 * what comes behind that is not its.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct
{
  GByteArray *octets; /* all that came; of a 101 that is kept, without what came behind it */
  gsize head_length;  /* 0 until it is there */
  guint status;
  char *phrase;
  SoupMessageHeaders *headers;
  gboolean is_complete;
  GBytes *body;  /* once it is complete */
  GError *fault; /* nullable: what is wrong with it; complete then, too */
} NxTestAnswer;

NxTestAnswer *nx_test_answer_new (void);
void nx_test_answer_free (NxTestAnswer *self);

void nx_test_answer_feed (NxTestAnswer *self, const guint8 *data, gsize length);
/* The connection has ended. @to_head: it answers a HEAD, whose answer has no body. */
void nx_test_answer_end (NxTestAnswer *self, gboolean to_head);
/* "403 Forbidden", for people. */
char *nx_test_answer_describe (NxTestAnswer *self);

/* Whether it is the answer to a handshake with that key (RFC 6455 section 4.1). @subprotocol gets what was chosen. */
gboolean nx_test_answer_check_handshake (NxTestAnswer *self,
                                         const char *key,
                                         const char *const *offered_subprotocols,
                                         const char **subprotocol,
                                         GError **error);

/*
 * Whether what was agreed to is among what was offered. @extension: (nullable) the permessage-deflate that was, which is
 * configured; @is_agreed says so.
 */
gboolean nx_test_answer_check_extensions (NxTestAnswer *self,
                                          SoupWebsocketExtension *extension,
                                          gboolean *is_agreed,
                                          GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxTestAnswer, nx_test_answer_free)

G_END_DECLS
