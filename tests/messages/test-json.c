/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes out of json-glib behind the strict reading, and what goes in. */
#include "messages/nx-json-private.h"

#include <math.h>
#include <string.h>

static JsonNode *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = nx_json_parse (text, strlen (text), 128, &error);

  g_assert_no_error (error);
  g_assert_nonnull (node);
  return node;
}

/* -- Reading -- */

static void
test_kinds (void)
{
  const struct
  {
    const char *text;
    JsonNodeType type;
  } cases[] = {
    { "null", JSON_NODE_NULL },   { "true", JSON_NODE_VALUE }, { "1", JSON_NODE_VALUE },
    { "\"a\"", JSON_NODE_VALUE }, { "[]", JSON_NODE_ARRAY },   { " {} ", JSON_NODE_OBJECT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (JsonNode) node = parse (cases[i].text);

      g_assert_cmpint (json_node_get_node_type (node), ==, cases[i].type);
      g_assert_true (json_node_is_immutable (node));
    }
}

static void
expect_int (const char *text, gint64 value)
{
  g_autoptr (JsonNode) node = parse (text);

  g_assert_true (json_node_get_value_type (node) == G_TYPE_INT64);
  g_assert_cmpint (json_node_get_int (node), ==, value);
}

static void
expect_double (const char *text, double value)
{
  g_autoptr (JsonNode) node = parse (text);

  g_assert_true (json_node_get_value_type (node) == G_TYPE_DOUBLE);
  g_assert_true (json_node_get_double (node) == value);
}

static void
test_numbers (void)
{
  expect_int ("0", 0);
  expect_int ("-0", 0);
  expect_int ("-17", -17);
  expect_int ("9223372036854775807", G_MAXINT64);
  expect_int ("-9223372036854775808", G_MININT64);
  expect_double ("0.5", 0.5);
  expect_double ("-0.0", 0);
  expect_double ("1e3", 1000);
  expect_double ("1e-400", 0);
  expect_double ("1.7976931348623157e308", 1.7976931348623157e308);
  /* Integers that do not fit become doubles, not other integers. */
  expect_double ("9223372036854775808", 9223372036854775808.0);
  expect_double ("-9223372036854775809", -9223372036854775808.0);
  expect_double ("100000000000000000000000000000000", 1e32);
}

/* 310 octets: so many that whether it is finite has to be looked at, and it is. */
static void
test_long_integer (void)
{
  g_autofree char *zeros = g_strnfill (307, '0');
  g_autofree char *text = g_strconcat ("-10", zeros, NULL);
  g_autofree char *too_big = g_strconcat ("1000", zeros, NULL);

  expect_double (text, -1e308);
  g_assert_null (nx_json_parse (too_big, strlen (too_big), 128, NULL));
}

static void
test_big_integers_inside (void)
{
  g_autoptr (JsonNode) node =
      parse ("{\"a\": 10000000000000000000, \"b\": [7, -10000000000000000000], \"c\": 8}");
  JsonObject *object = json_node_get_object (node);
  JsonArray *array = json_object_get_array_member (object, "b");

  g_assert_true (json_object_get_double_member (object, "a") == 1e19);
  g_assert_cmpint (json_array_get_int_element (array, 0), ==, 7);
  g_assert_true (json_array_get_double_element (array, 1) == -1e19);
  g_assert_cmpint (json_object_get_int_member (object, "c"), ==, 8);
}

static void
expect_string (const char *text, const char *value)
{
  g_autoptr (JsonNode) node = parse (text);

  g_assert_cmpstr (json_node_get_string (node), ==, value);
}

static void
test_strings (void)
{
  expect_string ("\"\"", "");
  expect_string ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
  expect_string ("\"\\u00e9\\u20ac\"", "\xc3\xa9\xe2\x82\xac");
  expect_string ("\"\\uD83D\\uDE00\"", "\xf0\x9f\x98\x80");
  expect_string ("\"\\uDBFF\\uDFFF\"", "\xf4\x8f\xbf\xbf");
  expect_string ("\"\xf0\x9f\x98\x80\"", "\xf0\x9f\x98\x80");
  expect_string ("\"// no comment\"", "// no comment");
}

static void
test_refuses (void)
{
  const char *const bad[] = { "", "[1] x", "{\"a\":1,\"a\":2}", "1e999", "\"\\ud800\"", "[[[]]]" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (nx_json_parse (bad[i], strlen (bad[i]), 2, &error));
      g_assert_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE);
    }
}

/* -- Writing -- */

static void
test_round_trip (void)
{
  const char *const texts[] = {
    "null",
    "true",
    "-17",
    "\"a\\nb\\\"c\\\\\"",
    "[]",
    "{}",
    "[1,[2,{\"a\":null}],\"\xc3\xa9\xf0\x9f\x98\x80\"]",
    "{\"b\":1,\"a\":[false]}",
    "9223372036854775807",
    "-9223372036854775808",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (JsonNode) node = parse (texts[i]);
      g_autoptr (GError) error = NULL;
      gsize length;
      g_autofree char *text = nx_json_generate (node, &length, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, texts[i]);
      g_assert_cmpuint (length, ==, strlen (text));
    }
}

