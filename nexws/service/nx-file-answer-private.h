/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxFileAnswer: a file as the answer to a request, in pieces, and only as fast as the client reads them. */
#pragma once

#include <libsoup/soup.h>

#include "service/nx-file-source-private.h"

G_BEGIN_DECLS

typedef struct _NxFileAnswer NxFileAnswer;

/* The message is paused from here on until one of the others is called. */
NxFileAnswer *nx_file_answer_begin (SoupServerMessage *message);
/* Each takes the answer; nothing happens when the client has left. Takes @file. */
void nx_file_answer_send (NxFileAnswer *self, NxFile *file, const char *cache_control);
void nx_file_answer_refuse (NxFileAnswer *self, guint status);
void nx_file_answer_redirect (NxFileAnswer *self, const char *location);

/* Whether one of the entity tags of an If-None-Match is @etag (RFC 9110 section 13.1.2). */
gboolean nx_file_answer_matches_etag (const char *list, const char *etag);

G_END_DECLS
