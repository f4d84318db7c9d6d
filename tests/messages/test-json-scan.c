/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFC 8259, read strictly. The cases are data: what must be taken, what must not, and what the RFC leaves to us. */
#include "messages/nx-json-scan-private.h"

#include <string.h>

typedef struct
{
  const char *text;
  gsize length;
} Case;

#define CASE(text)                                                                                 \
  {                                                                                                \
    text, sizeof (text) - 1                                                                        \
  }

/* -- The RFC says yes -- */

static const Case valid[] = {
  /* Section 2: any value, and white space around what is structural. */
  CASE ("null"),
  CASE ("true"),
  CASE ("false"),
  CASE ("0"),
  CASE ("\"\""),
  CASE ("[]"),
  CASE ("{}"),
  CASE (" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n"),
  CASE (" { \"a\" : 1 , \"b\" : 2 } "),
  CASE ("[ ]"),
  CASE ("{ }"),
  /* Sections 4 and 5. */
  CASE ("{\"\":0}"),
  CASE ("{\"a\":{\"a\":{\"a\":[]}}}"),
  CASE ("{\"a\":1,\"A\":2}"),
  CASE ("{\"a\":{\"x\":1},\"b\":{\"x\":1}}"),
  CASE ("[1,\"a\",null,true,false,[],{}]"),
  CASE ("[[],[[]],{\"a\":[]}]"),
  /* Section 6. */
  CASE ("-0"),
  CASE ("-1"),
  CASE ("1234567890"),
  CASE ("0.5"),
  CASE ("-0.0"),
  CASE ("1.25e3"),
  CASE ("1E3"),
  CASE ("1e+3"),
  CASE ("1e-3"),
  CASE ("0e0"),
  CASE ("0E+0"),
  CASE ("1e0000000000000000001"),
  CASE ("1.7976931348623157e308"),
  CASE ("9223372036854775807"),
  CASE ("-9223372036854775808"),
  /* Section 7. */
  CASE ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
  CASE ("\"\\u0001\\u00e9\\u20AC\\uFFFF\""),
  CASE ("\"\\ud83d\\ude00\""),
  CASE ("\"\\uD800\\uDC00\\uDBFF\\uDFFF\""),
  CASE ("\"\x7f\""),
  CASE ("\"/\""),
  CASE ("\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""),
  CASE ("\"\xe2\x80\xa8\xe2\x80\xa9\""),
  CASE ("\"\xef\xbb\xbf\""),
  CASE ("\"[1, {\\\"a\\\": // 2\""),
};

/* -- The RFC says no -- */

static const Case invalid[] = {
  CASE (""),
  CASE (" "),
  CASE ("\t\n"),
  /* More than one value, or garbage. */
  CASE ("1 2"),
  CASE ("[][]"),
  CASE ("{}x"),
  CASE ("null null"),
  CASE ("[1],"),
  CASE ("1]"),
  CASE ("{}}"),
  CASE ("{}\0"),
  CASE ("[1]\0garbage"),
  /* Words. */
  CASE ("nul"),
  CASE ("nulL"),
  CASE ("True"),
  CASE ("truee"),
  CASE ("fals"),
  CASE ("undefined"),
  CASE ("NaN"),
  CASE ("Infinity"),
  CASE ("-Infinity"),
  CASE ("[tru]"),
  /* Arrays. */
  CASE ("["),
  CASE ("]"),
  CASE ("[1"),
  CASE ("[1,"),
  CASE ("[1,]"),
  CASE ("[,1]"),
  CASE ("[1,,2]"),
  CASE ("[1 2]"),
  CASE ("[1:2]"),
  CASE ("[1}"),
  CASE ("[\"a\""),
  /* Objects. */
  CASE ("{"),
  CASE ("{\"a\""),
  CASE ("{\"a\":"),
  CASE ("{\"a\":1"),
  CASE ("{\"a\":1,"),
  CASE ("{\"a\":1,}"),
  CASE ("{,}"),
  CASE ("{\"a\"}"),
  CASE ("{\"a\" 1}"),
  CASE ("{\"a\"::1}"),
  CASE ("{\"a\":1 \"b\":2}"),
  CASE ("{\"a\":1]"),
  CASE ("{a:1}"),
  CASE ("{'a':1}"),
  CASE ("{1:1}"),
  CASE ("{\"a\":1;\"b\":2}"),
  CASE ("{[]:1}"),
  CASE ("{null:1}"),
  /* Numbers. */
  CASE ("-"),
  CASE ("+1"),
  CASE ("01"),
  CASE ("-01"),
  CASE ("00"),
  CASE ("1."),
  CASE (".5"),
  CASE ("-.5"),
  CASE ("1.e3"),
  CASE ("1e"),
  CASE ("1e+"),
  CASE ("1e-"),
  CASE ("1e+-3"),
  CASE ("1e1.5"),
  CASE ("0x10"),
  CASE ("1_000"),
  CASE ("1a"),
  CASE ("--1"),
  CASE ("- 1"),
  CASE ("\xef\xbc\x91"), /* a full-width digit */
  /* Strings. */
  CASE ("\""),
  CASE ("\"a"),
  CASE ("'a'"),
  CASE ("\"\\"),
  CASE ("\"\\\""),
  CASE ("\"\\x41\""),
  CASE ("\"\\a\""),
  CASE ("\"\\0\""),
  CASE ("\"\\\0\""),
  CASE ("\"\\'\""),
  CASE ("\"\\U0041\""),
  CASE ("\"\\u\""),
  CASE ("\"\\u00\""),
  CASE ("\"\\u004\""),
  CASE ("\"\\u004g\""),
  CASE ("\"\\u 041\""),
  CASE ("\"\\u004"),
  CASE ("\"a\nb\""),
  CASE ("\"a\tb\""),
  CASE ("\"\x1f\""),
  CASE ("\"a\0b\""),
  CASE ("\"a\"\"b\""),
  /* White space that is none. */
  CASE ("\f1"),
  CASE ("\v1"),
  CASE ("\xc2\xa0"
        "1"),
  CASE ("1\xe2\x80\xa8"),
  CASE ("[\f]"),
  /* Section 8.1: UTF-8, and nothing else. */
  CASE ("\"\x80\""),
  CASE ("\"\xc3\""),
  CASE ("\"\xc0\x80\""),
  CASE ("\"\xe0\x80\xaf\""),
  CASE ("\"\xed\xa0\x80\""),
  CASE ("\"\xf4\x90\x80\x80\""),
  CASE ("\"\xff\""),
  CASE ("\xff\xfe\"\0a\0\"\0"),
  /* What other readers take. */
  CASE ("// a comment\n1"),
  CASE ("1 // a comment"),
  CASE ("/* a comment */ 1"),
  CASE ("[1, /**/ 2]"),
  CASE ("# a comment\n1"),
  CASE ("var a = 1"),
  CASE ("a = {};"),
};

/* -- The RFC leaves it to us: taken -- */

static const Case taken[] = {
  CASE ("1e-400"), /* section 6: as near as a double comes, which is zero */
  CASE ("0.1234567890123456789012345678901234567890"),
  CASE ("100000000000000000000"), /* read as a double */
  CASE ("-9223372036854775809"),
  CASE ("\"\xef\xbf\xbf\""), /* a noncharacter */
};

/* -- The RFC leaves it to us: refused, since nothing else would come out of it than what came in -- */

static const Case refused[] = {
  CASE ("1e400"), /* beyond a double */
  CASE ("-1e400"),
  CASE ("1e999"),
  CASE ("1.7976931348623159e308"),
  CASE ("[1e400]"),
  CASE ("{\"a\":1,\"a\":2}"), /* section 4: names should be unique */
  CASE ("{\"a\":1,\"b\":2,\"a\":3}"),
  CASE ("{\"a\":1,\"b\":2,\"b\":3}"),
  CASE ("{\"a\":1,\"\\u0061\":2}"),
  CASE ("{\"\\n\":1,\"\\u000A\":2}"),
  CASE ("{\"\":1,\"\":2}"),
  CASE ("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"),
  CASE ("\"\\u0000\""), /* json-glib's strings end there */
  CASE ("{\"a\\u0000b\":1}"),
  CASE ("\"\\ud800\""), /* section 8.2: half a character */
  CASE ("\"\\udc00\""),
  CASE ("\"\\ud800a\""),
  CASE ("\"\\ud800\\n\""),
  CASE ("\"\\ud800\\u0041\""),
  CASE ("\"\\ud800\\ud800\""),
  CASE ("\"\\ud800\\ue000\""),
  CASE ("\"\\udc00\\ud800\""),
  CASE ("\"\\ud800\\uDC0\""),
  CASE ("\"\\ud800\\"),
  CASE ("\"\\ud800\\u"),
  CASE ("\xef\xbb\xbf{}"), /* section 8.1: a byte order mark may be refused */
};

static gboolean
scan (const char *text, gsize length, guint max_depth, GError **error)
{
  g_autoptr (GArray) big_integers = g_array_new (FALSE, FALSE, sizeof (gsize));
  /* So that reading behind its end is noticed. */
  g_autofree char *copy = g_memdup2 (text, length);

  return nx_json_scan (copy != NULL ? copy : "", length, max_depth, big_integers, error);
}

static void
check_cases (const Case *cases, guint n_cases, gboolean is_good)
{
  for (guint i = 0; i < n_cases; i++)
    {
      g_autoptr (GError) error = NULL;

      if (scan (cases[i].text, cases[i].length, 128, &error) != is_good)
        g_error ("case %u, %s: %s", i, cases[i].text, is_good ? error->message : "was taken");
      if (!is_good)
        g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE);
    }
}

