/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "routing/nx-pattern-private.h"

#include <string.h>

/* The kinds as letters, the texts behind them. */
static char *
describe (const NxPattern *pattern)
{
  static const char letters[NX_N_SEGMENT_KINDS] = {
    [NX_SEGMENT_TEXT] = '=',  [NX_SEGMENT_INT] = 'i',    [NX_SEGMENT_UUID] = 'u',
    [NX_SEGMENT_FLOAT] = 'f', [NX_SEGMENT_STRING] = 's', [NX_SEGMENT_PATH] = 'p',
  };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < pattern->n_segments; i++)
    g_string_append_printf (text, "%s%c%s", i > 0 ? " " : "", letters[pattern->segments[i].kind],
                            pattern->segments[i].text);

  return g_string_free (text, FALSE);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    const char *described;
  } cases[] = {
    { "/", "=" },
    { "/ws", "=ws" },
    { "/ws/", "=ws =" },
    { "/rooms/{room}", "=rooms sroom" },
    { "/rooms/{room}/", "=rooms sroom =" },
    { "/{a}/{b:int}/{c:float}/{d:uuid}/{e:path}", "sa ib fc ud pe" },
    { "/{_A9}", "s_A9" },
    { "/{int}", "sint" },
    { "/café/a b", "=café =a b" },
    { "/...", "=..." },
    { "/a:b/c=d", "=a:b =c=d" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (NxPattern) pattern = nx_pattern_parse (cases[i].text, &error);
      g_autofree char *described = NULL;

      g_assert_no_error (error);
      described = describe (pattern);
      g_assert_cmpstr (described, ==, cases[i].described);
      g_assert_cmpstr (pattern->text, ==, cases[i].text);
    }
}

