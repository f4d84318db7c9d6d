/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests that become no websocket: who hears that the app itself has refused one, and what a page's request gets at a websocket's path. */
#include "config.h"

#include "nx-app-private.h"
#include "nx-request-private.h"
#include "nx-router-private.h"

/* -- Refused -- */

void
nx_app_tell_refused (NxApp *self, GSocketAddress *remote, const char *path, guint status)
{
  g_signal_emit (self, nx_app_signals[NX_APP_REFUSED], 0, remote, path, status);
}

void
nx_app_tell_refused_head (NxApp *self,
                          GSocketAddress *remote,
                          const char *head,
                          gsize size,
                          guint status)
{
  gsize length;
  const char *target;
  const char *question_mark;
  g_autofree char *path = NULL;

  if (!g_signal_has_handler_pending (self, nx_app_signals[NX_APP_REFUSED], 0, FALSE))
    return;
  target = nx_request_find_target (head, size, &length);
  question_mark = memchr (target, '?', length);
  path = g_strndup (target, question_mark != NULL ? (gsize) (question_mark - target) : length);
  nx_app_tell_refused (self, remote, path, status);
}

void
nx_app_take_refused_head (GSocketAddress *remote, guint status, gpointer self)
{
  nx_app_tell_refused (self, remote, NULL, status);
}

void
nx_app_take_answered (GSocketAddress *remote, GBytes *head, guint status, gpointer self)
{
  gsize size;
  const char *data = g_bytes_get_data (head, &size);

  nx_app_tell_refused_head (self, remote, data, size, status);
}

/* -- Pages -- */

gboolean
nx_app_has_route_for (NxApp *self, const char *path)
{
  g_autoptr (NxPath) parsed = nx_path_parse (path, strlen (path));
  NxRouteMatch found = { 0 };
  gboolean has_route = FALSE;

  if (parsed != NULL)
    {
      nx_router_match (NX_ROUTER (self), parsed, &found);
      has_route = found.route != NULL;
      nx_route_match_clear (&found);
    }
  return has_route;
}

/* RFC 9110 section 15.5.22 */
void
nx_app_require_upgrade (SoupServerMessage *message)
{
  static const char body[] = "This is the address of a WebSocket\n";
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Upgrade", "websocket");
  soup_message_headers_append (headers, "Connection", "Upgrade");
  soup_server_message_set_status (message, 426, "Upgrade Required");
  soup_server_message_set_response (message, "text/plain; charset=utf-8", SOUP_MEMORY_STATIC, body,
                                    strlen (body));
}

void
nx_app_serve_unhandled_cb (SoupServer *server,
                           SoupServerMessage *message,
                           const char *path,
                           GHashTable *query,
                           gpointer data)
{
  NxAppHandle *handle = data;
  const char *method = soup_server_message_get_method (message);
  g_autofree char *encoded = g_uri_escape_string (path, "/", FALSE);

  if ((method == SOUP_METHOD_GET || method == SOUP_METHOD_HEAD) && handle->app != NULL
      && nx_app_has_route_for (handle->app, encoded))
    nx_app_require_upgrade (message);
  else
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
}
