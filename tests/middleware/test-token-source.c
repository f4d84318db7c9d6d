/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a source is written. What is found there, test-token-filter.c asks of real handshakes. */
#include "middleware/nx-token-source-private.h"

static const struct
{
  const char *text;
  gboolean is_source;
  NxTokenPlace place;
  const char *name;
} rows[] = {
  { "bearer", TRUE, NX_TOKEN_BEARER, NULL },
  { "cookie:id", TRUE, NX_TOKEN_COOKIE, "id" },
  { "query:token", TRUE, NX_TOKEN_QUERY, "token" },
  { "subprotocol:token.", TRUE, NX_TOKEN_SUBPROTOCOL, "token." },
  { "query:a:b", TRUE, NX_TOKEN_QUERY, "a:b" },
  { "", FALSE, 0, NULL },
  { ":", FALSE, 0, NULL },
  { "bearer:", FALSE, 0, NULL },
  { "bearer:x", FALSE, 0, NULL },
  { "Bearer", FALSE, 0, NULL },
  { "cookie", FALSE, 0, NULL },
  { "cookie:", FALSE, 0, NULL },
  { "cook:id", FALSE, 0, NULL },
  { "cookies:id", FALSE, 0, NULL },
};

static void
test_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (NxTokenSource) source = nx_token_source_parse (rows[i].text);
      g_autofree char *text = NULL;

      g_test_message ("%s", rows[i].text);
      g_assert_cmpint (source != NULL, ==, rows[i].is_source);
      if (source == NULL)
        continue;
      g_assert_cmpint (source->place, ==, rows[i].place);
      g_assert_cmpstr (source->name, ==, rows[i].name);
      text = nx_token_source_to_string (source);
      g_assert_cmpstr (text, ==, rows[i].text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/token-source/rows", test_rows);
  return g_test_run ();
}
