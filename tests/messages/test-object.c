/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects out of JSON and back: what each kind of property takes, and what it says of anything else. */
#include "messages/nx-object-private.h"

#include <math.h>
#include <string.h>

#include "messages/nx-json-private.h"
#include "sample.h"

#define REST "\"points\": [], \"fixed-points\": [], \"once\": 1"

static GObject *
read_text (GType type, const char *text, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (JsonNode) node = nx_json_parse (text, strlen (text), 128, &cause);

  g_assert_no_error (cause);
  return nx_object_read (node, type, NULL, error);
}

static char *
write_text (gpointer object, GError **error)
{
  g_autoptr (JsonNode) node = nx_object_write (object, NULL, error);
  gsize length;

  return node != NULL ? nx_json_generate (node, &length, error) : NULL;
}

/* A sample with one member more than it must have. */
static GObject *
read_sample (const char *name, const char *value, GError **error)
{
  g_autofree char *text = g_strdup_printf ("{" REST ", \"%s\": %s}", name, value);

  return read_text (TYPE_SAMPLE, text, error);
}

static char *
write_sample_member (GObject *sample, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = nx_object_write (sample, NULL, &error);
  JsonNode *member;
  gsize length;

  g_assert_no_error (error);
  member = json_object_get_member (json_node_get_object (node), name);
  return nx_json_generate (member, &length, NULL);
}

/* -- What is taken, and comes back: as it was, or as told -- */

