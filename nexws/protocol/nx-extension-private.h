/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer to Sec-WebSocket-Extensions (RFC 6455 section 9.1), of which we know
 * permessage-deflate (RFC 7692 section 7.1).
 */
#pragma once

#include <glib.h>

#include "protocol/nx-deflate-private.h"

G_BEGIN_DECLS

/* What we are willing to do. */
typedef struct
{
  gboolean context_takeover; /* FALSE: none in either direction, so that an idle connection keeps no
                                window */
  guint8 window_bits; /* 9 to 15: the largest window in either direction; zlib does not compress
                         with 8 */
} NxDeflateOptions;

typedef enum {
  NX_NEGOTIATION_DECLINED, /* go on without compression */
  NX_NEGOTIATION_ACCEPTED, /* @params are set, and @answer has the value of the response's header */
  NX_NEGOTIATION_MALFORMED, /* not a list of extensions: HTTP 400 */
} NxNegotiation;

/*
 * @offers: the header's value; those of several lines joined by commas. The first offer of
 * permessage-deflate that can be met is taken; one that cannot, or that RFC 7692 section 7.1 finds
 * fault with, is passed over, and so are other extensions. The list has to be well-formed to its
 * end all the same. Linear, allocates nothing but the answer's text.
 *
 * @answer is appended to on ACCEPTED and left alone otherwise; so is @params.
 */
NxNegotiation nx_extension_negotiate_deflate (const char *offers,
                                              const NxDeflateOptions *options,
                                              NxDeflateParams *params,
                                              GString *answer);

G_END_DECLS
