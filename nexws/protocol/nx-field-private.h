/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One header field (RFC 9112 section 5): a name, a colon, a value, on one line.
 */
#pragma once

#include <glib.h>

#include "protocol/nx-request-line-private.h"

G_BEGIN_DECLS

/* Slices of the line that was parsed; a name of NULL stands for a field that is not there. */
typedef struct
{
  const char *name;
  gsize name_length;
  const char *value; /* without the white space around it */
  gsize value_length;
} NxField;

/* @line is without its CR LF. On FALSE @fault says why, and @out is undefined. */
gboolean nx_field_parse (const char *line, gsize length, NxField *out, NxHeadFault *fault);

/* The next field of a *screened* head. @at begins behind the request line and ends up behind the
 * line of the field. */
gboolean nx_field_next (const char **at, const char *end, NxField *out);

gboolean nx_field_has_name (const NxField *self, const char *name);
gboolean nx_field_has_value (const NxField *self, const char *value);
/* The whole value, in any case. */
gboolean nx_field_has_value_ci (const NxField *self, const char *value);
/* Whether @token is a member of the comma-separated list that the value is, in any case. */
gboolean nx_field_lists_token (const NxField *self, const char *token);

G_END_DECLS
