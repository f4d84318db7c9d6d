/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-auth-user-private.h"

#include <libsoup/soup.h>
#include <string.h>

static char *
parse_basic (const char *token)
{
  gsize length;
  g_autofree char *decoded = (char *) g_base64_decode (token, &length);
  const char *colon = memchr (decoded, ':', length);

  return colon != NULL && memchr (decoded, '\0', colon - decoded) == NULL
             ? g_strndup (decoded, colon - decoded)
             : NULL;
}

static char *
parse_digest (const char *params)
{
  GHashTable *table = soup_header_parse_param_list (params);
  char *user = g_strdup (g_hash_table_lookup (table, "username"));

  soup_header_free_param_list (table);
  return user;
}

static gboolean
is_name (const char *text)
{
  if (text == NULL || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_iscntrl (g_utf8_get_char (at)))
      return FALSE;
  return TRUE;
}

gboolean
nx_auth_user_parse (const char *credentials, char **user)
{
  g_autofree char *name = NULL;

  *user = NULL;
  if (credentials != NULL && strncmp (credentials, "Basic ", 6) == 0)
    name = parse_basic (credentials + 6);
  else if (credentials != NULL && strncmp (credentials, "Digest ", 7) == 0)
    name = parse_digest (credentials + 7);
  else
    return TRUE;
  if (!is_name (name))
    return FALSE;
  *user = g_steal_pointer (&name);
  return TRUE;
}
