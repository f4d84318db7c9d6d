/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answers that we write ourselves: refusals of the gate and of the application. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/*
 * A whole response that ends the connection. @headers: (nullable) go in front of ours. @body: (nullable) plain text unless
 * @headers has a Content-Type; a line with the reason phrase stands in for it.
 */
GBytes *nx_answer_new (guint status, SoupMessageHeaders *headers, const char *body);

/* What RFC 9110 section 5.5 allows a field to hold, and no way to smuggle a second one in. */
gboolean nx_answer_is_header_name (const char *name);
gboolean nx_answer_is_header_value (const char *value);

/* Appends `Name: value` lines. */
void nx_answer_append_headers (GString *answer, SoupMessageHeaders *headers);

G_END_DECLS