/* The message names the pattern, the character, and what may stand there. */
static void
test_errors (void)
{
  static const struct
  {
    const char *text;
    int column;
    NxPatternError code;
    const char *problem;
    const char *allowed;
  } cases[] = {
    { "", 1, NX_PATTERN_ERROR_SYNTAX, "a pattern begins with it", "a slash" },
    { "ws", 1, NX_PATTERN_ERROR_SYNTAX, "a pattern begins with it", "a slash" },
    { "//", 2, NX_PATTERN_ERROR_SYNTAX, "an empty segment", "{name}" },
    { "/a//b", 4, NX_PATTERN_ERROR_SYNTAX, "an empty segment", "{name}" },
    { "/.", 2, NX_PATTERN_ERROR_SYNTAX, "no path has", "{name}" },
    { "/a/../b", 4, NX_PATTERN_ERROR_SYNTAX, "no path has", "{name}" },
    { "/a%20b", 3, NX_PATTERN_ERROR_SYNTAX, "percent sign", "text" },
    { "/a?b", 3, NX_PATTERN_ERROR_SYNTAX, "is no character of a path", "text" },
    { "/a#b", 3, NX_PATTERN_ERROR_SYNTAX, "is no character of a path", "text" },
    { "/a\nb", 3, NX_PATTERN_ERROR_SYNTAX, "a control character", "text" },
    { "/é/a}", 5, NX_PATTERN_ERROR_SYNTAX, "is no character of a path", "text" },
    { "/a{b}", 3, NX_PATTERN_ERROR_SYNTAX, "is no character of a path", "{name}" },
    { "/{a}b", 5, NX_PATTERN_ERROR_SYNTAX, "not a whole segment", "{name}" },
    { "/{a}{b}", 5, NX_PATTERN_ERROR_SYNTAX, "not a whole segment", "{name}" },
    { "/{a", 2, NX_PATTERN_ERROR_SYNTAX, "without a closing", "{name}" },
    { "/{a/b}", 2, NX_PATTERN_ERROR_SYNTAX, "without a closing", "{name}" },
    { "/{}", 3, NX_PATTERN_ERROR_PARAMETER, "name", "a letter" },
    { "/{:int}", 3, NX_PATTERN_ERROR_PARAMETER, "name", "a letter" },
    { "/{9a}", 3, NX_PATTERN_ERROR_PARAMETER, "name", "a letter" },
    { "/{a-b}", 3, NX_PATTERN_ERROR_PARAMETER, "name", "a letter" },
    { "/{é}", 3, NX_PATTERN_ERROR_PARAMETER, "name", "a letter" },
    { "/{{a}}", 6, NX_PATTERN_ERROR_SYNTAX, "not a whole segment", "{name}" },
    { "/{a:}", 5, NX_PATTERN_ERROR_PARAMETER, "type", "int, float, uuid, path" },
    { "/{a:integer}", 5, NX_PATTERN_ERROR_PARAMETER, "type", "int, float, uuid, path" },
    { "/{a:in}", 5, NX_PATTERN_ERROR_PARAMETER, "type", "int, float, uuid, path" },
    { "/{a:integer}/b", 5, NX_PATTERN_ERROR_PARAMETER, "\"integer\" is no", "or none" },
    { "/rooms/:id", 8, NX_PATTERN_ERROR_SYNTAX, "\":id\" is how others", "allowed: {id}" },
    { "/:id/x", 2, NX_PATTERN_ERROR_SYNTAX, "how others write a parameter", "allowed: {id}" },
    { "/<id>", 2, NX_PATTERN_ERROR_SYNTAX, "how others write a parameter", "allowed: {id}" },
    { "/<int:id>", 2, NX_PATTERN_ERROR_SYNTAX, "how others write", "allowed: {id}" },
    { "/*", 2, NX_PATTERN_ERROR_SYNTAX, "stands for nothing", "{rest:path}" },
    { "/<>", 2, NX_PATTERN_ERROR_SYNTAX, "is no character of a path", "text" },
    { "/a<b", 3, NX_PATTERN_ERROR_SYNTAX, "is no character of a path", "text" },
    { "/{a:Int}", 5, NX_PATTERN_ERROR_PARAMETER, "type", "int, float, uuid, path" },
    { "/{a}/{b}/{a:int}", 11, NX_PATTERN_ERROR_PARAMETER, "second", "once" },
    { "/{a:path}/b", 10, NX_PATTERN_ERROR_SYNTAX, "rest of the path", "nothing" },
    { "/{a:path}/", 10, NX_PATTERN_ERROR_SYNTAX, "rest of the path", "nothing" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (NxPattern) pattern = nx_pattern_parse (cases[i].text, &error);
      g_autofree char *column = g_strdup_printf ("character %d:", cases[i].column);

      g_assert_null (pattern);
      g_test_message ("%s", error->message);
      g_assert_error (error, NX_PATTERN_ERROR, (int) cases[i].code);
      g_assert_nonnull (strstr (error->message, cases[i].text));
      g_assert_nonnull (strstr (error->message, column));
      g_assert_nonnull (strstr (error->message, cases[i].problem));
      g_assert_nonnull (strstr (strstr (error->message, "allowed: "), cases[i].allowed));
    }
}

static void
test_not_utf8 (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nx_pattern_parse ("/caf\xe9", &error));
  g_assert_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_SYNTAX);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_bound (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NxPattern) most = NULL;

  for (guint i = 0; i < NX_PATTERN_MAX_SEGMENTS; i++)
    g_string_append (text, "/a");
  most = nx_pattern_parse (text->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (most->n_segments, ==, NX_PATTERN_MAX_SEGMENTS);

  g_string_append (text, "/a");
  g_assert_null (nx_pattern_parse (text->str, &error));
  g_assert_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_SYNTAX);
}