static void
test_taken (void)
{
  const struct
  {
    const char *name, *came, *goes; /* NULL: the same */
  } cases[] = {
    { "boolean", "false", NULL },
    { "char", "-100", NULL },
    { "char", "1e2", "100" },
    { "uchar", "255", NULL },
    { "int", "-2147483648", NULL },
    { "int", "3.0", "3" },
    { "uint", "4294967295", NULL },
    { "long", "-9223372036854775808", NULL },
    { "ulong", "1000", NULL },
    { "int64", "9223372036854775807", NULL },
    { "int64", "-9223372036854775808", NULL },
    { "int64", "9007199254740993", NULL },
    { "uint64", "9223372036854775807", NULL },
    { "uint64", "\"18446744073709551615\"", NULL },
    { "uint64", "\"9223372036854775809\"", NULL },
    { "uint64", "\"5\"", "5" },
    { "float", "0.1", NULL },
    { "float", "1", "1.0" },
    { "double", "1e300", "1e+300" },
    { "double", "-3", "-3.0" },
    { "text", "\"\"", NULL },
    { "text", "\"gr\xc3\xbc\xc3\x9f\x65\"", NULL },
    { "maybe-text", "null", NULL },
    { "maybe-text", "\"a\"", NULL },
    { "colour", "\"dark-green\"", NULL },
    { "style", "[]", NULL },
    { "style", "[\"wide\",\"bold\",\"wide\"]", "[\"bold\",\"wide\"]" },
    { "words", "[]", NULL },
    { "words", "[\"a\",\"\"]", NULL },
    { "time", "\"2024-02-29T23:59:00Z\"", NULL },
    { "time", "\"2024-02-29T23:59:00.5+05:30\"", "\"2024-02-29T23:59:00.500000+05:30\"" },
    { "time", "null", NULL },
    { "octets", "\"\"", NULL },
    { "octets", "\"AP8=\"", NULL },
    { "octets", "null", NULL },
    { "node", "{\"a\":[1,null]}", NULL },
    { "node", "null", NULL },
    { "json-object", "{\"a\":1}", NULL },
    { "json-object", "null", NULL },
    { "json-array", "[1,\"b\"]", NULL },
    { "pair", "[\"a\",7]", NULL },
    { "pair", "null", NULL },
    { "anything", "{\"a\":[true,1.5]}", NULL },
    { "point", "null", NULL },
    { "point", "{\"x\":1,\"y\":-5,\"label\":\"a\"}", NULL },
    { "point", "{\"y\":0,\"x\":0}", "{\"x\":0,\"y\":0,\"label\":\"\"}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GObject) sample = read_sample (cases[i].name, cases[i].came, &error);
      g_autofree char *back = NULL;

      g_assert_no_error (error);
      back = write_sample_member (sample, cases[i].name);
      g_assert_cmpstr (back, ==, cases[i].goes != NULL ? cases[i].goes : cases[i].came);
    }
}

/* -- What is refused, and how -- */

static void
test_refused (void)
{
  const struct
  {
    const char *name, *came, *message;
  } cases[] = {
    { "boolean", "1", "boolean: 1 came, true or false is wanted" },
    { "boolean", "null", "boolean: null came, true or false is wanted" },
    { "char", "101", "char: 101 came, an integer from -100 to 100 is wanted" },
    { "char", "1.5", "char: 1.5 came, an integer from -100 to 100 is wanted" },
    { "char", "\"1\"", "char: \"1\" came, an integer from -100 to 100 is wanted" },
    { "uchar", "256", "uchar: 256 came, an integer from 0 to 255 is wanted" },
    { "uchar", "-1", "uchar: -1 came, an integer from 0 to 255 is wanted" },
    { "uchar", "\"1\"", "uchar: \"1\" came, an integer from 0 to 255 is wanted" },
    { "int", "2147483648", "int: 2147483648 came, an integer from -2147483648 to 2147483647 is" },
    { "uint", "9", "uint: 9 came, an integer from 10 to 4294967295 is wanted" },
    { "ulong", "1001", "ulong: 1001 came, an integer from 0 to 1000 is wanted" },
    { "int64", "9223372036854775808", "int64: 9.2233720368547758e+18 came, an integer from" },
    { "int64", "[1]", "int64: an array came, an integer from" },
    { "uint64", "-1", "to 18446744073709551615, as a string where it is over 9223372036854775807" },
    { "uint64", "18446744073709551615", "uint64: 1.8446744073709552e+19 came" },
    { "uint64", "\"18446744073709551616\"", "uint64: \"18446744073709551616\" came" },
    { "uint64", "\"05\"", "uint64: \"05\" came" },
    { "uint64", "\"+5\"", "uint64: \"+5\" came" },
    { "float", "1.25", "float: 1.25 came, a number from -1 to 1 is wanted" },
    { "double", "\"1\"", "double: \"1\" came, a number is wanted" },
    { "text", "null", "text: null came, a string is wanted" },
    { "text", "7", "text: 7 came, a string is wanted" },
    { "maybe-text", "{}", "maybe-text: an object came, a string, or null, is wanted" },
    { "colour", "\"blue\"", "colour: \"blue\" came, one of \"red\", \"dark-green\" is wanted" },
    { "colour", "0", "colour: 0 came, one of" },
    { "style", "\"bold\"", "style: \"bold\" came, an array of \"bold\", \"wide\" is wanted" },
    { "style", "[\"bold\", \"x\"]", "style[1]: \"x\" came, one of \"bold\", \"wide\" is wanted" },
    { "words", "[\"a\", 1]", "words[1]: 1 came, a string is wanted" },
    { "words", "null", "words: null came, an array of strings is wanted" },
    { "time", "\"2024-02-30T00:00:00Z\"", "time: \"2024-02-30T00:00:00Z\" came, a date and time" },
    { "time", "\"2024-02-29T00:00:00\"", "a date and time such as" },
    { "time", "\"20240229T000000Z\"", "a date and time such as" },
    { "time", "\"2024-W09-4T00:00:00Z\"", "a date and time such as" },
    { "time", "\"2024-02-29T00:00:00.Z\"", "a date and time such as" },
    { "octets", "\"AP8\"", "octets: \"AP8\" came, a string of Base64, or null, is wanted" },
    { "octets", "\"A=8=\"", "a string of Base64" },
    { "octets", "\"A P8\"", "a string of Base64" },
    { "octets", "\"====\"", "a string of Base64" },
    { "json-object", "[]", "json-object: an array came, an object, or null, is wanted" },
    { "json-array", "{}", "json-array: an object came, an array, or null, is wanted" },
    { "pair", "[\"a\"]", "pair: an array came, an array of 2 is wanted" },
    { "pair", "[\"a\", -1]", "pair[1]: -1 came, an integer from 0 to 4294967295 is wanted" },
    { "point", "[]", "point: an array came, an object is wanted" },
    { "point", "{\"x\":0}", "point.y: nothing came, an integer from -5 to 5 is wanted" },
    { "points", "[{\"x\":0,\"y\":0},{\"x\":300,\"y\":0}]", "points[1].x: 300 came" },
    { "points", "[null]", "points[0]: null came, an object is wanted" },
    { "points", "null", "points: null came, an array of objects is wanted" },
    { "fixed-points", "[{\"x\":0,\"y\":6}]", "fixed-points[0].y: 6 came" },
    { "once", "10", "once: 10 came, an integer from 0 to 9 is wanted" },
    { "computed", "1",
      "computed: there is no such member (1 came); the members are: boolean, char" },
    { "maybe_text", "null", "maybe_text: there is no such member" },
    { "maybeText", "null", "maybeText: there is no such member" },
    { "text", "\"0123456789012345678901234567890123456789\", \"x\": 1", "x: there is no such" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = NULL;
      g_autoptr (GError) error = NULL;

      if (strcmp (cases[i].name, "points") == 0)
        text = g_strdup_printf ("{\"fixed-points\":[],\"once\":1,\"points\":%s}", cases[i].came);
      else if (strcmp (cases[i].name, "fixed-points") == 0)
        text = g_strdup_printf ("{\"points\":[],\"once\":1,\"fixed-points\":%s}", cases[i].came);
      else if (strcmp (cases[i].name, "once") == 0)
        text = g_strdup_printf ("{\"points\":[],\"fixed-points\":[],\"once\":%s}", cases[i].came);
      else
        text = g_strdup_printf ("{" REST ",\"%s\":%s}", cases[i].name, cases[i].came);
      g_assert_null (read_text (TYPE_SAMPLE, text, &error));
      g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE);
      if (strstr (error->message, cases[i].message) == NULL)
        g_error ("case %u: %s", i, error->message);
    }
}

static void
expect_refused (GType type, const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (read_text (type, text, &error));
  g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_whole (void)
{
  expect_refused (TYPE_POINT, "[]", "the message: an array came, an object is wanted");
  expect_refused (TYPE_POINT, "null", "the message: null came, an object is wanted");
  expect_refused (TYPE_POINT, "{}", "x: nothing came, an integer from 0 to 255 is wanted");
  expect_refused (TYPE_SAMPLE, "{\"once\": 1, \"fixed-points\": []}",
                  "points: nothing came, an array of objects is wanted");
  expect_refused (TYPE_SAMPLE, "{\"points\": [], \"fixed-points\": []}",
                  "once: nothing came, an integer from 0 to 9 is wanted");
}

/* What a peer chose is shortened, at a character's end. */
static void
test_shortened (void)
{
  g_autofree char *name = g_strnfill (100000, 'n');
  g_autofree char *text = g_strdup_printf ("{\"%s\": \"%s\"}", name, name);
  g_autofree char *long_text =
      g_strdup_printf ("{\"x\": \"%.37s\xf0\x9f\x98\x80z\", \"y\": 0}", name);

  expect_refused (
      TYPE_POINT, text,
      "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…: there is no such member "
      "(\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn… came); the members are: x, y, label");
  expect_refused (TYPE_POINT, long_text,
                  "x: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn… came, an integer from 0 to 255 is "
                  "wanted");
}

/* An error may end up in a log, or on a terminal: no line of the peer's own, no colours, no other order of reading. */
static void
test_hidden (void)
{
  expect_refused (
      TYPE_POINT, "{\"a\\nroot logged in\": 1}",
      "a\\u000aroot logged in: there is no such member (1 came); the members are: x, y, label");
  expect_refused (TYPE_POINT, "{\"\\u001b[31m\": 1}",
                  "\\u001b[31m: there is no such member (1 came); the members are: x, y, label");
  expect_refused (TYPE_POINT, "{\"x\": \"\u202e\xc2\x85\u00e4 b\", \"y\": 0}",
                  "x: \"\\u202e\\u0085\u00e4 b\" came, an integer from 0 to 255 is wanted");
}

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) sample = read_text (TYPE_SAMPLE, "{" REST "}", &error);
  gint8 small;
  guint number;

  g_assert_no_error (error);
  g_object_get (sample, "char", &small, "uint", &number, NULL);
  g_assert_cmpint (small, ==, -7);
  g_assert_cmpuint (number, ==, 10);
}

