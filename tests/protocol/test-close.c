/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-close-private.h"

static void
test_codes (void)
{
  for (guint code = 0; code <= 70000; code++)
    {
      const gboolean valid = code == 1000 || code == 1001 || code == 1002 || code == 1003
                             || (code > 1006 && code < 1015) || (code > 2999 && code < 5000);

      g_assert_cmpint (nx_close_code_is_valid_on_wire (code), ==, valid);
    }
  g_assert_false (nx_close_code_is_valid_on_wire (G_MAXUINT));
}

static NxFault
parse (const char *payload, gsize length, guint16 *code, char **reason)
{
  const guint8 *octets = NULL;
  gsize reason_length = 0;
  const NxFault fault =
      nx_close_parse ((const guint8 *) payload, length, code, &octets, &reason_length);

  if (fault == NX_FAULT_NONE)
    {
      g_assert_nonnull (octets);
      *reason = g_strndup ((const char *) octets, reason_length);
    }
  return fault;
}

static void
test_parse (void)
{
  static const struct
  {
    const char *payload;
    gsize length;
    NxFault fault;
    guint code;
    const char *reason;
  } cases[] = {
    { "", 0, NX_FAULT_NONE, 1005, "" },
    { "\x03", 1, NX_FAULT_CLOSE_TOO_SHORT, 0, NULL },
    { "\x03\xe8", 2, NX_FAULT_NONE, 1000, "" },
    { "\x0f\xa0ok", 4, NX_FAULT_NONE, 4000, "ok" },
    { "\x03\xed", 2, NX_FAULT_CLOSE_CODE, 0, NULL },
    { "\x03\xe8\xc3\xa9", 4, NX_FAULT_NONE, 1000, "\xc3\xa9" },
    { "\x03\xe8\xc3", 3, NX_FAULT_CLOSE_UTF8, 0, NULL },
    { "\x03\xe8\xff", 3, NX_FAULT_CLOSE_UTF8, 0, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *reason = NULL;
      guint16 code = 0;

      g_assert_cmpint (parse (cases[i].payload, cases[i].length, &code, &reason), ==,
                       cases[i].fault);
      if (cases[i].fault == NX_FAULT_NONE)
        {
          g_assert_cmpuint (code, ==, cases[i].code);
          g_assert_cmpstr (reason, ==, cases[i].reason);
        }
    }
}

static void
test_write (void)
{
  guint8 payload[NX_CLOSE_PAYLOAD_MAX];

  g_assert_cmpuint (nx_close_write (1005, NULL, payload), ==, 0);
  g_assert_cmpuint (nx_close_write (1005, "ignored", payload), ==, 0);
  g_assert_cmpmem (payload, nx_close_write (1000, NULL, payload), "\x03\xe8", 2);
  g_assert_cmpmem (payload, nx_close_write (1000, "", payload), "\x03\xe8", 2);
  g_assert_cmpmem (payload, nx_close_write (4999, "bye", payload),
                   "\x13\x87"
                   "bye",
                   5);
}

/* Every length around the longest reason, of characters of every size: what is left is the longest
 * whole beginning. */
static void
test_reason_is_cut_at_a_character (void)
{
  static const char *const characters[] = { "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };

  for (guint i = 0; i < G_N_ELEMENTS (characters); i++)
    for (guint shift = 0; shift < 4; shift++)
      for (guint n = 0; n < 140; n++)
        {
          const gsize size = strlen (characters[i]);
          g_autoptr (GString) reason = g_string_new ("xxxx");
          guint8 payload[NX_CLOSE_PAYLOAD_MAX];
          gsize length, expected;

          g_string_truncate (reason, shift);
          for (guint c = 0; c < n; c++)
            g_string_append (reason, characters[i]);
          expected = MIN (reason->len, shift + (NX_CLOSE_REASON_MAX - shift) / size * size);

          length = nx_close_write (1000, reason->str, payload);
          g_assert_cmpmem (payload + 2, length - 2, reason->str, expected);
        }
}

static void
test_reason_is_cut_where_it_stops_being_text (void)
{
  guint8 payload[NX_CLOSE_PAYLOAD_MAX];

  g_assert_cmpmem (payload,
                   nx_close_write (1000,
                                   "ab\xff"
                                   "cd",
                                   payload),
                   "\x03\xe8"
                   "ab",
                   4);
  g_assert_cmpmem (payload, nx_close_write (1000, "\xff", payload), "\x03\xe8", 2);
  g_assert_cmpmem (payload, nx_close_write (1000, "ab\xe2\x82", payload),
                   "\x03\xe8"
                   "ab",
                   4);
  g_assert_cmpmem (payload, nx_close_write (1000, "ab\xe2\x82z", payload),
                   "\x03\xe8"
                   "ab",
                   4);
}

static void
test_sending_a_reserved_code_is_a_mistake (void)
{
  guint8 payload[NX_CLOSE_PAYLOAD_MAX];

  if (g_test_subprocess ())
    {
      nx_close_write (1006, NULL, payload);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/close/codes", test_codes);
  g_test_add_func ("/close/parse", test_parse);
  g_test_add_func ("/close/write", test_write);
  g_test_add_func ("/close/reason-is-cut-at-a-character", test_reason_is_cut_at_a_character);
  g_test_add_func ("/close/reason-is-cut-where-it-stops-being-text",
                   test_reason_is_cut_where_it_stops_being_text);
  g_test_add_func ("/close/sending-a-reserved-code-is-a-mistake",
                   test_sending_a_reserved_code_is_a_mistake);
  return g_test_run ();
}
