/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <nexws.h>

#include "groups/nx-envelope-private.h"

#define MEMBER "{\"id\":\"1-0\"}"

static void
test_wrap (void)
{
  static const struct
  {
    const char *text, *expected;
  } cases[] = {
    { "{\"a\":1}", "{\"a\":1,\"nx\":" MEMBER "}" },
    { " { \"a\" : [ {} ] } \n", "{ \"a\" : [ {} ] ,\"nx\":" MEMBER "}" },
    { "{}", "{\"nx\":" MEMBER "}" },
    { " {\t} ", "{\t\"nx\":" MEMBER "}" },
    { "[1]", "{\"value\":[1],\"nx\":" MEMBER "}" },
    { "12", "{\"value\":12,\"nx\":" MEMBER "}" },
    { "\"x\"", "{\"value\":\"x\",\"nx\":" MEMBER "}" },
    { "hello \"you\"\n", "{\"text\":\"hello \\\"you\\\"\\n\",\"nx\":" MEMBER "}" },
    { "", "{\"text\":\"\",\"nx\":" MEMBER "}" },
    { "{\"a\":1} x", "{\"text\":\"{\\\"a\\\":1} x\",\"nx\":" MEMBER "}" },
    /* Somebody pretends to be us. */
    { "{\"nx\":{\"gap\":{}},\"a\":1}", "{\"a\":1,\"nx\":" MEMBER "}" },
    { "{\"nx\":5}", "{\"nx\":" MEMBER "}" },
    { "{\"\\u006ex\":5,\"b\":2}", "{\"b\":2,\"nx\":" MEMBER "}" },
    { "{\"a\":{\"nx\":1}}", "{\"a\":{\"nx\":1},\"nx\":" MEMBER "}" },
    { "{\"a\":\"\\\"nx\\\"\"}", "{\"a\":\"\\\"nx\\\"\",\"nx\":" MEMBER "}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (NxMessage) message = nx_message_new_text (cases[i].text, -1);
      g_autoptr (NxMessage) wrapped = nx_envelope_wrap (message, MEMBER);

      g_assert_cmpstr (nx_message_get_text (wrapped), ==, cases[i].expected);
      g_assert_nonnull (nx_message_get_json (wrapped, NULL));
    }
}

static void
test_wrap_bytes (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new ("\0\1\2\377", 4);
  g_autoptr (GBytes) nul = g_bytes_new ("a\0b", 3);
  g_autoptr (NxMessage) binary = nx_message_new_bytes (bytes);
  g_autoptr (NxMessage) text = nx_message_new_text_from_bytes (nul, NULL);
  g_autoptr (NxMessage) wrapped = nx_envelope_wrap (binary, MEMBER);
  g_autoptr (NxMessage) wrapped_text = nx_envelope_wrap (text, MEMBER);

  g_assert_cmpstr (nx_message_get_text (wrapped), ==,
                   "{\"base64\":\"AAEC/w==\",\"nx\":" MEMBER "}");
  g_assert_cmpstr (nx_message_get_text (wrapped_text), ==,
                   "{\"text\":\"a\\u0000b\",\"nx\":" MEMBER "}");
}

static void
test_find (void)
{
  static const char *none[] = { "x",        "{\"a\":\"\\\"nx\\\"\"}", "{\"nx\":1}",
                                "[\"nx\"]", "{\"a\":{\"nx\":{}}}",    NULL };
  g_autoptr (NxMessage) message = nx_message_new_text ("{\"nx\":{\"answer\":\"7\"}}", -1);
  JsonObject *found = nx_envelope_find (message, 8);

  g_assert_nonnull (found);
  g_assert_cmpstr (json_object_get_string_member (found, "answer"), ==, "7");
  for (guint i = 0; none[i] != NULL; i++)
    {
      g_autoptr (NxMessage) other = nx_message_new_text (none[i], -1);

      g_assert_null (nx_envelope_find (other, 8));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/envelope/wrap", test_wrap);
  g_test_add_func ("/envelope/wrap-bytes", test_wrap_bytes);
  g_test_add_func ("/envelope/find", test_find);
  return g_test_run ();
}