static void
test_lists (void)
{
  const char *text = "{\"points\":[{\"x\":1,\"y\":0}],\"once\":4,"
                     "\"fixed-points\":[{\"x\":2,\"y\":0},{\"x\":3,\"y\":0}]}";
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) sample = read_text (TYPE_SAMPLE, text, &error);
  g_autoptr (GListModel) points = NULL;
  g_autoptr (GListModel) fixed = NULL;
  g_autoptr (GObject) second = NULL;
  guchar x;
  int once;

  g_assert_no_error (error);
  g_object_get (sample, "points", &points, "fixed-points", &fixed, "once", &once, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (points), ==, 1);
  g_assert_cmpuint (g_list_model_get_n_items (fixed), ==, 2);
  second = g_list_model_get_item (fixed, 1);
  g_object_get (second, "x", &x, NULL);
  g_assert_cmpuint (x, ==, 3);
  g_assert_cmpint (once, ==, 4);
}

/* Who cannot write a list cannot say that it may be missing: it is as its owner made it. A list of another kind is wanted. */
static void
test_missing_list (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) sample = read_text (TYPE_SAMPLE, "{\"points\": [], \"once\": 1}", &error);
  g_autoptr (GListModel) fixed = NULL;

  g_assert_no_error (error);
  g_object_get (sample, "fixed-points", &fixed, NULL);
  g_assert_nonnull (fixed);
  g_assert_cmpuint (g_list_model_get_n_items (fixed), ==, 0);
  expect_refused (TYPE_SAMPLE, "{\"points\": [], \"once\": 1, \"fixed-points\": null}",
                  "fixed-points: null came, an array of objects is wanted");
  expect_refused (TYPE_SAMPLE, "{\"fixed-points\": [], \"once\": 1}",
                  "points: nothing came, an array of objects is wanted");
}