static void
expect_generated (JsonNode *node, const char *expected)
{
  g_autoptr (JsonNode) owned = node;
  g_autoptr (GError) error = NULL;
  gsize length;
  g_autofree char *text = nx_json_generate (owned, &length, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static JsonNode *
new_string (const char *text)
{
  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
new_double (double value)
{
  return json_node_init_double (json_node_alloc (), value);
}

static void
test_doubles (void)
{
  expect_generated (new_double (0.1), "0.1");
  expect_generated (new_double (100), "100.0");
  expect_generated (new_double (-0.0), "-0.0");
  expect_generated (new_double (1e19), "1e+19");
  expect_generated (new_double (1e-7), "1e-07");
  expect_generated (new_double (1.0 / 3), "0.33333333333333331");
}

static void
test_control_characters (void)
{
  expect_generated (new_string ("\x01\b\t\n\f\r\x1f\x7f"), "\"\\u0001\\b\\t\\n\\f\\r\\u001f\x7f\"");
  for (char c = 1; c < 0x20; c++)
    {
      const char original[] = { c, '\0' };
      g_autoptr (JsonNode) node = new_string (original);
      gsize length;
      g_autofree char *text = nx_json_generate (node, &length, NULL);
      g_autoptr (JsonNode) again = parse (text);

      g_assert_cmpstr (json_node_get_string (again), ==, original);
    }
}

/* Whatever a double is, it comes back as it was. */
static void
test_doubles_come_back (void)
{
  const double values[] = { 0.1, 1e300, -2.5e-300, 1.7976931348623157e308, 1e19, 5e-324 };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (JsonNode) node = json_node_init_double (json_node_alloc (), values[i]);
      gsize length;
      g_autofree char *text = nx_json_generate (node, &length, NULL);
      g_autoptr (JsonNode) again = parse (text);

      g_assert_true (json_node_get_double (again) == values[i]);
    }
}

static void
expect_ungenerated (JsonNode *node, const char *part)
{
  g_autoptr (JsonNode) owned = node;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_assert_null (nx_json_generate (owned, &length, &error));
  g_assert_true (error->domain == G_CONVERT_ERROR);
  g_assert_nonnull (strstr (error->message, part));
}

static JsonNode *
wrap_in_array (JsonNode *node)
{
  g_autoptr (JsonArray) array = json_array_new ();

  json_array_add_element (array, node);
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
wrap_in_object (const char *name, JsonNode *node)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_member (object, name, node);
  return json_node_init_object (json_node_alloc (), object);
}

static void
test_not_finite (void)
{
  expect_ungenerated (new_double (NAN), "not finite");
  expect_ungenerated (new_double (INFINITY), "not finite");
  expect_ungenerated (new_double (-INFINITY), "not finite");
  expect_ungenerated (wrap_in_object ("a", new_double (NAN)), "not finite");
}

static void
test_not_utf8 (void)
{
  const char *const bad[] = { "\xff", "a\xc3", "\xf0", "\xfd", "a\x80z", "\xed\xa0\x80" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      expect_ungenerated (new_string (bad[i]), "UTF-8");
      expect_ungenerated (wrap_in_object (bad[i], new_string ("a")), "UTF-8");
      expect_ungenerated (wrap_in_object ("a", new_string (bad[i])), "UTF-8");
    }
}

static JsonNode *
nest (guint depth, gboolean in_objects)
{
  JsonNode *node = json_node_init_null (json_node_alloc ());

  for (guint i = 0; i < depth; i++)
    node = in_objects ? wrap_in_object ("a", node) : wrap_in_array (node);
  return node;
}

static void
test_depth (void)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (JsonNode) deepest = nest (128, i);
      gsize length;
      g_autofree char *text = nx_json_generate (deepest, &length, NULL);

      g_assert_nonnull (text);
      expect_ungenerated (nest (129, i), "128 levels are allowed");
      expect_ungenerated (nest (2000, i), "128 levels are allowed");
    }
}

/* What json_node_new() makes has nothing in it yet. */
static void
test_empty_nodes (void)
{
  expect_ungenerated (json_node_new (JSON_NODE_OBJECT), "holds nothing");
  expect_ungenerated (json_node_new (JSON_NODE_ARRAY), "holds nothing");
  expect_ungenerated (json_node_new (JSON_NODE_VALUE), "holds nothing");
  expect_ungenerated (wrap_in_array (json_node_new (JSON_NODE_VALUE)), "holds nothing");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/parse/kinds", test_kinds);
  g_test_add_func ("/json/parse/numbers", test_numbers);
  g_test_add_func ("/json/parse/long-integer", test_long_integer);
  g_test_add_func ("/json/parse/big-integers-inside", test_big_integers_inside);
  g_test_add_func ("/json/parse/strings", test_strings);
  g_test_add_func ("/json/parse/refuses", test_refuses);
  g_test_add_func ("/json/generate/round-trip", test_round_trip);
  g_test_add_func ("/json/generate/doubles", test_doubles);
  g_test_add_func ("/json/generate/control-characters", test_control_characters);
  g_test_add_func ("/json/generate/doubles-come-back", test_doubles_come_back);
  g_test_add_func ("/json/generate/not-finite", test_not_finite);
  g_test_add_func ("/json/generate/not-utf8", test_not_utf8);
  g_test_add_func ("/json/generate/depth", test_depth);
  g_test_add_func ("/json/generate/empty-nodes", test_empty_nodes);
  return g_test_run ();
}
