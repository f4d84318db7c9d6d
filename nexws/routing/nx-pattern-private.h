/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxPattern: which paths a route is for, such as `/rooms/{room}/messages/{id:int}`.
 *
 * A pattern is written as the path reads when decoded (`/café`, never `/caf%C3%A9`) and is made of
 * segments, each either text or one parameter:
 *
 *   {name}        anything but the empty segment
 *   {name:int}    a decimal number of 64 bits, with or without a minus sign
 *   {name:float}  a decimal number, with or without fraction and exponent
 *   {name:uuid}   8-4-4-4-12 hex digits, in any case
 *   {name:path}   the rest of the path, slashes and all; must come last
 *
 * A slash at the end is a segment of its own, the empty one: `/a` and `/a/` are different patterns,
 * as they are different paths. Nothing is redirected or forgiven.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The order is the precedence: where several kinds fit, the first one is tried first. */
typedef enum {
  NX_SEGMENT_TEXT,
  NX_SEGMENT_INT,
  NX_SEGMENT_UUID,
  NX_SEGMENT_FLOAT,
  NX_SEGMENT_STRING,
  NX_SEGMENT_PATH,
  NX_N_SEGMENT_KINDS
} NxSegmentKind;

typedef struct
{
  NxSegmentKind kind;
  char *text; /* TEXT: what it is; otherwise the parameter's name */
} NxSegment;

/* Bounds how deep a look-up goes. */
#define NX_PATTERN_MAX_SEGMENTS 64

/* Immutable, reference counted. */
typedef struct
{
  char *text; /* as it was written */
  NxSegment *segments;
  guint n_segments;
} NxPattern;

#define NX_PATTERN_ERROR (nx_pattern_error_quark ())

typedef enum {
  NX_PATTERN_ERROR_SYNTAX,    /* not a pattern; the message says where and what is allowed there */
  NX_PATTERN_ERROR_PARAMETER, /* a name or a type that is none, or a name that is there twice */
  NX_PATTERN_ERROR_TAKEN,     /* the same paths lead elsewhere; the message names both patterns */
} NxPatternError;

GQuark nx_pattern_error_quark (void);

NxPattern *nx_pattern_parse (const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
NxPattern *nx_pattern_ref (NxPattern *self);
void nx_pattern_unref (NxPattern *self);

/* Whether @segment of a path is a value for a parameter of @kind, which is none of TEXT and PATH.
 */
gboolean nx_segment_kind_fits (NxSegmentKind kind, const char *segment);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxPattern, nx_pattern_unref)

G_END_DECLS
