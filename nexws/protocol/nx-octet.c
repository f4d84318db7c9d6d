/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-octet-private.h"

#define IS_ALPHA(c) (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z'))
#define IS_DIGIT(c) ((c) >= '0' && (c) <= '9')
#define IS_HEX(c) (IS_DIGIT (c) || ((c) >= 'a' && (c) <= 'f') || ((c) >= 'A' && (c) <= 'F'))

#define IS_TOKEN(c)                                                                                \
  (IS_ALPHA (c) || IS_DIGIT (c) || (c) == '!' || (c) == '#' || (c) == '$' || (c) == '%'            \
   || (c) == '&' || (c) == '\'' || (c) == '*' || (c) == '+' || (c) == '-' || (c) == '.'            \
   || (c) == '^' || (c) == '_' || (c) == '`' || (c) == '|' || (c) == '~')

#define IS_FIELD(c) ((c) == '\t' || ((c) >= ' ' && (c) != 0x7f))

#define IS_UNRESERVED(c)                                                                           \
  (IS_ALPHA (c) || IS_DIGIT (c) || (c) == '-' || (c) == '.' || (c) == '_' || (c) == '~')
#define IS_SUB_DELIM(c)                                                                            \
  ((c) == '!' || (c) == '$' || (c) == '&' || (c) == '\'' || (c) == '(' || (c) == ')' || (c) == '*' \
   || (c) == '+' || (c) == ',' || (c) == ';' || (c) == '=')

/*
 * RFC 3986 sections 3.3 and 3.4, and those octets that it wants percent-encoded but that browsers
 * leave as they are
 * (`?tag[]=a` comes from every second web page). None of them means anything to whoever splits a
 * request line. `%` is not among them: its two digits are looked at where it stands.
 */
#define IS_PATH(c)                                                                                 \
  (IS_UNRESERVED (c) || IS_SUB_DELIM (c) || (c) == ':' || (c) == '@' || (c) == '/' || (c) == '['   \
   || (c) == ']' || (c) == '^' || (c) == '|')
#define IS_QUERY(c)                                                                                \
  (IS_PATH (c) || (c) == '?' || (c) == '`' || (c) == '{' || (c) == '}' || (c) == '\\')

#define IS_BASE64(c) (IS_ALPHA (c) || IS_DIGIT (c) || (c) == '+' || (c) == '/')

#define CLASSES(c)                                                                                 \
  ((IS_TOKEN (c) ? NX_OCTET_TOKEN : 0) | (IS_FIELD (c) ? NX_OCTET_FIELD : 0)                       \
   | (IS_PATH (c) ? NX_OCTET_PATH : 0) | (IS_QUERY (c) ? NX_OCTET_QUERY : 0)                       \
   | (IS_UNRESERVED (c) ? NX_OCTET_HOST : 0) | (IS_DIGIT (c) ? NX_OCTET_DIGIT : 0)                 \
   | (IS_HEX (c) ? NX_OCTET_HEX : 0) | (IS_BASE64 (c) ? NX_OCTET_BASE64 : 0))

#define FOUR(c) CLASSES (c), CLASSES ((c) + 1), CLASSES ((c) + 2), CLASSES ((c) + 3)
#define SIXTEEN(c) FOUR (c), FOUR ((c) + 4), FOUR ((c) + 8), FOUR ((c) + 12)
#define SIXTY_FOUR(c) SIXTEEN (c), SIXTEEN ((c) + 16), SIXTEEN ((c) + 32), SIXTEEN ((c) + 48)

/* Written by the compiler, so that the rules above are the only place where a class can be wrong.
 */
const guint8 nx_octet_classes[256] = { SIXTY_FOUR (0), SIXTY_FOUR (64), SIXTY_FOUR (128),
                                       SIXTY_FOUR (192) };