static void
test_valid (void)
{
  check_cases (valid, G_N_ELEMENTS (valid), TRUE);
}

static void
test_invalid (void)
{
  check_cases (invalid, G_N_ELEMENTS (invalid), FALSE);
}

static void
test_taken (void)
{
  check_cases (taken, G_N_ELEMENTS (taken), TRUE);
}

static void
test_refused (void)
{
  check_cases (refused, G_N_ELEMENTS (refused), FALSE);
}

/* No beginning of an array or object is a whole one. */
static void
test_cut_short (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (valid); i++)
    {
      const char *text = g_strchug (g_strdup (valid[i].text));
      gsize length = strlen (g_strchomp ((char *) text));

      for (gsize n = 0; strchr ("[{\"tfn", *text) != NULL && n < length; n++)
        g_assert_false (scan (text, n, 128, NULL));
      g_free ((char *) text);
    }
}

/* -- Depth -- */

static char *
nest (guint depth, const char *open, const char *close)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, open);
  g_string_append (text, "1");
  for (guint i = 0; i < depth; i++)
    g_string_append (text, close);
  return g_string_free (text, FALSE);
}

static void
check_depth (guint depth, guint max_depth, gboolean is_good)
{
  const char *const brackets[][2] = { { "[", "]" }, { "{\"a\":", "}" }, { "[{\"a\":", "}]" } };

  for (guint i = 0; i < G_N_ELEMENTS (brackets); i++)
    {
      guint levels = strlen (brackets[i][1]);
      g_autofree char *text = nest (depth / levels, brackets[i][0], brackets[i][1]);
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (scan (text, strlen (text), max_depth, &error), ==, is_good);
      if (!is_good)
        g_assert_nonnull (strstr (error->message, "levels are allowed"));
    }
}