/* -- Depth, circles, bombs -- */

static char *
nest (guint depth)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i + 1 < depth; i++)
    g_string_append (text, "{\"left\":");
  g_string_append (text, "{}");
  for (guint i = 0; i + 1 < depth; i++)
    g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  g_autofree char *text = nest (128);
  g_autoptr (GObject) knot = read_text (TYPE_KNOT, text, NULL);
  g_autoptr (GObject) outer = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *back = NULL;

  g_assert_nonnull (knot);
  back = write_text (knot, &error);
  g_assert_no_error (error);
  outer = g_object_new (TYPE_KNOT, "left", knot, NULL);
  g_assert_null (write_text (outer, &error));
  g_assert_cmpstr (error->message, ==, "a Knot: nested too deeply; 128 levels are allowed");
}

static void
test_circle (void)
{
  g_autoptr (GObject) one = g_object_new (TYPE_KNOT, NULL);
  g_autoptr (GObject) two = g_object_new (TYPE_KNOT, "left", one, NULL);
  g_autoptr (GError) error = NULL;

  g_object_set (one, "right", two, NULL);
  g_assert_null (write_text (one, &error));
  g_assert_cmpstr (error->message, ==, "a Knot: it is inside of itself");
  g_object_set (one, "right", NULL, NULL);
}

