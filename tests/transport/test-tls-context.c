/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "harness.h"
#include "transport/nx-tls-context-private.h"

static guint
count_certificates (NxTlsContext *context)
{
  gnutls_x509_crt_t *list;
  guint n;

  g_assert_cmpint (gnutls_certificate_get_x509_crt (context->credentials, 0, &list, &n), ==, 0);
  for (guint i = 0; i < n; i++)
    gnutls_x509_crt_deinit (list[i]);
  gnutls_free (list);
  return n;
}

static void
test_new (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = make_database ();
  NxTlsContext *context = nx_tls_context_new (get_certificate (CERTIFICATE_SERVER), database,
                                              G_TLS_AUTHENTICATION_REQUIRED, &error);

  g_assert_no_error (error);
  g_assert_true (context->database == database);
  g_assert_cmpint (context->client_authentication, ==, G_TLS_AUTHENTICATION_REQUIRED);
  g_assert_cmpuint (count_certificates (context), ==, 1);
  g_assert_true (nx_tls_context_ref (context) == context);
  nx_tls_context_unref (context);
  g_assert_true (G_IS_TLS_DATABASE (context->database));
  nx_tls_context_unref (context);
}

/* Those that signed the certificate go to the clients as well. */
static void
test_chain (void)
{
  g_autoptr (NxTlsContext) context = nx_tls_context_new (get_certificate (CERTIFICATE_CHAINED),
                                                         NULL, G_TLS_AUTHENTICATION_NONE, NULL);

  g_assert_cmpuint (count_certificates (context), ==, 2);
}

static void
test_no_key (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = NULL;
  g_autoptr (GTlsCertificate) bare = NULL;

  g_object_get (get_certificate (CERTIFICATE_SERVER), "certificate-pem", &pem, NULL);
  bare = g_tls_certificate_new_from_pem (pem, -1, NULL);
  g_assert_null (nx_tls_context_new (bare, NULL, G_TLS_AUTHENTICATION_NONE, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_nonnull (strstr (error->message, "private key"));
}

static void
test_key_of_another (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *certificate = NULL, *key = NULL;
  g_autoptr (GTlsCertificate) mixed = NULL;

  g_object_get (get_certificate (CERTIFICATE_SERVER), "certificate-pem", &certificate, NULL);
  g_object_get (get_certificate (CERTIFICATE_STRANGER), "private-key-pem", &key, NULL);
  mixed = g_initable_new (g_tls_backend_get_certificate_type (g_tls_backend_get_default ()), NULL,
                          NULL, "certificate-pem", certificate, "private-key-pem", key, NULL);
  g_assert_nonnull (mixed);
  g_assert_null (nx_tls_context_new (mixed, NULL, G_TLS_AUTHENTICATION_NONE, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tls-context/new", test_new);
  g_test_add_func ("/tls-context/chain", test_chain);
  g_test_add_func ("/tls-context/no-key", test_no_key);
  g_test_add_func ("/tls-context/key-of-another", test_key_of_another);
  return g_test_run ();
}