static void
test_depth (void)
{
  check_depth (128, 128, TRUE);
  check_depth (130, 128, FALSE);
  check_depth (100000, 128, FALSE);
  check_depth (100000, G_MAXUINT, TRUE);
  g_assert_true (scan ("[[]]", 4, 2, NULL));
  g_assert_false (scan ("[[]]", 4, 1, NULL));
  g_assert_true (scan ("[[],[],[]]", 10, 2, NULL));
  g_assert_true (scan ("1", 1, 0, NULL));
  g_assert_false (scan ("{}", 2, 0, NULL));
}

/* -- Size -- */

static void
test_big_number (void)
{
  g_autofree char *digits = g_strnfill (1024 * 1024, '7');
  g_autofree char *fraction = g_strdup (digits);
  g_autoptr (GError) error = NULL;

  g_assert_false (scan (digits, strlen (digits), 128, &error));
  g_assert_nonnull (strstr (error->message, "beyond what a double can hold"));
  fraction[0] = '0';
  fraction[1] = '.';
  g_assert_true (scan (fraction, strlen (fraction), 128, NULL));
}

static void
test_many_names (void)
{
  g_autoptr (GString) text = g_string_new ("{\"n0\":0");

  for (guint i = 1; i < 50000; i++)
    g_string_append_printf (text, ",\"n%u\":%u", i, i);
  g_string_append_c (text, '}');
  g_assert_true (scan (text->str, text->len, 1, NULL));
  g_string_truncate (text, text->len - 1);
  g_string_append (text, ",\"n0\":1}");
  g_assert_false (scan (text->str, text->len, 1, NULL));
}

