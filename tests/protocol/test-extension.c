/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-extension-private.h"

#include <string.h>

#include "guard.h"

static const NxDeflateOptions ours = { .context_takeover = FALSE, .window_bits = 12 };
static const NxDeflateOptions generous = { .context_takeover = TRUE, .window_bits = 15 };

#define D "permessage-deflate"
#define NCT "; server_no_context_takeover; client_no_context_takeover"

typedef struct
{
  const char *prose;
  const char *offers;
  const NxDeflateOptions *options;
  const char *answer; /* NULL: declined */
  NxDeflateParams params;
} Case;

static const Case cases[] = {
  /* What browsers and libraries send */
  { "bare", D, &ours, D NCT, { TRUE, TRUE, 12, 15 } },
  { "Chrome",
    D "; client_max_window_bits",
    &ours,
    D NCT "; client_max_window_bits=12",
    { TRUE, TRUE, 12, 12 } },
  { "Python websockets",
    D "; server_max_window_bits=12; client_max_window_bits=12",
    &ours,
    D NCT "; server_max_window_bits=12; client_max_window_bits=12",
    { TRUE, TRUE, 12, 12 } },
  { "all there is",
    D NCT "; server_max_window_bits=10; client_max_window_bits=11",
    &ours,
    D NCT "; server_max_window_bits=10; client_max_window_bits=11",
    { TRUE, TRUE, 10, 11 } },
  { "larger windows than ours",
    D "; server_max_window_bits=15; client_max_window_bits=15",
    &ours,
    D NCT "; server_max_window_bits=12; client_max_window_bits=12",
    { TRUE, TRUE, 12, 12 } },
  { "the smallest windows",
    D "; server_max_window_bits=9; client_max_window_bits=8",
    &ours,
    D NCT "; server_max_window_bits=9; client_max_window_bits=8",
    { TRUE, TRUE, 9, 8 } },
  { "takeover, bare", D, &generous, D, { FALSE, FALSE, 15, 15 } },
  { "takeover, a hint",
    D "; client_max_window_bits",
    &generous,
    D "; client_max_window_bits=15",
    { FALSE, FALSE, 15, 15 } },
  { "takeover, the client wants none of ours",
    D "; server_no_context_takeover",
    &generous,
    D "; server_no_context_takeover",
    { TRUE, FALSE, 15, 15 } },
  { "takeover, the client has none",
    D "; client_no_context_takeover",
    &generous,
    D "; client_no_context_takeover",
    { FALSE, TRUE, 15, 15 } },

  /* Lists */
  { "others around it", "x, " D ", y; z=1", &ours, D NCT, { TRUE, TRUE, 12, 15 } },
  { "the first that can be met",
    D "; server_max_window_bits=8, " D "; server_max_window_bits=10, " D,
    &ours,
    D NCT "; server_max_window_bits=10",
    { TRUE, TRUE, 10, 15 } },
  { "a fall-back",
    D "; server_max_window_bits=8; client_max_window_bits, " D "; client_max_window_bits",
    &ours,
    D NCT "; client_max_window_bits=12",
    { TRUE, TRUE, 12, 12 } },
  { "a fall-back from what we do not know", D "; mux, " D, &ours, D NCT, { TRUE, TRUE, 12, 15 } },
  { "empty elements", " ,, ,\t" D " , ,", &ours, D NCT, { TRUE, TRUE, 12, 15 } },
  { "no white space",
    D ";server_max_window_bits=10," D,
    &ours,
    D NCT "; server_max_window_bits=10",
    { TRUE, TRUE, 10, 15 } },
  { "white space",
    " \t" D "\t ; \tserver_max_window_bits =  10\t",
    &ours,
    D NCT "; server_max_window_bits=10",
    { TRUE, TRUE, 10, 15 } },
  { "quoted",
    D "; server_max_window_bits=\"10\"",
    &ours,
    D NCT "; server_max_window_bits=10",
    { TRUE, TRUE, 10, 15 } },
  { "quoted and escaped",
    D "; server_max_window_bits=\"\\1\\0\" ; client_max_window_bits",
    &ours,
    D NCT "; server_max_window_bits=10; client_max_window_bits=12",
    { TRUE, TRUE, 10, 12 } },
  { "another extension's quoted value", "x; a=\"b\"; c, " D, &ours, D NCT, { TRUE, TRUE, 12, 15 } },

  /* Declined, RFC 7692 section 7.1 */
  { "another extension", "x-webkit-deflate-frame", &ours, NULL, { 0 } },
  { "a longer name", D "r", &ours, NULL, { 0 } },
  { "a shorter name", "permessage-deflat", &ours, NULL, { 0 } },
  { "another case", "Permessage-Deflate", &ours, NULL, { 0 } },
  { "an unknown parameter", D "; mux", &ours, NULL, { 0 } },
  { "an unknown parameter before a known one",
    D "; mux; client_max_window_bits",
    &ours,
    NULL,
    { 0 } },
  { "a longer parameter", D "; client_max_window_bitss", &ours, NULL, { 0 } },
  { "server bits without a value", D "; server_max_window_bits", &ours, NULL, { 0 } },
  { "server bits 7", D "; server_max_window_bits=7", &ours, NULL, { 0 } },
  { "server bits 8, which zlib cannot", D "; server_max_window_bits=8", &generous, NULL, { 0 } },
  { "server bits 16", D "; server_max_window_bits=16", &ours, NULL, { 0 } },
  { "server bits 0", D "; server_max_window_bits=0", &ours, NULL, { 0 } },
  { "server bits 010", D "; server_max_window_bits=010", &ours, NULL, { 0 } },
  { "server bits +10", D "; server_max_window_bits=+10", &ours, NULL, { 0 } },
  { "server bits 1e1", D "; server_max_window_bits=1e1", &ours, NULL, { 0 } },
  { "server bits empty", D "; server_max_window_bits=\"\"", &ours, NULL, { 0 } },
  { "server bits 2^32 + 10", D "; server_max_window_bits=4294967306", &ours, NULL, { 0 } },
  { "server bits 2^64 + 10",
    D "; server_max_window_bits=18446744073709551626",
    &ours,
    NULL,
    { 0 } },
  { "client bits 7", D "; client_max_window_bits=7", &ours, NULL, { 0 } },
  { "client bits 16", D "; client_max_window_bits=16", &ours, NULL, { 0 } },
  { "client bits empty", D "; client_max_window_bits=\"\"", &ours, NULL, { 0 } },
  { "client bits of words", D "; client_max_window_bits=ten", &ours, NULL, { 0 } },
  { "a flag with a value", D "; server_no_context_takeover=1", &ours, NULL, { 0 } },
  { "the other flag with a value", D "; client_no_context_takeover=true", &ours, NULL, { 0 } },
  { "server bits twice",
    D "; server_max_window_bits=10; server_max_window_bits=10",
    &ours,
    NULL,
    { 0 } },
  { "client bits twice",
    D "; client_max_window_bits; client_max_window_bits=10",
    &ours,
    NULL,
    { 0 } },
  { "a flag twice",
    D "; server_no_context_takeover; server_no_context_takeover",
    &ours,
    NULL,
    { 0 } },
  { "the other flag twice",
    D "; client_no_context_takeover; client_no_context_takeover",
    &ours,
    NULL,
    { 0 } },
};