static void
test_fits (void)
{
  static const struct
  {
    NxSegmentKind kind;
    const char *segment;
    gboolean fits;
  } cases[] = {
    { NX_SEGMENT_STRING, "a", TRUE },
    { NX_SEGMENT_STRING, "", FALSE },
    { NX_SEGMENT_INT, "0", TRUE },
    { NX_SEGMENT_INT, "-1", TRUE },
    { NX_SEGMENT_INT, "007", TRUE },
    { NX_SEGMENT_INT, "9223372036854775807", TRUE },
    { NX_SEGMENT_INT, "-9223372036854775808", TRUE },
    { NX_SEGMENT_INT, "9223372036854775808", FALSE },
    { NX_SEGMENT_INT, "-9223372036854775809", FALSE },
    { NX_SEGMENT_INT, "99999999999999999999999999", FALSE },
    { NX_SEGMENT_INT, "", FALSE },
    { NX_SEGMENT_INT, "-", FALSE },
    { NX_SEGMENT_INT, "--1", FALSE },
    { NX_SEGMENT_INT, "+1", FALSE },
    { NX_SEGMENT_INT, " 1", FALSE },
    { NX_SEGMENT_INT, "1 ", FALSE },
    { NX_SEGMENT_INT, "1a", FALSE },
    { NX_SEGMENT_INT, "0x1", FALSE },
    { NX_SEGMENT_INT, "1.0", FALSE },
    { NX_SEGMENT_FLOAT, "1", TRUE },
    { NX_SEGMENT_FLOAT, "-1.5", TRUE },
    { NX_SEGMENT_FLOAT, "1e5", TRUE },
    { NX_SEGMENT_FLOAT, "1.5E-300", TRUE },
    { NX_SEGMENT_FLOAT, "1e+5", TRUE },
    { NX_SEGMENT_FLOAT, "1e-999", TRUE },
    { NX_SEGMENT_FLOAT, "1e999", FALSE },
    { NX_SEGMENT_FLOAT, "-1e999", FALSE },
    { NX_SEGMENT_FLOAT, "", FALSE },
    { NX_SEGMENT_FLOAT, ".5", FALSE },
    { NX_SEGMENT_FLOAT, "5.", FALSE },
    { NX_SEGMENT_FLOAT, "-", FALSE },
    { NX_SEGMENT_FLOAT, "1e", FALSE },
    { NX_SEGMENT_FLOAT, "1e+", FALSE },
    { NX_SEGMENT_FLOAT, "1.5.5", FALSE },
    { NX_SEGMENT_FLOAT, "1,5", FALSE },
    { NX_SEGMENT_FLOAT, "inf", FALSE },
    { NX_SEGMENT_FLOAT, "nan", FALSE },
    { NX_SEGMENT_FLOAT, "0x1p3", FALSE },
    { NX_SEGMENT_UUID, "123e4567-e89b-12d3-a456-426614174000", TRUE },
    { NX_SEGMENT_UUID, "123E4567-E89B-12D3-A456-426614174000", TRUE },
    { NX_SEGMENT_UUID, "123e4567e89b12d3a456426614174000", FALSE },
    { NX_SEGMENT_UUID, "{123e4567-e89b-12d3-a456-426614174000}", FALSE },
    { NX_SEGMENT_UUID, "123e4567-e89b-12d3-a456-42661417400", FALSE },
    { NX_SEGMENT_UUID, "123e4567-e89b-12d3-a456-4266141740000", FALSE },
    { NX_SEGMENT_UUID, "g23e4567-e89b-12d3-a456-426614174000", FALSE },
    { NX_SEGMENT_UUID, "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%d %s", cases[i].kind, cases[i].segment);
      g_assert_cmpint (nx_segment_kind_fits (cases[i].kind, cases[i].segment), ==, cases[i].fits);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pattern/parse", test_parse);
  g_test_add_func ("/pattern/errors", test_errors);
  g_test_add_func ("/pattern/not-utf8", test_not_utf8);
  g_test_add_func ("/pattern/bound", test_bound);
  g_test_add_func ("/pattern/fits", test_fits);

  return g_test_run ();
}
