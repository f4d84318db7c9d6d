/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The classes of octets that the grammars of HTTP and URIs are made of. One look into a table, no
 * locale.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  NX_OCTET_TOKEN = 1 << 0, /* tchar, RFC 9110 section 5.6.2 */
  NX_OCTET_FIELD =
      1 << 1, /* VCHAR, SP, HTAB and obs-text: what a field value may hold, RFC 9110 section 5.5 */
  NX_OCTET_PATH = 1 << 2,  /* see nx-octet.c: RFC 3986 and what browsers send */
  NX_OCTET_QUERY = 1 << 3, /* likewise */
  NX_OCTET_HOST = 1 << 4,  /* unreserved, RFC 3986 section 2.3 */
  NX_OCTET_DIGIT = 1 << 5,
  NX_OCTET_HEX = 1 << 6,
  NX_OCTET_BASE64 = 1 << 7, /* without the padding, RFC 4648 section 4 */
} NxOctetClass;

extern const guint8 nx_octet_classes[256];

static inline gboolean
nx_octet_is (char octet, NxOctetClass class)
{
  return (nx_octet_classes[(guint8) octet] & class) != 0;
}

/* Optional white space, RFC 9110 section 5.6.3. */
static inline gboolean
nx_octet_is_ows (char octet)
{
  return octet == ' ' || octet == '\t';
}

G_END_DECLS
