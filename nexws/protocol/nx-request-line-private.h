/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first line of a request (RFC 9112 section 3): one method, one space, one target, one space,
 * one version.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Why a request is refused: the status to answer with, and a static text for the log. */
typedef struct
{
  guint status;
  const char *why;
} NxHeadFault;

/* For `return nx_head_fault (…);` out of checks that return whether all is well. */
static inline gboolean
nx_head_fault (NxHeadFault *fault, guint status, const char *why)
{
  fault->status = status;
  fault->why = why;
  return FALSE;
}

/* All slices of the line that was parsed. */
typedef struct
{
  const char *method; /* case-sensitive */
  gsize method_length;
  const char *target; /* begins with '/', or is the one of `OPTIONS *` */
  gsize target_length;
  guint minor_version; /* of HTTP/1.x: 0 or 1 */
} NxRequestLine;

/* @line is without its CR LF. On FALSE @fault says why, and @out is undefined. */
gboolean nx_request_line_parse (const char *line,
                                gsize length,
                                NxRequestLine *out,
                                NxHeadFault *fault);

gboolean nx_request_line_has_method (const NxRequestLine *self, const char *method);

G_END_DECLS
