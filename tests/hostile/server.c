/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the Python tests attack. Beside the options of nx_app_run():
 *
 *   /echo              echoes, and says text "bye" by closing with 4000
 *   /lobby             whatever one says all of them get
 *   /fill?n=N          N messages of 64 KiB at once, whatever the queue says
 *   /undecided         never decided
 *   /who               tells the peer's pid, or the subject of its certificate, and closes
 *   SIGHUP             reads the certificate again (TLS_CERTIFICATE and TLS_KEY in the environment)
 *   SIGUSR1            takes the certificate away, or tries to
 *   CLIENT_CA          in the environment: clients' certificates are verified with it, and REQUIRED unless CLIENT_AUTH says
 *                      "requested"
 */
#include <glib-unix.h>
#include <nexws.h>
#include <string.h>

static GPtrArray *lobby;

static void
echo_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  if (g_strcmp0 (nx_message_get_text (message), "bye") == 0)
    nx_web_socket_close (ws, 4000, "as you wish", NULL);
  else
    nx_web_socket_send_message (ws, message, NULL);
}

static void
echo (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (echo_cb), NULL);
  nx_web_socket_accept (ws, error);
}

static void
said_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  for (guint i = 0; i < lobby->len; i++)
    {
      NxWebSocket *member = g_ptr_array_index (lobby, i);
      g_autoptr (GError) error = NULL;

      if (nx_web_socket_get_state (member) == NX_STATE_OPEN)
        nx_web_socket_send_message (member, message, &error);
    }
}

static void
left_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  g_ptr_array_remove_fast (lobby, ws);
}

static void
enter_lobby (NxWebSocket *ws, gpointer data, GError **error)
{
  if (!nx_web_socket_accept (ws, error))
    return;
  g_ptr_array_add (lobby, ws);
  g_signal_connect (ws, "message", G_CALLBACK (said_cb), NULL);
  g_signal_connect (ws, "closed", G_CALLBACK (left_cb), NULL);
}

static void
fill (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *n = nx_web_socket_get_query_param (ws, "n");
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (64 * 1024), 64 * 1024);

  if (!nx_web_socket_accept (ws, error))
    return;
  for (guint64 i = n != NULL ? g_ascii_strtoull (n, NULL, 10) : 0; i > 0; i--)
    nx_web_socket_send_bytes (ws, bytes, NULL);
}

static void
undecided (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_defer (ws);
}

static void
who (NxWebSocket *ws, gpointer data, GError **error)
{
  GTlsCertificate *certificate = nx_web_socket_get_peer_certificate (ws);
  GCredentials *credentials = nx_web_socket_get_credentials (ws);
  g_autofree char *text = NULL;

  if (certificate != NULL)
    text = g_tls_certificate_get_subject_name (certificate);
  else if (credentials != NULL)
    text = g_strdup_printf ("%d", g_credentials_get_unix_pid (credentials, NULL));
  if (nx_web_socket_accept (ws, error)
      && nx_web_socket_send_text (ws, text != NULL ? text : "nobody", error))
    nx_web_socket_close (ws, 1000, NULL, error);
}

static void
http (SoupServer *server,
      SoupServerMessage *message,
      const char *path,
      GHashTable *query,
      gpointer data)
{
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, "hello", 5);
}

/* -- TLS -- */

static gboolean
reload_cb (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate =
      g_tls_certificate_new_from_files (g_getenv ("TLS_CERTIFICATE"), g_getenv ("TLS_KEY"), &error);

  if (certificate != NULL)
    g_object_set (data, "tls-certificate", certificate, NULL);
  g_print ("reloaded: %s\n", certificate != NULL ? "good" : "bad");
  return G_SOURCE_CONTINUE;
}

static gboolean
take_away_cb (gpointer data)
{
  g_object_set (data, "tls-certificate", NULL, NULL);
  g_print ("taken away\n");
  return G_SOURCE_CONTINUE;
}

static gboolean
ask_for_certificates (NxApp *app)
{
  const char *file = g_getenv ("CLIENT_CA");
  g_autoptr (GTlsDatabase) database = NULL;

  if (file == NULL)
    return TRUE;
  database = g_tls_file_database_new (file, NULL);
  if (database == NULL)
    return FALSE;
  g_object_set (app, "tls-database", database, "tls-client-authentication",
                g_strcmp0 (g_getenv ("CLIENT_AUTH"), "requested") == 0
                    ? G_TLS_AUTHENTICATION_REQUESTED
                    : G_TLS_AUTHENTICATION_REQUIRED,
                NULL);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  NxRouter *router = NX_ROUTER (app);

  lobby = g_ptr_array_new ();
  nx_router_add_route (router, "/echo", echo, NULL, NULL, NULL);
  nx_router_add_route (router, "/lobby", enter_lobby, NULL, NULL, NULL);
  nx_router_add_route (router, "/fill", fill, NULL, NULL, NULL);
  nx_router_add_route (router, "/undecided", undecided, NULL, NULL, NULL);
  nx_router_add_route (router, "/who", who, NULL, NULL, NULL);
  soup_server_add_handler (nx_app_get_server (app), "/http", http, NULL, NULL);
  if (g_getenv ("TLS_CERTIFICATE") != NULL)
    {
      g_unix_signal_add (SIGHUP, reload_cb, app);
      g_unix_signal_add (SIGUSR1, take_away_cb, app);
    }
  if (!ask_for_certificates (app))
    return 1;
  return nx_app_run (app, argc, argv);
}
