/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-subprotocol-private.h"

#include <string.h>

#include "protocol/nx-octet-private.h"

typedef struct
{
  const char *start;
  gsize length;
} Name;

/* A name with the white space around it; TRUE when it is one, and a comma or the end comes next. */
static gboolean
take_name (const char **at, Name *out)
{
  while (nx_octet_is_ows (**at))
    (*at)++;

  out->start = *at;
  while (nx_octet_is (**at, NX_OCTET_TOKEN))
    (*at)++;
  out->length = *at - out->start;

  while (nx_octet_is_ows (**at))
    (*at)++;
  return out->length > 0 && (**at == ',' || **at == '\0');
}

static gboolean
is_among (const Name *name, const Name *names, guint n_names)
{
  for (guint i = 0; i < n_names; i++)
    if (names[i].length == name->length && memcmp (names[i].start, name->start, name->length) == 0)
      return TRUE;

  return FALSE;
}

/* Comparing each with each is linear in the list all the same: its number is bounded, and only
 * equal lengths compare. */
char **
nx_subprotocol_split (const char *list)
{
  Name names[NX_SUBPROTOCOLS_MAX];
  guint n_names = 0;
  const char *at = list;
  char **split;

  for (;; at++)
    {
      if (n_names == NX_SUBPROTOCOLS_MAX || !take_name (&at, &names[n_names])
          || is_among (&names[n_names], names, n_names))
        return NULL;
      n_names++;
      if (*at == '\0')
        break;
    }

  split = g_new0 (char *, n_names + 1);
  for (guint i = 0; i < n_names; i++)
    split[i] = g_strndup (names[i].start, names[i].length);
  return split;
}