/* Thirty objects, each twice in the next one: a message of a billion. */
static void
test_bomb (void)
{
  g_autoptr (GObject) knot = g_object_new (TYPE_KNOT, NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 30; i++)
    {
      GObject *next = g_object_new (TYPE_KNOT, "left", knot, "right", knot, NULL);

      g_object_unref (knot);
      knot = next;
    }
  g_assert_null (write_text (knot, &error));
  g_assert_cmpstr (error->message, ==, "a Knot: too many objects for one message");
}

/* Two octets of a peer's would be an object each, which is hundreds of ours. */
static void
test_many_read (void)
{
  g_autoptr (GString) text = g_string_new ("{\"fixed-points\":[],\"once\":1,\"points\":[");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 100000; i++) /* and the sample itself */
    g_string_append_printf (text, "%s{\"x\":1,\"y\":0}", i > 0 ? "," : "");
  g_string_append (text, "]}");
  g_assert_null (read_text (TYPE_SAMPLE, text->str, &error));
  g_assert_cmpstr (error->message, ==,
                   "points[99999]: an object came, a message of fewer objects is wanted");
}

/* -- What cannot be written -- */

static void
expect_unwritten (const char *name, const GValue *value, const char *message)
{
  g_autoptr (GObject) sample = read_text (TYPE_SAMPLE, "{" REST "}", NULL);
  g_autoptr (GError) error = NULL;

  g_object_set_property (sample, name, value);
  g_assert_null (write_text (sample, &error));
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_unwritten (void)
{
  g_auto (GValue) text = G_VALUE_INIT;
  g_auto (GValue) number = G_VALUE_INIT;

  g_value_init (&text, G_TYPE_STRING);
  expect_unwritten ("text", &text, "Sample:text: NULL, although its default is not");
  g_value_set_string (&text, "\xff");
  expect_unwritten ("text", &text, "a string that is not UTF-8");
  g_value_init (&number, G_TYPE_VARIANT);
  g_value_take_variant (&number, g_variant_ref_sink (g_variant_new_double (INFINITY)));
  expect_unwritten ("anything", &number, "a number that is not finite");
}

static void
test_unsupported (void)
{
  g_autoptr (GObject) odd = g_object_new (TYPE_ODD, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (read_text (TYPE_ODD, "{\"pointer\": 1}", &error));
  g_assert_error (error, NX_SHAPE_ERROR, 0);
  g_assert_cmpstr (error->message, ==,
                   "Odd:pointer (gpointer) cannot be a member of a message: there is no JSON for "
                   "its type");
  g_clear_error (&error);
  g_assert_null (write_text (odd, &error));
  g_assert_error (error, NX_SHAPE_ERROR, 0);
}

static void
test_custom (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) custom = read_text (TYPE_CUSTOM, "{\"kind\": \"Point\"}", &error);
  g_autofree char *back = NULL;

  g_assert_no_error (error);
  back = write_text (custom, &error);
  g_assert_cmpstr (back, ==, "{\"kind\":\"Point\"}");
  expect_refused (TYPE_CUSTOM, "{\"kind\": 5}", "kind: 5 came, what makes a GType is wanted");
  expect_refused (TYPE_CUSTOM, "{}", "kind: nothing came, what makes a GType is wanted");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/object/taken", test_taken);
  g_test_add_func ("/object/refused", test_refused);
  g_test_add_func ("/object/whole", test_whole);
  g_test_add_func ("/object/shortened", test_shortened);
  g_test_add_func ("/object/hidden", test_hidden);
  g_test_add_func ("/object/defaults", test_defaults);
  g_test_add_func ("/object/lists", test_lists);
  g_test_add_func ("/object/missing-list", test_missing_list);
  g_test_add_func ("/object/depth", test_depth);
  g_test_add_func ("/object/circle", test_circle);
  g_test_add_func ("/object/bomb", test_bomb);
  g_test_add_func ("/object/many-read", test_many_read);
  g_test_add_func ("/object/unwritten", test_unwritten);
  g_test_add_func ("/object/unsupported", test_unsupported);
  g_test_add_func ("/object/custom", test_custom);
  return g_test_run ();
}
