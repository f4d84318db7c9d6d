/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who shows a token comes in: as `Authorization: Bearer TOKEN`, or, from a page, as /ws?token=TOKEN. One token is fixed; those that
 * begin with a name and a dash are looked up, which takes a moment, and the handler finds the name on the websocket.
 */
#include <nexws.h>

#include <string.h>

typedef struct
{
  NxTokenFilter *filter;
  NxWebSocket *ws;
  char *token;
} LookUp;

static gboolean
looked_up_cb (gpointer data)
{
  LookUp *self = data;
  const char *dash = strchr (self->token, '-');

  if (dash != NULL && dash > self->token)
    {
      g_object_set_data_full (G_OBJECT (self->ws), "user",
                              g_strndup (self->token, dash - self->token), g_free);
      nx_web_socket_proceed (self->ws);
    }
  else
    nx_token_filter_refuse (self->filter, self->ws);
  g_object_unref (self->filter);
  g_object_unref (self->ws);
  g_free (self->token);
  g_free (self);
  return G_SOURCE_REMOVE;
}

static NxVerdict
verify_cb (NxTokenFilter *filter, NxWebSocket *ws, const char *token, gpointer data)
{
  LookUp *self;

  if (strcmp (token, "secret") == 0)
    return NX_VERDICT_REFUSE; /* known to the filter itself */
  self = g_new0 (LookUp, 1);
  self->filter = g_object_ref (filter);
  self->ws = g_object_ref (ws);
  self->token = g_strdup (token);
  nx_web_socket_defer (ws);
  g_timeout_add (50, looked_up_cb, self);
  return NX_VERDICT_PASS;
}

static void
greet (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *user = g_object_get_data (G_OBJECT (ws), "user");
  g_autofree char *text = g_strdup_printf ("Hello, %s", user != NULL ? user : "operator");

  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, text, error);
}

int
main (int argc, char **argv)
{
  const char *const sources[] = { "bearer", "query:token", NULL };
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxTokenFilter) filter = nx_token_filter_new ("secret");

  g_object_set (filter, "sources", sources, NULL);
  g_signal_connect (filter, "verify", G_CALLBACK (verify_cb), NULL);
  nx_router_add_middleware (NX_ROUTER (app), NX_MIDDLEWARE (filter));
  nx_router_add_route (NX_ROUTER (app), "/ws", greet, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