/* -- What is reported -- */

static void
test_big_integers (void)
{
  const char *text = "[9223372036854775807,9223372036854775808,-9223372036854775808,"
                     "-9223372036854775809,1e30,100000000000000000000]";
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (gsize));

  g_assert_true (nx_json_scan (text, strlen (text), 128, found, NULL));
  g_assert_cmpuint (found->len, ==, 3);
  g_assert_cmpuint (g_array_index (found, gsize, 0), ==, 40);
  g_assert_cmpuint (g_array_index (found, gsize, 1), ==, 82);
  g_assert_cmpuint (g_array_index (found, gsize, 2), ==, strlen (text) - 1);
}

static void
expect_message (const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (scan (text, strlen (text), 2, &error));
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_messages (void)
{
  expect_message ("", "octet 0: the end where a value is allowed");
  expect_message ("[1;2]", "octet 2: ';' where ',' or ']' is allowed");
  expect_message ("{\"a\":1;", "octet 6: ';' where ',' or '}' is allowed");
  expect_message ("{\"a\" 1}", "octet 5: '1' where ':' is allowed");
  expect_message ("{1}", "octet 1: '1' where a string is allowed");
  expect_message ("[1\x01]", "octet 2: octet 0x01 where ',' or ']' is allowed");
  expect_message ("\"\\x\"", "octet 2: 'x' where one of \"\\/bfnrtu is allowed");
  expect_message ("\"\\u12", "octet 5: the end where a hex digit is allowed");
  expect_message ("\"a\nb\"", "octet 2: a control character must be escaped");
  expect_message ("\"ab", "octet 3: the end where the end of the string is allowed");
  expect_message ("trap", "octet 2: 'a' where true, false or null is allowed");
  expect_message ("-x", "octet 1: 'x' where a digit is allowed");
  expect_message ("1 x", "octet 2: 'x' where the end is allowed");
  expect_message ("[[[", "octet 3: nested too deeply; 2 levels are allowed");
  expect_message ("\"\xff\"", "octet 1: not UTF-8, or U+0000");
  expect_message ("{\"a\":1,\"a\":2}", "octet 10: a member's name that was there already");
}

/* Names that have the same place in JsonObject's hash table, of which 1 MiB would keep the loop busy for seconds. */
static void
test_colliding_names (void)
{
  g_autoptr (GString) text = g_string_new ("{");
  g_autoptr (GArray) big = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 1000; i++)
    {
      g_string_append (text, i > 0 ? ",\"" : "\"");
      for (guint bit = 0; bit < 10; bit++)
        g_string_append (text, i >> bit & 1 ? "BA" : "Ab"); /* one hash */
      g_string_append (text, "\":1");
    }
  g_string_append_c (text, '}');
  g_assert_false (nx_json_scan (text->str, text->len, 1, big, &error));
  g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE);
  g_assert_true (g_str_has_suffix (error->message, ": members' names that were chosen to collide"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-scan/valid", test_valid);
  g_test_add_func ("/json-scan/invalid", test_invalid);
  g_test_add_func ("/json-scan/ours/taken", test_taken);
  g_test_add_func ("/json-scan/ours/refused", test_refused);
  g_test_add_func ("/json-scan/cut-short", test_cut_short);
  g_test_add_func ("/json-scan/depth", test_depth);
  g_test_add_func ("/json-scan/big-number", test_big_number);
  g_test_add_func ("/json-scan/many-names", test_many_names);
  g_test_add_func ("/json-scan/colliding-names", test_colliding_names);
  g_test_add_func ("/json-scan/big-integers", test_big_integers);
  g_test_add_func ("/json-scan/messages", test_messages);
  return g_test_run ();
}
