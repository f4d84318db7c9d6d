/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxUtf8: validates UTF-8 (RFC 3629) piece by piece and stops at the first octet that no
 * continuation could make valid. U+0000 is a character like any other here. All zero is the state
 * between two characters.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint8 missing; /* octets that the character still needs */
  guint8 low; /* while one is missing: the range of the next one, narrower than 80-BF behind E0, ED,
                 F0 and F4 */
  guint8 high;
} NxUtf8;

/* How many octets were accepted: all of them, or those before the impossible one. */
gsize nx_utf8_accept (NxUtf8 *self, const guint8 *data, gsize length);

/* Whether the text may end here. */
static inline gboolean
nx_utf8_is_complete (const NxUtf8 *self)
{
  return self->missing == 0;
}

/* A text that is there whole. */
static inline gboolean
nx_utf8_is_valid (const guint8 *data, gsize length)
{
  NxUtf8 utf8 = { 0 };

  return nx_utf8_accept (&utf8, data, length) == length && nx_utf8_is_complete (&utf8);
}

G_END_DECLS
