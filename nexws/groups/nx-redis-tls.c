/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-redis-tls-private.h"

static gboolean
load_database (NxRedisTls *self, const char *path, GError **error)
{
  GList *certificates;

  if (path == NULL || self->database != NULL)
    return TRUE;
  /* A database of a file without any certificate is made all the same, and trusts nobody. */
  certificates = g_tls_certificate_list_new_from_file (path, error);
  if (certificates == NULL)
    {
      if (error != NULL && *error == NULL)
        g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                             "It holds no certificate");
      g_prefix_error (error, "ca=%s: ", path);
      return FALSE;
    }
  g_list_free_full (certificates, g_object_unref);
  self->database = g_tls_file_database_new (path, error);
  if (self->database == NULL)
    g_prefix_error (error, "ca=%s: ", path);
  return self->database != NULL;
}

static gboolean
load_certificate (NxRedisTls *self, const char *path, const char *key_path, GError **error)
{
  if (path == NULL || self->certificate != NULL)
    return TRUE;
  self->certificate =
      g_tls_certificate_new_from_files (path, key_path != NULL ? key_path : path, error);
  if (self->certificate == NULL)
    g_prefix_error (error, "certificate=%s: ", path);
  return self->certificate != NULL;
}

gboolean
nx_redis_tls_load (NxRedisTls *self, const NxRedisAddress *address, GError **error)
{
  return load_database (self, address->ca_path, error)
         && load_certificate (self, address->certificate_path, address->key_path, error);
}

void
nx_redis_tls_copy (NxRedisTls *self, const NxRedisTls *other)
{
  g_set_object (&self->database, other->database);
  g_set_object (&self->certificate, other->certificate);
}

void
nx_redis_tls_clear (NxRedisTls *self)
{
  g_clear_object (&self->database);
  g_clear_object (&self->certificate);
}

void
nx_redis_tls_prepare (const NxRedisTls *self, GTlsConnection *connection)
{
  if (self->database != NULL)
    g_tls_connection_set_database (connection, self->database);
  if (self->certificate != NULL)
    g_tls_connection_set_certificate (connection, self->certificate);
}

char *
nx_redis_tls_explain (GTlsConnection *connection, const GError *error)
{
  static const struct
  {
    GTlsCertificateFlags flag;
    const char *text;
  } reasons[] = {
    { G_TLS_CERTIFICATE_BAD_IDENTITY, "it is somebody else's" },
    { G_TLS_CERTIFICATE_EXPIRED, "it has expired" },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, "its time has not come yet" },
    { G_TLS_CERTIFICATE_REVOKED, "it was revoked" },
    { G_TLS_CERTIFICATE_INSECURE, "its algorithm is not secure" },
    { G_TLS_CERTIFICATE_UNKNOWN_CA, "nobody who is trusted vouches for it" },
  };
  GTlsCertificateFlags flags = 0;

  if (connection != NULL && g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    flags = g_tls_connection_get_peer_certificate_errors (connection);
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (flags & reasons[i].flag)
      return g_strdup_printf ("%s (%s)", error->message, reasons[i].text);
  return g_strdup (error->message);
}
