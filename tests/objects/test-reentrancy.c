/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From inside every callback, everything that could pull the floor from under its caller: each pair is a scenario. What has
 * to come out of it whatever was done: nobody crashes or complains, `closed` is told once, and on_disconnect once if the
 * connection was accepted.
 */
#include "fixture.h"

#include <string.h>

typedef void (*Act) (NxWebSocket *ws);

static struct
{
  Fixture *f;
  const char *place; /* where to act */
  Act act;
  guint n_acts;
  gboolean was_accepted;
  guint n_closed, n_disconnects;
} now;

static void
reach (const char *place, NxWebSocket *ws)
{
  if (strcmp (now.place, place) != 0 || now.n_acts > 0)
    return;
  now.n_acts++;
  now.act (ws);
}

/* -- What is done -- */

static void
ignore_cb (GObject *source, GAsyncResult *result, gpointer data)
{
}

static void
act_send (NxWebSocket *ws)
{
  GError *error = NULL;

  if (!nx_web_socket_send_text (ws, "from inside", &error))
    g_error_free (error);
}

static void
act_send_much (NxWebSocket *ws)
{
  g_autofree char *much = g_strnfill (3 * 1024 * 1024, 'x');

  for (guint i = 0; i < 3; i++)
    nx_web_socket_send_text_async (ws, much, NULL, ignore_cb, NULL);
}

static void
act_close (NxWebSocket *ws)
{
  g_assert_true (nx_web_socket_close (ws, 1000, "inside", NULL));
}

static void
act_accept (NxWebSocket *ws)
{
  GError *error = NULL;

  if (nx_web_socket_accept (ws, &error))
    now.was_accepted = TRUE;
  else
    g_error_free (error);
}

static void
act_accept_and_close (NxWebSocket *ws)
{
  GError *error = NULL;

  if (!nx_web_socket_accept_and_close (ws, 4000, NULL, &error))
    g_error_free (error);
}

static void
act_reject (NxWebSocket *ws)
{
  GError *error = NULL;

  if (!nx_web_socket_reject (ws, 418, "no", &error))
    g_error_free (error);
}

static void
act_defer (NxWebSocket *ws)
{
  nx_web_socket_defer (ws);
  nx_web_socket_proceed (ws);
}

static void
act_dispose (NxWebSocket *ws)
{
  g_object_run_dispose (G_OBJECT (ws));
}

static void
act_drop_app (NxWebSocket *ws)
{
  g_clear_object (&now.f->app);
}

static void
act_stop_app (NxWebSocket *ws)
{
  nx_app_stop_async (now.f->app, NULL, ignore_cb, NULL);
}

static void
act_receive (NxWebSocket *ws)
{
  nx_web_socket_receive_async (ws, NULL, ignore_cb, NULL);
}

static void
act_pause (NxWebSocket *ws)
{
  nx_web_socket_pause (ws);
  nx_web_socket_resume (ws);
}

static void
act_iterate (NxWebSocket *ws)
{
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
act_cut (NxWebSocket *ws)
{
  client_cut (g_ptr_array_index (now.f->clients, 0));
  act_iterate (ws);
}

static const struct
{
  const char *name;
  Act act;
} acts[] = {
  { "send", act_send },
  { "send-much", act_send_much },
  { "close", act_close },
  { "accept", act_accept },
  { "accept-and-close", act_accept_and_close },
  { "reject", act_reject },
  { "defer", act_defer },
  { "dispose", act_dispose },
  { "drop-app", act_drop_app },
  { "stop-app", act_stop_app },
  { "receive", act_receive },
  { "pause", act_pause },
  { "iterate", act_iterate },
  { "cut", act_cut },
};

/* -- Where -- */

static const char *const places[] = {
  "middleware",      "router-middleware", "items-added",    "on-connect", "opened",
  "notify-open",     "on-receive",        "message",        "on-error",   "drain",
  "notify-buffered", "received",          "sent",           "pong",       "notify-closing",
  "notify-code",     "notify-closed",     "close-finished", "cancelled",  "closed",
  "items-removed",   "on-disconnect",
};

static void
notify_cb (NxWebSocket *ws, GParamSpec *pspec, gpointer data)
{
  if (strcmp (pspec->name, "buffered-amount") == 0)
    reach ("notify-buffered", ws);
  else if (strcmp (pspec->name, "close-code") == 0)
    reach ("notify-code", ws);
  else if (strcmp (pspec->name, "state") == 0)
    switch (nx_web_socket_get_state (ws))
      {
      case NX_STATE_OPEN:
        reach ("notify-open", ws);
        break;
      case NX_STATE_CLOSING:
        reach ("notify-closing", ws);
        break;
      case NX_STATE_CLOSED:
        reach ("notify-closed", ws);
        break;
      default:
        break;
      }
}

static void
opened_cb (NxWebSocket *ws, gpointer data)
{
  reach ("opened", ws);
}

static void
drain_cb (NxWebSocket *ws, gpointer data)
{
  reach ("drain", ws);
}

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  reach ("message", ws);
}

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  g_assert_cmpuint (code, !=, 0);
  now.n_closed++;
  reach ("closed", ws);
}

