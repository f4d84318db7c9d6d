/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names for types and messages in a description: identifiers in every language, each once. */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef struct
{
  GHashTable *taken;   /* set of names */
  GHashTable *of_type; /* GType to name */
} NxNames;

NxNames *nx_names_new (void);
void nx_names_free (NxNames *self);
/* (transfer full): @wanted made an identifier, with a number where that is taken; taken from now on. */
char *nx_names_take (NxNames *self, const char *wanted);
/* (transfer none): one for each type: what Python and GJS put before the class's own name is left out. */
const char *nx_names_of_type (NxNames *self, GType type);
/* (transfer full): what a type is called, whoever else is. */
char *nx_names_plain (GType type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxNames, nx_names_free)

G_END_DECLS