static const char *const malformed[] = {
  "",
  " ",
  ",",
  ", ,\t,",
  ";",
  "=",
  "\"" D "\"",
  D ";",
  D "; ;a",
  D ";,",
  D "; a=",
  D "; a=,b",
  D "; a=;b",
  D "; =a",
  D "=a",
  D " x",
  D "; a b",
  D "; a=b c",
  D "; a=\"b",
  D "; a=\"b\\",
  D "; a=\"b\\\"",
  D "; a=\"b c\"",
  D "; a=\"b\"c",
  D "; a=b\"c\"",
  D "; a=\"b,c\"",
  D "; a=\"\x7f\"",
  D "; a=\xc3\xa9",
  "\xc3\xa9",
  D "@",
  D "; server_max_window_bits=10;",
  /* Behind an offer that could be taken */
  D ", ;",
  D ", x; a=",
};

static void
test_case (gconstpointer data)
{
  const Case *this = data;
  g_autoptr (GString) answer = g_string_new ("before ");
  NxDeflateParams params = { FALSE, FALSE, 99, 99 };
  Guard guard = guard_new (4096);
  const char *offers = guard_put (&guard, this->offers, strlen (this->offers) + 1);
  NxNegotiation outcome = nx_extension_negotiate_deflate (offers, this->options, &params, answer);

  if (this->answer != NULL)
    {
      g_assert_cmpint (outcome, ==, NX_NEGOTIATION_ACCEPTED);
      g_assert_cmpstr (answer->str + strlen ("before "), ==, this->answer);
      g_assert_cmpint (params.server_no_context_takeover, ==,
                       this->params.server_no_context_takeover);
      g_assert_cmpint (params.client_no_context_takeover, ==,
                       this->params.client_no_context_takeover);
      g_assert_cmpuint (params.server_max_window_bits, ==, this->params.server_max_window_bits);
      g_assert_cmpuint (params.client_max_window_bits, ==, this->params.client_max_window_bits);
    }
  else
    {
      g_assert_cmpint (outcome, ==, NX_NEGOTIATION_DECLINED);
      g_assert_cmpstr (answer->str, ==, "before ");
      g_assert_cmpuint (params.server_max_window_bits, ==, 99);
    }

  guard_free (&guard);
}

static void
test_malformed (void)
{
  Guard guard = guard_new (4096);

  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    {
      const char *offers = guard_put (&guard, malformed[i], strlen (malformed[i]) + 1);
      g_autoptr (GString) answer = g_string_new (NULL);
      NxDeflateParams params = { FALSE, FALSE, 99, 99 };

      show (malformed[i]);
      g_assert_cmpint (nx_extension_negotiate_deflate (offers, &ours, &params, answer), ==,
                       NX_NEGOTIATION_MALFORMED);
      g_assert_cmpuint (answer->len, ==, 0);
      g_assert_cmpuint (params.server_max_window_bits, ==, 99);
    }

  guard_free (&guard);
}

/* Some hundred offers that cannot be met, and one at the end that can. */
static void
test_long_list (void)
{
  g_autoptr (GString) offers = g_string_new (NULL);
  g_autoptr (GString) answer = g_string_new (NULL);
  NxDeflateParams params;

  while (offers->len < 12 * 1024)
    g_string_append (offers, D "; server_max_window_bits=8; a=\"\\b\", ,");
  g_string_append (offers, D);

  g_assert_cmpint (nx_extension_negotiate_deflate (offers->str, &ours, &params, answer), ==,
                   NX_NEGOTIATION_ACCEPTED);
  g_assert_cmpstr (answer->str, ==, D NCT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/extension/case/%03u %s", i, cases[i].prose);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/extension/malformed", test_malformed);
  g_test_add_func ("/extension/long-list", test_long_list);

  return g_test_run ();
}
