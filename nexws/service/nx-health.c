/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an orchestrator or a load balancer asks: is the process alive, and may clients be sent to it? */
#include "config.h"

#include "service/nx-health.h"

#include "nx-app-private.h"
#include "nx-error-private.h"
#include "service/nx-file-name-private.h"
#include "service/nx-site-private.h"

#include <string.h>

typedef struct
{
  NxAppHandle *handle;
  gboolean is_readiness;
} Probe;

static void
probe_free (gpointer data)
{
  Probe *self = data;

  nx_app_handle_unref (self->handle);
  g_free (self);
}

/* That an answer comes at all shows that the loop turns. */
static gboolean
is_good (const Probe *self)
{
  return !self->is_readiness
         || (self->handle->app != NULL && !nx_app_is_on_its_way_out (self->handle->app));
}

static void
request_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer data)
{
  const char *method = soup_server_message_get_method (message);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  gboolean good = is_good (data);
  const char *word = good ? "ok\n" : "draining\n";

  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD)
    {
      soup_message_headers_replace (headers, "Allow", "GET, HEAD");
      soup_server_message_set_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
      return;
    }
  soup_server_message_set_status (message, good ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE,
                                  NULL);
  soup_server_message_set_response (message, "text/plain; charset=utf-8", SOUP_MEMORY_STATIC, word,
                                    strlen (word));
}

static gboolean
serve (NxApp *app, const char *path, gboolean is_readiness, GError **error, const char *function)
{
  g_auto (GStrv) segments = nx_file_prefix_parse (path);
  Probe *probe;

  if (segments == NULL || segments[0] == NULL)
    {
      nx_error_give (error,
                     g_error_new (NX_ERROR, NX_ERROR_PATTERN,
                                  "Cannot serve at \"%s\": a path such as /healthz is wanted",
                                  path),
                     function);
      return FALSE;
    }
  probe = g_new0 (Probe, 1);
  probe->handle = nx_app_handle_ref (nx_app_get_private (app)->handle);
  probe->is_readiness = is_readiness;
  nx_site_add (nx_app_get_server (app), path, FALSE, request_cb, probe, probe_free);
  return TRUE;
}

/**
 * nx_app_serve_health:
 * @self: an app
 * @path: a path, such as `/healthz`
 * @error: return location for an error
 *
 * Answers GET at @path with 200 as long as the main loop turns. What was served there before is replaced.
 *
 * Returns: %FALSE with %NX_ERROR_PATTERN when @path is malformed
 *
 * Since: 0.1
 */
gboolean
nx_app_serve_health (NxApp *self, const char *path, GError **error)
{
  g_return_val_if_fail (NX_IS_APP (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  return serve (self, path, FALSE, error, G_STRFUNC);
}

/**
 * nx_app_serve_readiness:
 * @self: an app
 * @path: a path, such as `/readyz`
 * @error: return location for an error
 *
 * Answers GET at @path with 200 while clients may come, and with 503 once [method@App.stop_async] was called.
 *
 * [property@App:drain-delay] says for how long clients, and probes with them, are taken from then on. After it nobody is accepted any
 * more, which means the same to a probe.
 *
 * Returns: %FALSE with %NX_ERROR_PATTERN when @path is malformed
 *
 * Since: 0.1
 */
gboolean
nx_app_serve_readiness (NxApp *self, const char *path, GError **error)
{
  g_return_val_if_fail (NX_IS_APP (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  return serve (self, path, TRUE, error, G_STRFUNC);
}
