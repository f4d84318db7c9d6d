/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A property of the app out of a word of the command line: --set PROPERTY=VALUE. */
#include "config.h"

#include "nx-app-private.h"

static gboolean
parse_number (GParamSpec *pspec, const char *text, GValue *value, GError **error)
{
  guint64 minimum = 0, maximum = 0, number;

  if (G_IS_PARAM_SPEC_UINT (pspec))
    {
      minimum = G_PARAM_SPEC_UINT (pspec)->minimum;
      maximum = G_PARAM_SPEC_UINT (pspec)->maximum;
    }
  else
    {
      minimum = G_PARAM_SPEC_UINT64 (pspec)->minimum;
      maximum = G_PARAM_SPEC_UINT64 (pspec)->maximum;
    }
  if (!g_ascii_string_to_unsigned (text, 10, minimum, maximum, &number, NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "\"%s\" is no number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                   "; sizes are in bytes, times in milliseconds",
                   text, minimum, maximum);
      return FALSE;
    }
  if (G_IS_PARAM_SPEC_UINT (pspec))
    g_value_set_uint (value, (guint) number);
  else
    g_value_set_uint64 (value, number);
  return TRUE;
}

static gboolean
parse_enum (GParamSpec *pspec, const char *text, GValue *value, GError **error)
{
  GEnumClass *klass = G_PARAM_SPEC_ENUM (pspec)->enum_class;
  GEnumValue *found = g_enum_get_value_by_nick (klass, text);
  g_autoptr (GString) allowed = g_string_new (NULL);

  if (found != NULL)
    {
      g_value_set_enum (value, found->value);
      return TRUE;
    }
  for (guint i = 0; i < klass->n_values; i++)
    g_string_append_printf (allowed, "%s%s", i > 0 ? ", " : "", klass->values[i].value_nick);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\" is none of: %s", text,
               allowed->str);
  return FALSE;
}

static gboolean
parse_boolean (const char *text, GValue *value, GError **error)
{
  if (strcmp (text, "true") != 0 && strcmp (text, "false") != 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "\"%s\" is neither true nor false", text);
      return FALSE;
    }
  g_value_set_boolean (value, *text == 't');
  return TRUE;
}

static gboolean
parse_value (GParamSpec *pspec, const char *text, GValue *value, GError **error)
{
  if (G_IS_PARAM_SPEC_UINT (pspec) || G_IS_PARAM_SPEC_UINT64 (pspec))
    return parse_number (pspec, text, value, error);
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    return parse_enum (pspec, text, value, error);
  if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    return parse_boolean (text, value, error);
  if (pspec->value_type == G_TYPE_STRV)
    {
      g_value_take_boxed (value, g_strsplit (text, ",", -1));
      return TRUE;
    }
  if (pspec->value_type == G_TYPE_STRING)
    {
      g_value_set_string (value, text);
      return TRUE;
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "it cannot be set from the command line");
  return FALSE;
}

static char *
list_settable (NxApp *self)
{
  guint n;
  g_autofree GParamSpec **all = g_object_class_list_properties (G_OBJECT_GET_CLASS (self), &n);
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    if (all[i]->flags & G_PARAM_WRITABLE && !G_IS_PARAM_SPEC_OBJECT (all[i]))
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", all[i]->name);
  return g_string_free (names, FALSE);
}

gboolean
nx_app_assign (NxApp *self, const char *assignment, GError **error)
{
  const char *equals = strchr (assignment, '=');
  g_autofree char *name = equals != NULL ? g_strndup (assignment, equals - assignment) : NULL;
  GParamSpec *pspec =
      name != NULL ? g_object_class_find_property (G_OBJECT_GET_CLASS (self), name) : NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  if (equals == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--set %s: PROPERTY=VALUE is wanted", assignment);
      return FALSE;
    }
  if (pspec == NULL || !(pspec->flags & G_PARAM_WRITABLE))
    {
      g_autofree char *settable = list_settable (self);

      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--set %s: there is no such property that can be set; there are: %s", name,
                   settable);
      return FALSE;
    }
  g_value_init (&value, pspec->value_type);
  if (!parse_value (pspec, equals + 1, &value, error))
    {
      g_prefix_error (error, "--set %s: ", name);
      return FALSE;
    }
  g_object_set_property (G_OBJECT (self), name, &value);
  return TRUE;
}
