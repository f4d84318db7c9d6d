/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GVariants out of JSON and back. */
#include "messages/nx-variant-private.h"

#include <string.h>

#include "messages/nx-json-private.h"

static GVariant *
read_text (const char *signature, const char *text, GError **error)
{
  const NxPlace place = { NULL, NULL, 0 };
  g_autoptr (JsonNode) node = nx_json_parse (text, strlen (text), 128, NULL);

  g_assert_nonnull (node);
  return nx_variant_read (node, signature != NULL ? G_VARIANT_TYPE (signature) : NULL, &place,
                          error);
}

static void
test_both_ways (void)
{
  const struct
  {
    const char *signature, *json, *variant;
    gboolean is_one_way; /* other JSON comes back */
  } cases[] = {
    { "b", "true", "true", FALSE },
    { "y", "255", "byte 0xff", FALSE },
    { "n", "-32768", "int16 -32768", FALSE },
    { "q", "65535", "uint16 65535", FALSE },
    { "i", "-1", "-1", FALSE },
    { "i", "2.0", "2", TRUE },
    { "u", "4294967295", "uint32 4294967295", FALSE },
    { "x", "9223372036854775807", "int64 9223372036854775807", FALSE },
    { "t", "7", "uint64 7", FALSE },
    { "t", "\"18446744073709551615\"", "uint64 18446744073709551615", FALSE },
    { "d", "1", "1.0", TRUE },
    { "d", "0.5", "0.5", FALSE },
    { "s", "\"a\"", "'a'", FALSE },
    { "o", "\"/a/b\"", "objectpath '/a/b'", FALSE },
    { "g", "\"a{sv}\"", "signature 'a{sv}'", FALSE },
    { "ms", "null", "@ms nothing", FALSE },
    { "ms", "\"a\"", "@ms 'a'", FALSE },
    { "as", "[]", "@as []", FALSE },
    { "aai", "[[1],[]]", "[[1], []]", FALSE },
    { "()", "[]", "()", FALSE },
    { "(sub)", "[\"a\",1,false]", "('a', uint32 1, false)", FALSE },
    { "a{si}", "{\"b\":1,\"a\":2}", "{'b': 1, 'a': 2}", FALSE },
    { "a{ib}", "{\"-5\":true}", "{-5: true}", FALSE },
    { "a{bs}", "{\"true\":\"a\"}", "{true: 'a'}", FALSE },
    { "a{ts}", "{\"18446744073709551615\":\"a\"}", "{uint64 18446744073709551615: 'a'}", FALSE },
    { "a{ds}", "{\"0.5\":\"a\"}", "{0.5: 'a'}", FALSE },
    { "{sv}", "{\"a\":1}", "{'a', <int64 1>}", FALSE },
    { "v", "{\"a\":[1,null,\"b\"]}", "<{'a': <[<int64 1>, <@mv nothing>, <'b'>]>}>", FALSE },
    { NULL, "[true,1.5]", "[<true>, <1.5>]", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) value = read_text (cases[i].signature, cases[i].json, &error);
      g_autoptr (JsonNode) node = NULL;
      g_autofree char *printed = NULL;
      g_autofree char *json = NULL;
      gsize length;

      g_assert_no_error (error);
      g_assert_false (g_variant_is_floating (value));
      printed = g_variant_print (value, TRUE);
      g_assert_cmpstr (printed, ==, cases[i].variant);
      node = nx_variant_write (value, &error);
      g_assert_no_error (error);
      json = nx_json_generate (node, &length, NULL);
      if (!cases[i].is_one_way)
        g_assert_cmpstr (json, ==, cases[i].json);
    }
}

static void
test_refused (void)
{
  const struct
  {
    const char *signature, *json, *message;
  } cases[] = {
    { "b", "1", "the message: 1 came, true or false is wanted" },
    { "y", "256", "the message: 256 came, an integer from 0 to 255 is wanted" },
    { "n", "40000", "an integer from -32768 to 32767" },
    { "u", "-1", "an integer from 0 to 4294967295" },
    { "i", "1.5", "an integer from -2147483648 to 2147483647" },
    { "x", "9223372036854775808", "an integer from" },
    { "t", "-1", "an integer from 0, as a string where it is over 2^63-1" },
    { "t", "\"18446744073709551616\"", "an integer from 0" },
    { "d", "\"nan\"", "a number" },
    { "s", "null", "a string" },
    { "o", "\"not/a/path\"", "an object path" },
    { "g", "\"(\"", "a signature" },
    { "h", "0", "no handle" },
    { "as", "[\"a\",1]", "[1]: 1 came, a string is wanted" },
    { "(ss)", "[\"a\"]", "an array of 2" },
    { "(ss)", "{}", "an array of 2" },
    { "a{sas}", "{\"a\":[\"b\",{}]}", "a[1]: an object came, a string is wanted" },
    { "a{is}", "{\"x\":\"a\"}", "x: \"x\" came, an integer from" },
    { "a{is}", "{\"99999999999\":\"a\"}", "an integer from" },
    /* What would be the same key once more. */
    { "a{is}", "{\"1\":\"a\",\"1.0\":\"b\"}",
      "1.0: \"1.0\" came, a key in its shortest spelling is" },
    { "a{is}", "{\"1e0\":\"a\"}", "shortest spelling" },
    { "a{is}", "{\" 1\":\"a\"}", "shortest spelling" },
    { "a{is}", "{\"-0\":\"a\"}", "shortest spelling" },
    { "a{bs}", "{\"true\\n\":\"a\"}", "shortest spelling" },
    { "{ys}", "{\"7.0\":\"a\"}", "shortest spelling" },
    { "a{sv}", "[]", "an object" },
    { "{sv}", "{}", "an object of one member" },
    { "{sv}", "{\"a\":1,\"b\":2}", "an object of one member" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (read_text (cases[i].signature, cases[i].json, &error));
      g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE);
      if (strstr (error->message, cases[i].message) == NULL)
        g_error ("case %u: %s", i, error->message);
    }
}

static void
test_depth (void)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 60; i++)
    g_string_prepend_c (g_string_append_c (text, ']'), '[');
  value = read_text ("v", text->str, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 60; i++)
    g_string_prepend_c (g_string_append_c (text, ']'), '[');
  g_assert_null (read_text ("v", text->str, &error));
  g_assert_nonnull (strstr (error->message, "nested less deeply"));
  g_string_free (text, TRUE);
}

static void
expect_unwritten (GVariant *value, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nx_variant_write (value, &error));
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_unwritten (void)
{
  expect_unwritten (g_variant_new_handle (3),
                    "a variant of type \"h\": a handle has no meaning elsewhere");
  expect_unwritten (g_variant_new_parsed ("@mmi just nothing"),
                    "a variant of type \"mmi\": a maybe that holds nothing in another");
  expect_unwritten (g_variant_new_parsed ("{'a': 1, 'a': 2}"),
                    "a variant of type \"{si}\": the same key twice");
  expect_unwritten (g_variant_new_parsed ("{handle 1: 2}"),
                    "a variant of type \"h\": a handle has no meaning elsewhere");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/variant/both-ways", test_both_ways);
  g_test_add_func ("/variant/refused", test_refused);
  g_test_add_func ("/variant/depth", test_depth);
  g_test_add_func ("/variant/unwritten", test_unwritten);
  return g_test_run ();
}
