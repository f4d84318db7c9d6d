/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program tells on its standard output: where it listens, what its routes are, what it speaks. */
#include "config.h"

#include <stdio.h>

#include "nx-app-private.h"
#include "nx-enum-types.h"

/* Whether the one before is the same port of IPv4: one line does for both families. */
static gboolean
is_twin (GList *uri)
{
  const char *host = g_uri_get_host (uri->data);
  const char *other = uri->prev != NULL ? g_uri_get_host (uri->prev->data) : NULL;

  if (host == NULL || other == NULL
      || g_uri_get_port (uri->data) != g_uri_get_port (uri->prev->data))
    return FALSE;
  return (strcmp (host, "::1") == 0 && strcmp (other, "127.0.0.1") == 0)
         || (strcmp (host, "::") == 0 && strcmp (other, "0.0.0.0") == 0);
}

/* Where a browser on this machine finds the page; nowhere when it listens on a unix socket only. */
static void
tell_page (const char *page, GList *uris)
{
  for (GList *l = uris; l != NULL; l = l->next)
    {
      const char *host = g_uri_get_host (l->data);
      gboolean is_secure = g_str_has_prefix (g_uri_get_scheme (l->data), "wss");
      g_autofree char *authority = NULL;

      if (host == NULL)
        continue;
      if (strcmp (host, "0.0.0.0") == 0 || strcmp (host, "::") == 0)
        host = "localhost";
      authority = g_strdup_printf (strchr (host, ':') != NULL ? "[%s]" : "%s", host);
      g_print ("nexws: open %s://%s:%d%s\n", is_secure ? "https" : "http", authority,
               g_uri_get_port (l->data), page);
      return;
    }
}

void
nx_app_tell_uris (NxApp *self, GList *uris)
{
  const char *page = nx_app_get_private (self)->page;

  for (GList *l = uris; l != NULL; l = l->next)
    {
      g_autofree char *text = g_uri_to_string (l->data);
      gsize length = strlen (text);

      if (is_twin (l))
        continue;
      if (g_str_has_suffix (text, "/") && g_uri_get_host (l->data) != NULL)
        text[length - 1] = '\0';
      g_print ("nexws: listening on %s\n", text);
    }
  if (page != NULL)
    tell_page (page, uris);
  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);
}

void
nx_app_tell_routes (NxApp *self)
{
  g_autofree char *text = nx_router_describe (NX_ROUTER (self));

  g_print ("%s", text);
}

void
nx_app_tell_description (NxApp *self, const char *format, GError **error)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (NX_TYPE_DESCRIPTION_FORMAT);
  GEnumValue *found = g_enum_get_value_by_nick ((GEnumClass *) klass, format);
  g_autofree char *text = NULL;

  if (found != NULL)
    text = nx_app_describe_as (self, found->value, error);
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--describe: \"%s\" is none of: asyncapi, jsonschema, typescript", format);
  if (text != NULL)
    fputs (text, stdout); /* in UTF-8, whatever the locale's is */
}
