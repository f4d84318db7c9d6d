/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-names-private.h"

#include <string.h>

NxNames *
nx_names_new (void)
{
  NxNames *self = g_new0 (NxNames, 1);

  self->taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->of_type = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
nx_names_free (NxNames *self)
{
  g_hash_table_unref (self->taken);
  g_hash_table_unref (self->of_type);
  g_free (self);
}

static char *
make_identifier (const char *text)
{
  GString *name = g_string_new (NULL);

  if (!g_ascii_isalpha (*text) && *text != '_')
    g_string_append_c (name, '_');
  for (; *text != '\0'; text++)
    g_string_append_c (name, g_ascii_isalnum (*text) ? *text : '_');
  return g_string_free (name, FALSE);
}

char *
nx_names_take (NxNames *self, const char *wanted)
{
  g_autofree char *first = make_identifier (wanted);
  char *name = g_strdup (first);

  for (guint i = 2; g_hash_table_contains (self->taken, name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s%u", first, i);
    }
  g_hash_table_add (self->taken, g_strdup (name));
  return name;
}

char *
nx_names_plain (GType type)
{
  const char *text = g_type_name (type);
  const char *plus = strrchr (text, '+'); /* Python: `module+Class` */

  if (plus != NULL && plus[1] != '\0')
    text = plus + 1;
  else if (g_str_has_prefix (text, "Gjs_") && text[4] != '\0')
    text += 4;
  return make_identifier (text);
}

const char *
nx_names_of_type (NxNames *self, GType type)
{
  char *name = g_hash_table_lookup (self->of_type, GSIZE_TO_POINTER (type));

  if (name == NULL)
    {
      g_autofree char *plain = nx_names_plain (type);

      name = nx_names_take (self, plain);
      g_hash_table_insert (self->of_type, GSIZE_TO_POINTER (type), name);
    }
  return name;
}
