/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers and strings as octets, for what processes tell each other: most significant octet first, a string behind its length of two octets.
 * What is read is checked, since it may come from anybody.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void nx_octets_put_number (GByteArray *to, guint64 number);
void nx_octets_put_half (GByteArray *to, guint32 number);
void nx_octets_put_short (GByteArray *to, guint16 number);
void nx_octets_put_string (GByteArray *to, const char *text);

/* Once something is not there, nothing is any more, and what is taken is 0 or NULL. */
typedef struct
{
  const guint8 *at;
  gsize n_left;
  gboolean has_failed;
} NxOctets;

/* @bytes has to outlive it. */
void nx_octets_init (NxOctets *self, GBytes *bytes);
const guint8 *nx_octets_take (NxOctets *self, gsize size);
guint64 nx_octets_take_number (NxOctets *self);
guint32 nx_octets_take_half (NxOctets *self);
guint16 nx_octets_take_short (NxOctets *self);
char *nx_octets_take_string (NxOctets *self);   /* (transfer full): UTF-8 */
char **nx_octets_take_strings (NxOctets *self); /* (transfer full): behind their number */
/* (transfer full): what is left, or the next @size of it, of @bytes. */
GBytes *nx_octets_take_rest (NxOctets *self, GBytes *bytes);
GBytes *nx_octets_take_bytes (NxOctets *self, GBytes *bytes, gsize size);

G_END_DECLS
