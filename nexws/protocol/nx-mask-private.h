/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Masking (RFC 6455 section 5.3): octet i of the payload is XORed with octet i modulo 4 of the key.
 *
 * A key is kept as a number whose least significant octet comes first on the wire, whatever the
 * machine's own order is, so that going on in the middle of a payload is a rotation.
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

static inline guint32
nx_mask_load (const guint8 *key)
{
  guint32 mask;

  memcpy (&mask, key, sizeof mask);
  return GUINT32_FROM_LE (mask);
}

static inline void
nx_mask_store (guint32 mask, guint8 *key)
{
  mask = GUINT32_TO_LE (mask);
  memcpy (key, &mask, sizeof mask);
}

/* Masks or unmasks @data in place; returns the key for the octet that follows. */
guint32 nx_mask_apply (guint32 mask, guint8 *data, gsize length);

G_END_DECLS
