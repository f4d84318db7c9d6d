/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties of an app that are more than a value: what could never match is told, and what cannot be used leaves what is in use. */
#include "config.h"

#include "nx-app-private.h"

#include "protocol/nx-authority-private.h"

static void
warn_of_entry (const char *property, const char *entry, const char *allowed)
{
  g_warning ("%s: \"%s\" matches nothing; allowed: %s", property, entry, allowed);
}

/* An entry that can match nothing is a mistake that would show as a refusal of everybody. */
void
nx_app_check_hosts (char **hosts)
{
  NxAuthority host;

  for (guint i = 0; hosts != NULL && hosts[i] != NULL; i++)
    if (strcmp (hosts[i], "*") != 0
        && (strchr (hosts[i], '*') != NULL
            || !nx_authority_parse (hosts[i], strlen (hosts[i]), &host) || host.host_length == 0))
      warn_of_entry ("allowed-hosts", hosts[i], "HOST, HOST:PORT, or * alone for any");
}

void
nx_app_check_origins (char **origins)
{
  for (guint i = 0; origins != NULL && origins[i] != NULL; i++)
    if (strcmp (origins[i], "*") != 0
        && (strchr (origins[i], '*') != NULL || !nx_origin_is_well_formed (origins[i])))
      warn_of_entry ("allowed-origins", origins[i],
                     "SCHEME://HOST[:PORT] without a path, or * alone for any; NxOriginFilter "
                     "takes SCHEME://*.HOST as well");
}

static gboolean
listens_with_tls (NxAppPrivate *priv)
{
  for (guint i = 0; i < priv->listeners->len; i++)
    if (nx_listener_is_secure (g_ptr_array_index (priv->listeners, i)))
      return TRUE;
  return FALSE;
}

/*
 * A certificate that cannot be used leaves the one that is in use: replacing it while running must not end the
 * service.
 */
void
nx_app_set_tls (NxApp *self,
                GTlsCertificate *certificate,
                GTlsDatabase *database,
                GTlsAuthenticationMode mode)
{
  NxAppPrivate *priv = nx_app_get_private (self);
  g_autoptr (NxTlsContext) tls = NULL;
  g_autoptr (GError) error = NULL;

  if (certificate == NULL && listens_with_tls (priv))
    {
      g_warning ("The TLS certificate is left as it was: a listener needs it");
      return;
    }
  if (certificate != NULL)
    {
      tls = nx_tls_context_new (certificate, database, mode, &error);
      if (tls == NULL)
        {
          g_warning ("The TLS certificate is left as it was: %s", error->message);
          return;
        }
    }
  g_set_object (&priv->certificate, certificate);
  g_set_object (&priv->database, database);
  priv->client_authentication = mode;
  g_clear_pointer (&priv->tls, nx_tls_context_unref);
  priv->tls = g_steal_pointer (&tls);
}

void
nx_app_set_backplane (NxAppPrivate *priv, NxBackplane *backplane)
{
  if (backplane == priv->backplane)
    return;
  if (backplane != NULL && nx_backplane_get_private (backplane)->is_started)
    {
      g_critical ("NxApp:backplane: this %s serves another app", G_OBJECT_TYPE_NAME (backplane));
      return;
    }
  g_set_object (&priv->backplane, backplane);
  nx_groups_set_backplane (priv->groups, backplane);
}
