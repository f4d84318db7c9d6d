/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxAuthority: `host[:port]` (RFC 9110 section 7.2), as Host and Origin have it.
 *
 * A registered name is letters, digits, `-`, `.`, `_` and `~`. RFC 3986 would also have
 * percent-encoding and punctuation there; no name in the DNS has either, and readers differ on
 * whether they decode it before they compare.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *host; /* slice of the text that was parsed; without the brackets */
  gsize host_length;
  guint16 ipv6[8]; /* when is_ipv6: the address's groups, so that its spellings compare equal */
  gboolean is_ipv6;
  gboolean has_port; /* an empty one (`host:`) counts as none, RFC 3986 section 3.2.3 */
  guint16 port;
} NxAuthority;

/* FALSE when it is not one, or has a userinfo. */
gboolean nx_authority_parse (const char *text, gsize length, NxAuthority *out);

/* localhost, 127.0.0.0/8 and ::1, at any port: names that no foreign DNS can make point here. */
gboolean nx_authority_is_loopback (const NxAuthority *self);

/*
 * Whether the page at @origin was served under this host and port. @default_port is the one that a
 * Host without a port means on this listener (80, with TLS 443).
 *
 * The schemes may differ: a proxy that ends TLS makes `https://example.org` talk to a Host of
 * `example.org` on a plain listener. So default ports match each other, of whichever scheme.
 * Origins of other schemes than http, https, ws and wss never match, nor does `null`.
 */
gboolean nx_authority_matches_origin (const NxAuthority *self,
                                      guint16 default_port,
                                      const char *origin,
                                      gsize length);

/*
 * `SCHEME://HOST[:PORT]`, as a browser writes an Origin (RFC 6454 section 6.2): without a path, not even a slash. `null` is one, too.
 */
gboolean nx_origin_is_well_formed (const char *text);

G_END_DECLS
