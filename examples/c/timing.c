/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A middleware that wraps the whole connection: it sees the handshake begin, how that was answered, and the end, whoever ended it.
 * Here it takes the time, and lends each connection a session, which is given back whatever happens.
 */
#include <nexws.h>

/* What a database would give us. */
typedef struct
{
  gint64 began_us;
  guint n_messages;
} Session;

static guint n_sessions;

static Session *
session_open (void)
{
  Session *session = g_new0 (Session, 1);

  session->began_us = g_get_monotonic_time ();
  n_sessions++;
  return session;
}

static void
session_close (gpointer data)
{
  n_sessions--;
  g_free (data);
}

static Session *
session_of (NxWebSocket *ws)
{
  return g_object_get_data (G_OBJECT (ws), "session");
}

static gint64
elapsed_ms (NxWebSocket *ws)
{
  return (g_get_monotonic_time () - session_of (ws)->began_us) / 1000;
}

#define TYPE_TIMER (timer_get_type ())
G_DECLARE_FINAL_TYPE (Timer, timer, EXAMPLE, TIMER, NxMiddleware)

struct _Timer
{
  NxMiddleware parent_instance;
};

G_DEFINE_FINAL_TYPE (Timer, timer, NX_TYPE_MIDDLEWARE)

static void
opened_cb (NxWebSocket *ws, gpointer data)
{
  g_print ("%s opened after %" G_GINT64_FORMAT " ms\n", nx_web_socket_get_id (ws), elapsed_ms (ws));
}

static NxVerdict
timer_handshake (NxMiddleware *middleware, NxWebSocket *ws)
{
  g_object_set_data_full (G_OBJECT (ws), "session", session_open (), session_close);
  g_signal_connect (ws, "opened", G_CALLBACK (opened_cb), NULL);
  g_print ("%s begins at %s\n", nx_web_socket_get_id (ws), nx_web_socket_get_path (ws));
  return NX_VERDICT_PASS;
}

static NxVerdict
timer_received (NxMiddleware *middleware, NxWebSocket *ws, NxMessage *message)
{
  session_of (ws)->n_messages++;
  return NX_VERDICT_PASS;
}

/* For each handshake once: after a refusal, after a close, and when the client has simply gone. */
static void
timer_closed (NxMiddleware *middleware, NxWebSocket *ws, guint code, const char *reason)
{
  guint status = nx_web_socket_get_status (ws);

  if (status == 101)
    g_print ("%s closed with %u after %u messages and %" G_GINT64_FORMAT " ms\n",
             nx_web_socket_get_id (ws), code, session_of (ws)->n_messages, elapsed_ms (ws));
  else
    g_print ("%s refused with %u\n", nx_web_socket_get_id (ws), status);
  g_object_set_data (G_OBJECT (ws), "session", NULL);
  g_print ("%u sessions are open\n", n_sessions);
}

static void
timer_class_init (TimerClass *klass)
{
  NX_MIDDLEWARE_CLASS (klass)->handshake = timer_handshake;
  NX_MIDDLEWARE_CLASS (klass)->received = timer_received;
  NX_MIDDLEWARE_CLASS (klass)->closed = timer_closed;
}

static void
timer_init (Timer *self)
{
}

static void
received_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_send_message (ws, message, NULL);
}

static void
echo (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (received_cb), NULL);
  nx_web_socket_accept (ws, error);
}

static void
refuse (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_reject (ws, 403, NULL, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxMiddleware) timer = g_object_new (TYPE_TIMER, NULL);

  nx_router_add_middleware (NX_ROUTER (app), timer);
  nx_router_add_route (NX_ROUTER (app), "/ws", echo, NULL, NULL, NULL);
  nx_router_add_route (NX_ROUTER (app), "/closed", refuse, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
