/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Error handling: a handler that fails sets its GError, on_error decides what the peer is told, and on_disconnect runs
 * whatever happens. What a controller leaves to the default comes to the app's handler first. Send a number to have its root;
 * text is a mistake, a negative number one too many, and one over a million too much work.
 */
#include <math.h>
#include <nexws.h>

#define ROOT_TYPE_CONTROLLER (root_controller_get_type ())
G_DECLARE_FINAL_TYPE (RootController, root_controller, ROOT, CONTROLLER, NxController)

struct _RootController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (RootController, root_controller, NX_TYPE_CONTROLLER)

static void
root_controller_on_receive (NxController *controller,
                            NxWebSocket *ws,
                            NxMessage *message,
                            GError **error)
{
  const char *text = nx_message_get_text (message);
  char *end = NULL;
  double number = g_ascii_strtod (text, &end);
  char answer[G_ASCII_DTOSTR_BUF_SIZE];

  if (end == text || *end != '\0')
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "\"%s\" is no number", text);
  else if (number < 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s has no root", text);
  else if (number > 1e6)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY, "%s takes too long today", text);
  else
    nx_web_socket_send_text (ws, g_ascii_dtostr (answer, sizeof answer, sqrt (number)), error);
}

static void
root_controller_on_error (NxController *controller, NxWebSocket *ws, GError *error)
{
  /* A peer's mistake is told to the peer, who may try again. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
    nx_web_socket_send_text (ws, error->message, NULL);
  else /* Anything else is logged and closes with 1011, without a word of what it was. */
    NX_CONTROLLER_CLASS (root_controller_parent_class)->on_error (controller, ws, error);
}

static void
root_controller_on_disconnect (NxController *controller,
                               NxWebSocket *ws,
                               guint code,
                               const char *reason)
{
  g_print ("Disconnected with code %u\n", code);
}

static void
root_controller_class_init (RootControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive = root_controller_on_receive;
  NX_CONTROLLER_CLASS (klass)->on_error = root_controller_on_error;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = root_controller_on_disconnect;
}

static void
root_controller_init (RootController *self)
{
  nx_controller_set_encoding (NX_CONTROLLER (self), NX_ENCODING_TEXT);
}

/* For the whole app: whatever is busy, in whichever controller. */
static gboolean
error_cb (NxRouter *router, NxWebSocket *ws, GError *error, gpointer data)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY))
    return FALSE; /* for the next router, and at last for the table */
  if (nx_web_socket_get_state (ws) == NX_STATE_CONNECTING)
    nx_web_socket_reject (ws, 503, "Come back later\n", NULL);
  else
    nx_web_socket_close (ws, NX_CLOSE_TRY_AGAIN_LATER, "busy", NULL);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  g_signal_connect (app, "error", G_CALLBACK (error_cb), NULL);
  nx_router_add_controller_type (NX_ROUTER (app), "/ws", ROOT_TYPE_CONTROLLER, NULL);
  return nx_app_run (app, argc, argv);
}
