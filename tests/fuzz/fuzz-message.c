/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first octet chooses what JSON is read as: a variant of some type, or an object. What is refused comes with words that can be
 * shown; what is taken is of that type, and once written it is read as the same again.
 */
#include "config.h"

#include "messages/nx-json-private.h"
#include "messages/nx-object-private.h"
#include "messages/nx-place-private.h"
#include "messages/nx-variant-private.h"
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 100
#define WORDS_MAX 4000

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define CHECK(condition)                                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  }                                                                                                \
  G_STMT_END

/* NULL: whatever type the JSON suggests. */
static const char *const signatures[] = {
  NULL,    "b",     "y",     "n",      "q",    "i",     "u",     "x",     "t",         "d",
  "s",     "o",     "g",     "v",      "as",   "ai",    "ay",    "aav",   "a{sv}",     "a{ii}",
  "a{tb}", "a{ds}", "a{bs}", "a{os}",  "{sv}", "{is}",  "()",    "(si)",  "(s(ix)av)", "mi",
  "mmi",   "ms",    "mv",    "am{sv}", "amas", "(mmv)", "a(sv)", "a{gg}", "a{s(ii)}",  "aaaaai",
};

static void
check_refusal (GError *error)
{
  CHECK (error != NULL && g_utf8_validate (error->message, -1, NULL));
  CHECK (strlen (error->message) < WORDS_MAX);
  g_error_free (error);
}

/* Not everything that can be read can be written: Just Nothing is null, and so is Nothing; two doubles may be spelled alike. */
static void
check_unwritable (GError *error)
{
  CHECK (strstr (error->message, "same key") != NULL
         || strstr (error->message, "maybe that") != NULL);
  check_refusal (error);
}

/* (transfer full) (nullable): the text of @node, taken. */
static char *
generate (JsonNode *node, gsize *length)
{
  g_autoptr (JsonNode) owned = node;
  GError *error = NULL;
  char *text = nx_json_generate (node, length, &error);

  if (text == NULL)
    check_refusal (error);
  return text;
}

static GVariant *
read_variant (JsonNode *node, const char *signature, GError **error)
{
  const NxPlace place = { NULL, NULL, 0 };

  return nx_variant_read (node, signature != NULL ? G_VARIANT_TYPE (signature) : NULL, &place,
                          error);
}

static void
check_variant_again (GVariant *variant, const char *signature)
{
  GError *error = NULL;
  JsonNode *node = nx_variant_write (variant, &error);
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) parsed = NULL;
  g_autoptr (GVariant) again = NULL;
  gsize length;

  if (node == NULL)
    {
      check_unwritable (error);
      return;
    }
  text = generate (node, &length);
  if (text == NULL)
    return;
  parsed = nx_json_parse (text, length, NX_JSON_DEPTH_MAX, NULL);
  CHECK (parsed != NULL);
  again = read_variant (parsed, signature, NULL);
  CHECK (again != NULL && g_variant_equal (again, variant));
}

static void
run_variant (JsonNode *node, const char *signature)
{
  GError *error = NULL;
  g_autoptr (GVariant) variant = read_variant (node, signature, &error);

  if (variant == NULL)
    {
      check_refusal (error);
      return;
    }
  CHECK (error == NULL);
  CHECK (signature == NULL || g_variant_is_of_type (variant, G_VARIANT_TYPE (signature)));
  CHECK (g_variant_is_normal_form (variant));
  check_variant_again (variant, signature);
}

/* (transfer full) (nullable) */
static char *
write_object (GObject *object, gsize *length)
{
  GError *error = NULL;
  JsonNode *node = nx_object_write (object, NULL, &error);

  if (node != NULL)
    return generate (node, length);
  check_unwritable (error);
  return NULL;
}

static void
run_object (JsonNode *node, GType type)
{
  GError *error = NULL;
  g_autoptr (GObject) object = nx_object_read (node, type, NULL, &error);
  g_autoptr (GObject) again = NULL;
  g_autoptr (JsonNode) parsed = NULL;
  g_autofree char *text = NULL;
  g_autofree char *text_again = NULL;
  gsize length;

  if (object == NULL)
    {
      check_refusal (error);
      return;
    }
  CHECK (error == NULL && G_OBJECT_TYPE (object) == type);
  text = write_object (object, &length);
  if (text == NULL)
    return;
  parsed = nx_json_parse (text, length, NX_JSON_DEPTH_MAX, NULL);
  CHECK (parsed != NULL);
  again = nx_object_read (parsed, type, NULL, NULL);
  CHECK (again != NULL);
  text_again = write_object (again, &length);
  CHECK (g_strcmp0 (text, text_again) == 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const GType types[] = { TYPE_SAMPLE, TYPE_POINT, TYPE_KNOT, TYPE_CUSTOM };
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  GError *error = NULL;
  guint kind;

  if (size < 2)
    return 0;
  /* A copy of its own size, so that the sanitizer sees the octet behind it. */
  text = g_memdup2 (data + 1, size - 1);
  node = nx_json_parse (text, size - 1, DEPTH_MAX, &error);
  if (node == NULL)
    {
      check_refusal (error);
      return 0;
    }
  kind = data[0] % (G_N_ELEMENTS (signatures) + G_N_ELEMENTS (types));
  if (kind < G_N_ELEMENTS (signatures))
    run_variant (node, signatures[kind]);
  else
    run_object (node, types[kind - G_N_ELEMENTS (signatures)]);
  return 0;
}
