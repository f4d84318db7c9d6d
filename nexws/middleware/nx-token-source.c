/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "middleware/nx-token-source-private.h"

#include <string.h>

static const char *const places[] = { [NX_TOKEN_BEARER] = "bearer",
                                      [NX_TOKEN_COOKIE] = "cookie",
                                      [NX_TOKEN_QUERY] = "query",
                                      [NX_TOKEN_SUBPROTOCOL] = "subprotocol" };

NxTokenSource *
nx_token_source_parse (const char *text)
{
  const char *colon = strchrnul (text, ':');
  gboolean has_name = colon[0] == ':' && colon[1] != '\0';

  for (guint place = 0; place < G_N_ELEMENTS (places); place++)
    if (strlen (places[place]) == (gsize) (colon - text)
        && strncmp (places[place], text, colon - text) == 0)
      {
        NxTokenSource *self;

        if (place == NX_TOKEN_BEARER ? *colon != '\0' : !has_name)
          return NULL;
        self = g_new0 (NxTokenSource, 1);
        self->place = place;
        self->name = has_name ? g_strdup (colon + 1) : NULL;
        return self;
      }
  return NULL;
}

char *
nx_token_source_to_string (const NxTokenSource *self)
{
  return g_strjoin (":", places[self->place], self->name, NULL);
}

void
nx_token_source_free (NxTokenSource *self)
{
  g_free (self->name);
  g_free (self);
}

/* RFC 6750 section 2.1: letters, digits and a few signs, then equals signs. Two headers, which arrive joined, are none. */
static gboolean
is_bearer_token (const char *text)
{
  gsize n = 0;

  while (g_ascii_isalnum (text[n]) || (text[n] != '\0' && strchr ("-._~+/", text[n]) != NULL))
    n++;
  return n > 0 && strspn (text + n, "=") == strlen (text + n);
}

static const char *
find_bearer (NxWebSocket *ws)
{
  const char *value = nx_web_socket_get_header (ws, "Authorization");

  if (value == NULL || g_ascii_strncasecmp (value, "Bearer ", strlen ("Bearer ")) != 0)
    return NULL;
  value += strlen ("Bearer ");
  value += strspn (value, " ");
  return is_bearer_token (value) ? value : NULL;
}

static const char *
find_subprotocol (NxWebSocket *ws, const char *beginning)
{
  const char *const *offered = nx_web_socket_get_offered_subprotocols (ws);

  for (guint i = 0; offered[i] != NULL; i++)
    if (g_str_has_prefix (offered[i], beginning))
      return offered[i] + strlen (beginning);
  return NULL;
}

static const char *
look (const NxTokenSource *self, NxWebSocket *ws)
{
  switch (self->place)
    {
    case NX_TOKEN_COOKIE:
      return nx_web_socket_get_cookie (ws, self->name);
    case NX_TOKEN_QUERY:
      return nx_web_socket_get_query_param (ws, self->name);
    case NX_TOKEN_SUBPROTOCOL:
      return find_subprotocol (ws, self->name);
    case NX_TOKEN_BEARER:
    default:
      return find_bearer (ws);
    }
}

char *
nx_token_source_find (const NxTokenSource *self, NxWebSocket *ws)
{
  const char *found = look (self, ws);

  return found != NULL && found[0] != '\0' ? g_strdup (found) : NULL;
}
