/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * permessage-deflate (RFC 7692): what was negotiated, and the two codecs over zlib. The contexts live only while in
 * use unless takeover was negotiated.
 */
#pragma once

#include <glib.h>

#include "protocol/nx-frame-private.h"

G_BEGIN_DECLS

/* As the accepted answer states them (RFC 7692 section 7.1). Bits are 9 to 15 for what we compress, 8 to 15 for what we inflate. */
typedef struct
{
  gboolean server_no_context_takeover;
  gboolean client_no_context_takeover;
  guint8 server_max_window_bits;
  guint8 client_max_window_bits;
} NxDeflateParams;

G_END_DECLS
