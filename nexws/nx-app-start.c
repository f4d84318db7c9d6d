/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the options to an app that listens. */
#include "config.h"

#include "nx-app-options-private.h"
#include "nx-app-private.h"
#include "groups/nx-redis-backplane.h"

/* A password is better in the environment: others can see a command line. */
gboolean
nx_app_apply_backplane (NxApp *self, const NxAppOptions *options, GError **error)
{
  const char *uri = options->backplane;
  g_autoptr (NxRedisBackplane) backplane = NULL;

  if (uri == NULL && nx_app_get_private (self)->backplane == NULL)
    uri = g_getenv ("NEXWS_BACKPLANE");
  if (uri == NULL || *uri == '\0')
    return TRUE;
  backplane = nx_redis_backplane_new (uri, error);
  if (backplane == NULL)
    {
      g_prefix_error (error, "--backplane: ");
      return FALSE;
    }
  g_object_set (self, "backplane", backplane, NULL);
  return TRUE;
}

static gboolean
load_certificate (NxApp *self, const NxAppOptions *options, GError **error)
{
  g_autoptr (GTlsCertificate) certificate = NULL;

  if (options->certificate == NULL && options->key != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "--tls-key: it belongs to a --tls-certificate, which is missing");
      return FALSE;
    }
  if (options->certificate == NULL)
    return TRUE;
  certificate = options->key != NULL
                    ? g_tls_certificate_new_from_files (options->certificate, options->key, error)
                    : g_tls_certificate_new_from_file (options->certificate, error);
  if (certificate == NULL)
    {
      g_prefix_error (error, "--tls-certificate: ");
      return FALSE;
    }
  g_object_set (self, "tls-certificate", certificate, NULL);
  if (nx_app_get_private (self)->tls == NULL)
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_ADDRESS,
                           "--tls-certificate: it cannot be used; is --tls-key missing?");
      return FALSE;
    }
  return TRUE;
}

static gboolean
listen_somewhere (NxApp *self, const NxAppOptions *options, GError **error)
{
  NxListenFlags flags = options->certificate != NULL ? NX_LISTEN_TLS : NX_LISTEN_DEFAULT;
  gboolean is_told = nx_app_options_has_address (options);
  GError *local = NULL;

  if (nx_app_listen_activation (self, &local) > 0)
    return TRUE;
  if (local != NULL)
    {
      g_propagate_error (error, local);
      return FALSE;
    }
  if (options->unix_path != NULL && !nx_app_listen_unix (self, options->unix_path, flags, error))
    return FALSE;
  if (!is_told && nx_app_get_private (self)->listeners->len > 0)
    return TRUE;
  return nx_app_listen (self, options->address, nx_app_options_get_port (options), flags, error);
}

gboolean
nx_app_apply_settings (NxApp *self, const NxAppOptions *options, GError **error)
{
  for (guint i = 0; options->settings != NULL && options->settings[i] != NULL; i++)
    if (!nx_app_assign (self, options->settings[i], error))
      return FALSE;
  return load_certificate (self, options, error);
}

gboolean
nx_app_start_with (NxApp *self, const NxAppOptions *options, GError **error)
{
  return nx_app_apply_backplane (self, options, error) && listen_somewhere (self, options, error);
}

/**
 * nx_app_start:
 * @self: an app
 * @argv: (array zero-terminated=1) (nullable): a command line, its first element the program's name
 * @error: return location for an error
 *
 * The first half of [method@App.run], for programs that have a loop: reads the options and listens.
 *
 * The options are `--address`, `--port`, `--unix`, `--tls-certificate`, `--tls-key`, `--backplane` and
 * `--set PROPERTY=VALUE`; sockets that systemd passed come before them. An app that listens already listens nowhere else unless it is told to. Without any, it is
 * localhost on port 8000.
 *
 * Returns: %FALSE with an error of `G_OPTION_ERROR` for a bad option, else as [method@App.listen]
 *
 * Since: 0.1
 */
gboolean
nx_app_start (NxApp *self, char **argv, GError **error)
{
  NxAppOptions options = NX_APP_OPTIONS_INIT;
  gboolean is_good;

  g_return_val_if_fail (NX_IS_APP (self), FALSE);

  is_good = (argv == NULL || nx_app_options_parse (&options, argv, FALSE, error))
            && nx_app_apply_settings (self, &options, error)
            && nx_app_start_with (self, &options, error);
  nx_app_options_clear (&options);
  return is_good;
}