static void
cancelled_cb (GCancellable *cancellable, gpointer ws)
{
  reach ("cancelled", ws);
}

static void
received_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (NxMessage) message =
      nx_web_socket_receive_finish (NX_WEB_SOCKET (source), result, NULL);

  reach ("received", NX_WEB_SOCKET (source));
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  reach ("sent", NX_WEB_SOCKET (source));
}

static void
pinged_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  reach ("pong", NX_WEB_SOCKET (source));
}

static void
close_finished_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  reach ("close-finished", NX_WEB_SOCKET (source));
}

static NxVerdict
middleware_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  reach (NX_IS_APP (router) ? "middleware" : "router-middleware", ws);
  return NX_VERDICT_PASS;
}

static void
listen_to (NxWebSocket *ws)
{
  g_signal_connect (ws, "notify", G_CALLBACK (notify_cb), NULL);
  g_signal_connect (ws, "opened", G_CALLBACK (opened_cb), NULL);
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), NULL);
  g_signal_connect (ws, "drain", G_CALLBACK (drain_cb), NULL);
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), NULL);
  g_cancellable_connect (nx_web_socket_get_cancellable (ws), G_CALLBACK (cancelled_cb), ws, NULL);
}

static void
items_changed_cb (GListModel *list, guint position, guint removed, guint added, NxWebSocket **ws)
{
  if (added > 0)
    {
      *ws = g_list_model_get_item (list, position);
      listen_to (*ws);
      reach ("items-added", *ws);
    }
  else if (removed > 0)
    reach ("items-removed", *ws);
}

/* -- A controller; without an on_receive of its own where the signal is wanted -- */

#define PUSHED_TYPE_CONTROLLER (pushed_controller_get_type ())
G_DECLARE_DERIVABLE_TYPE (PushedController, pushed_controller, PUSHED, CONTROLLER, NxController)

struct _PushedControllerClass
{
  NxControllerClass parent_class;
};

G_DEFINE_TYPE (PushedController, pushed_controller, NX_TYPE_CONTROLLER)

static void
pushed_controller_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  reach ("on-connect", ws);
  if (nx_web_socket_get_state (ws) == NX_STATE_CONNECTING)
    now.was_accepted = nx_web_socket_accept (ws, error);
}

static void
pushed_controller_on_disconnect (NxController *controller,
                                 NxWebSocket *ws,
                                 guint code,
                                 const char *reason)
{
  now.n_disconnects++;
  reach ("on-disconnect", ws);
}

static void
pushed_controller_on_error (NxController *controller, NxWebSocket *ws, GError *error)
{
  reach ("on-error", ws);
}

static void
pushed_controller_class_init (PushedControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_connect = pushed_controller_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = pushed_controller_on_disconnect;
  NX_CONTROLLER_CLASS (klass)->on_error = pushed_controller_on_error;
}

static void
pushed_controller_init (PushedController *self)
{
}

#define TAKING_TYPE_CONTROLLER (taking_controller_get_type ())
G_DECLARE_FINAL_TYPE (TakingController, taking_controller, TAKING, CONTROLLER, PushedController)

struct _TakingController
{
  PushedController parent_instance;
};

G_DEFINE_FINAL_TYPE (TakingController, taking_controller, PUSHED_TYPE_CONTROLLER)

