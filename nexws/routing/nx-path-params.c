/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "routing/nx-path-params-private.h"

void
nx_path_params_clear (NxPathParams *self)
{
  g_clear_pointer (&self->strings, g_ptr_array_unref);
}

void
nx_path_params_add (NxPathParams *self, const char *name, char *value)
{
  if (self->strings == NULL)
    self->strings = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (self->strings, g_strdup (name));
  g_ptr_array_add (self->strings, value);
}

void
nx_path_params_truncate (NxPathParams *self, guint n_params)
{
  g_assert (n_params <= nx_path_params_get_size (self));

  if (self->strings != NULL)
    g_ptr_array_set_size (self->strings, n_params * 2);
}

guint
nx_path_params_get_size (const NxPathParams *self)
{
  return self->strings != NULL ? self->strings->len / 2 : 0;
}

const char *
nx_path_params_get_name (const NxPathParams *self, guint index)
{
  g_assert (index < nx_path_params_get_size (self));

  return g_ptr_array_index (self->strings, index * 2);
}

const char *
nx_path_params_get_value (const NxPathParams *self, guint index)
{
  g_assert (index < nx_path_params_get_size (self));

  return g_ptr_array_index (self->strings, index * 2 + 1);
}

const char *
nx_path_params_find (const NxPathParams *self, const char *name)
{
  for (guint i = nx_path_params_get_size (self); i > 0; i--)
    if (g_str_equal (nx_path_params_get_name (self, i - 1), name))
      return nx_path_params_get_value (self, i - 1);

  return NULL;
}
