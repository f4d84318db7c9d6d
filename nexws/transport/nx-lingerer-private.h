/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxLingerer: gets the last word through. It writes what is left to say to a peer, ends our output, and reads until the peer
 * ends its own, because closing a socket that has unread input sends a reset, and a reset can overtake what was said
 * (RFC 6455 section 7.1.1). Everything within a deadline; the oldest give way when there are too many.
 */
#pragma once

#include "transport/nx-stream-private.h"

G_BEGIN_DECLS

typedef struct _NxLingerer NxLingerer;

NxLingerer *nx_lingerer_new (NxReactor *reactor);
NxLingerer *nx_lingerer_ref (NxLingerer *self);
void nx_lingerer_unref (NxLingerer *self);
/* Closes all that still linger, and whatever is added later at once. */
void nx_lingerer_close (NxLingerer *self);

/* Takes @stream. @last_words: (nullable) (transfer full). */
void nx_lingerer_add (NxLingerer *self, NxStream *stream, GBytes *last_words, guint timeout_ms);
guint nx_lingerer_get_n_streams (NxLingerer *self);
/* Called whenever one less lingers. */
void nx_lingerer_set_func (NxLingerer *self, void (*func) (gpointer data), gpointer data);

G_END_DECLS
