/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-tls-context-private.h"

#include <string.h>

static gboolean
fail (int code, const char *what, GError **error)
{
  if (code >= 0)
    return TRUE;
  g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "%s: %s", what,
               gnutls_strerror (code));
  return FALSE;
}

/* The certificate and those that signed it, as PEM. */
static char *
dup_chain (GTlsCertificate *certificate)
{
  GString *chain = g_string_new (NULL);

  for (; certificate != NULL; certificate = g_tls_certificate_get_issuer (certificate))
    {
      g_autofree char *pem = NULL;

      g_object_get (certificate, "certificate-pem", &pem, NULL);
      if (pem != NULL)
        g_string_append (chain, pem);
    }
  return g_string_free (chain, FALSE);
}

static gboolean
load (NxTlsContext *self, GTlsCertificate *certificate, GError **error)
{
  g_autofree char *chain = dup_chain (certificate);
  g_autofree char *key = NULL;
  gnutls_datum_t chain_datum = { (guint8 *) chain, strlen (chain) };
  gnutls_datum_t key_datum;

  g_object_get (certificate, "private-key-pem", &key, NULL);
  if (key == NULL)
    {
      g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                           "The certificate has no private key");
      return FALSE;
    }
  key_datum = (gnutls_datum_t){ (guint8 *) key, strlen (key) };
  return fail (gnutls_certificate_set_x509_key_mem2 (self->credentials, &chain_datum, &key_datum,
                                                     GNUTLS_X509_FMT_PEM, NULL, 0),
               "The certificate and its private key cannot be used", error);
}

NxTlsContext *
nx_tls_context_new (GTlsCertificate *certificate,
                    GTlsDatabase *database,
                    GTlsAuthenticationMode client_authentication,
                    GError **error)
{
  g_autoptr (NxTlsContext) self = g_new0 (NxTlsContext, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_set_object (&self->database, database);
  self->client_authentication = client_authentication;
  if (!fail (gnutls_certificate_allocate_credentials (&self->credentials), "GnuTLS", error)
      || !load (self, certificate, error)
      || !fail (gnutls_priority_init (&self->priority, NULL, NULL), "GnuTLS", error))
    return NULL;
  return g_steal_pointer (&self);
}

NxTlsContext *
nx_tls_context_ref (NxTlsContext *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
nx_tls_context_unref (NxTlsContext *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  if (self->credentials != NULL)
    gnutls_certificate_free_credentials (self->credentials);
  if (self->priority != NULL)
    gnutls_priority_deinit (self->priority);
  g_clear_object (&self->database);
  g_free (self);
}
