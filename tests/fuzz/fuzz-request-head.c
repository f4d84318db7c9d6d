/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first two octets choose the limits and how the rest is cut into pieces. The verdict must not
 * depend on the cuts, and a head that passed must be one that the accessors can walk through.
 */
#include "config.h"

#include "protocol/nx-authority-private.h"
#include "protocol/nx-request-head-private.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define CHECK(condition)                                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  }                                                                                                \
  G_STMT_END

static NxHead
screen_in_pieces (const char *head, gsize length, const NxHeadLimits *limits, gsize step)
{
  gsize scanned = 0;
  NxHead out = { 0 };

  for (gsize n = MIN (step, length);; n = MIN (n + step, length))
    {
      /* A copy of its own size, so that the sanitizer sees the octet behind it. */
      g_autofree char *copy = g_memdup2 (head, n);

      nx_request_head_screen (copy, n, limits, &scanned, 1000, &out);
      if (out.verdict != NX_HEAD_INCOMPLETE || n == length)
        return out;
    }
}

static void
check_passed (const char *head, const NxHead *verdict, const NxHeadLimits *limits)
{
  g_autofree char *copy = g_memdup2 (head, verdict->length);
  const char *value;
  gsize length, stripped, scanned = 0;
  NxHead again;
  NxAuthority authority;

  CHECK (verdict->length >= 4 && verdict->length <= limits->max_size);
  CHECK (memcmp (head + verdict->length - 4, "\r\n\r\n", 4) == 0);
  CHECK (memchr (head, '\0', verdict->length) == NULL);
  CHECK (verdict->body_length <= 1000);

  if (nx_request_head_find (copy, verdict->length, "Host", &value, &length))
    CHECK (nx_authority_parse (value, length, &authority));
  else
    CHECK (verdict->verdict == NX_HEAD_PLAIN);

  stripped = nx_request_head_strip (copy, verdict->length, "Range");
  CHECK (stripped <= verdict->length);
  CHECK (!nx_request_head_find (copy, stripped, "range", &value, &length));
  nx_request_head_screen (copy, stripped, limits, &scanned, 1000, &again);
  CHECK (again.verdict == verdict->verdict && again.length == stripped);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  NxHeadLimits limits;
  NxHead whole, pieces;
  const char *head;

  if (size < 3)
    return 0;
  limits.max_size = 64 + data[0] * 16;
  limits.max_lines = 1 + data[0] % 16;
  head = (const char *) data + 2;
  size -= 2;

  whole = screen_in_pieces (head, size, &limits, size);
  pieces = screen_in_pieces (head, size, &limits, 1 + data[1]);
  CHECK (whole.verdict == pieces.verdict && whole.status == pieces.status);
  CHECK (whole.why == pieces.why && whole.length == pieces.length);

  if (whole.verdict == NX_HEAD_REFUSED)
    CHECK (whole.status >= 400 && whole.status <= 505 && whole.why != NULL);
  else if (whole.verdict != NX_HEAD_INCOMPLETE)
    check_passed (head, &whole, &limits);

  return 0;
}