static void
taking_controller_on_receive (NxController *controller,
                              NxWebSocket *ws,
                              NxMessage *message,
                              GError **error)
{
  reach ("on-receive", ws);
  if (strcmp (nx_message_get_text (message), "fail") == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "as told");
}

static void
taking_controller_class_init (TakingControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive = taking_controller_on_receive;
}

static void
taking_controller_init (TakingController *self)
{
}

/* -- One connection's whole life -- */

static void
set_up (Fixture *f, NxWebSocket **seen)
{
  g_autoptr (NxRouter) router = nx_router_new ();

  nx_router_mount (NX_ROUTER (f->app), "/r", router, NULL);
  nx_router_add_controller_type (router, "/take", TAKING_TYPE_CONTROLLER, NULL);
  nx_router_add_controller_type (router, "/signal", PUSHED_TYPE_CONTROLLER, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (middleware_cb), NULL);
  g_signal_connect (router, "middleware", G_CALLBACK (middleware_cb), NULL);
  g_signal_connect (nx_app_get_connections (f->app), "items-changed", G_CALLBACK (items_changed_cb),
                    seen);
}

static gboolean
is_alive (NxWebSocket *ws)
{
  return nx_web_socket_get_state (ws) == NX_STATE_OPEN;
}

static void
live (Fixture *f, Client *client, NxWebSocket *ws)
{
  g_autofree char *much = g_strnfill (600 * 1024, 'x');
  guint64 first = 1;

  client_send_text (client, "a");
  client_send_text (client, "fail");
  settle (f);
  nx_web_socket_receive_async (ws, NULL, received_cb, NULL);
  nx_web_socket_ping_async (ws, NULL, pinged_cb, NULL);
  client_send_text (client, "b");
  client_send_frame (client, NX_OPCODE_PONG, &first, sizeof first);
  settle (f);
  client_set_reading (client, FALSE);
  for (guint i = 0; i < 12 && is_alive (ws); i++)
    nx_web_socket_send_text_async (ws, much, NULL, sent_cb, NULL);
  settle (f);
  client_set_reading (client, TRUE);
  settle (f);
  nx_web_socket_close_async (ws, 4123, NULL, NULL, close_finished_cb, NULL);
  settle (f);
  client_send_close (client, 4123);
  settle (f);
}

static void
run_pair (Fixture *f)
{
  NxWebSocket *ws = NULL;
  Client *client;

  now.f = f;
  set_up (f, &ws);
  client = client_new (f, strcmp (now.place, "message") == 0 ? "/r/signal" : "/r/take", "");
  settle (f);
  live (f, client, ws);
  pass_time (f, 6000); /* whoever still waits for somebody's answer gives up */
  pass_time (f, 6000);
  client_cut (client);
  settle (f);
  g_clear_object (&f->app);
  settle (f);
  g_assert_cmpuint (now.n_acts, ==, 1);
  /* Disposing of an object takes its signals' handlers away. */
  g_assert_cmpuint (now.n_closed, <=, 1);
  if (now.act != act_dispose)
    g_assert_cmpuint (now.n_closed, ==, 1);
  g_assert_cmpuint (now.n_disconnects, ==, now.was_accepted ? 1 : 0);
  g_clear_object (&ws);
}

typedef struct
{
  const char *place;
  Act act;
  gboolean uses_socket;
} Pair;

static void
pair_cb (gconstpointer data)
{
  const Pair *pair = data;

  memset (&now, 0, sizeof now);
  now.place = pair->place;
  now.act = pair->act;
  fixture_run (run_pair, pair->uses_socket);
}

static void
add_pair (const char *place, guint act, gboolean uses_socket)
{
  Pair *pair = g_new (Pair, 1);
  g_autofree char *path = g_strdup_printf ("/reentrancy/%s/%s/%s", place, acts[act].name,
                                           uses_socket ? "socket" : "memory");

  *pair = (Pair){ place, acts[act].act, uses_socket };
  g_test_add_data_func_full (path, pair, pair_cb, g_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* The library warns of mistakes that are made here on purpose; it must not be critical. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint place = 0; place < G_N_ELEMENTS (places); place++)
    for (guint act = 0; act < G_N_ELEMENTS (acts); act++)
      {
        add_pair (places[place], act, FALSE);
        add_pair (places[place], act, TRUE);
      }
  return g_test_run ();
}
