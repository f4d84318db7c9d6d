/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all rules of a websocket's life stand on: its signals, its state, and what is hung on it. */
#include "config.h"

#include "nx-web-socket-private.h"

guint nx_web_socket_signals[NX_WEB_SOCKET_N_SIGNALS];

void
nx_web_socket_install_signals (void)
{
  /**
   * NxWebSocket::opened:
   * @self: the websocket
   *
   * It was accepted: messages can be sent.
   *
   * Since: 0.1
   */
  nx_web_socket_signals[NX_WEB_SOCKET_OPENED] =
      g_signal_new ("opened", NX_TYPE_WEB_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
  /**
   * NxWebSocket::message:
   * @self: the websocket
   * @message: what came
   *
   * A message came that neither a waiting receive nor the controller's [vfunc@Controller.on_receive] took.
   *
   * Since: 0.1
   */
  nx_web_socket_signals[NX_WEB_SOCKET_MESSAGE] =
      g_signal_new ("message", NX_TYPE_WEB_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__BOXED, G_TYPE_NONE, 1, NX_TYPE_MESSAGE);
  /**
   * NxWebSocket::readable:
   * @self: the websocket
   *
   * A [method@WebSocket.try_receive] that found nothing is worth another try: a message has come, or the connection is over.
   *
   * Messages that come at once are told once. It is emitted when all of them are there, before the end of this turn of the
   * main loop, so that what is sent to answer them leaves together.
   *
   * Since: 0.1
   */
  nx_web_socket_signals[NX_WEB_SOCKET_READABLE] =
      g_signal_new ("readable", NX_TYPE_WEB_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
  /**
   * NxWebSocket::drain:
   * @self: the websocket
   *
   * What is unsent fell to the low-water mark after it had been above.
   *
   * Since: 0.1
   */
  nx_web_socket_signals[NX_WEB_SOCKET_DRAIN] =
      g_signal_new ("drain", NX_TYPE_WEB_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
  /**
   * NxWebSocket::closed:
   * @self: the websocket
   * @code: the close code
   * @reason: (nullable): the words with it
   *
   * The connection is over, or was refused.
   *
   * Since: 0.1
   */
  nx_web_socket_signals[NX_WEB_SOCKET_CLOSED] =
      g_signal_new ("closed", NX_TYPE_WEB_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_STRING);
  /**
   * NxWebSocket::finished:
   * @self: the websocket
   *
   * Nothing more is called on its behalf: it is over, accepted or not, and its handlers are back or have had 5 s since. What
   * still works for it, such as a coroutine, is to be cancelled.
   *
   * [vfunc@Controller.on_disconnect] has been called before.
   *
   * Since: 0.1
   */
  nx_web_socket_signals[NX_WEB_SOCKET_FINISHED] =
      g_signal_new ("finished", NX_TYPE_WEB_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

void
nx_web_socket_set_state (NxWebSocket *self, NxState state)
{
  gboolean was_connecting = self->state == NX_STATE_CONNECTING;

  if (self->state == state)
    return;
  self->state = state;
  g_object_notify (G_OBJECT (self), "state");
  if (was_connecting && self->status != 0)
    g_object_notify (G_OBJECT (self), "status");
}

void
nx_web_socket_set_close (NxWebSocket *self, guint code, const char *reason)
{
  if (self->close_code == code && g_strcmp0 (self->close_reason, reason) == 0)
    return;
  self->close_code = code;
  g_free (self->close_reason);
  self->close_reason = g_strdup (reason);
  g_object_notify (G_OBJECT (self), "close-code");
  g_object_notify (G_OBJECT (self), "close-reason");
}

void
nx_web_socket_set_hooks (NxWebSocket *self, const NxWebSocketHooks *hooks, gpointer data)
{
  const NxWebSocketHooks *old = self->hooks;
  gpointer old_data = self->hooks_data;

  self->hooks = hooks;
  self->hooks_data = data;
  if (old != NULL)
    old->free (old_data);
}

void
nx_web_socket_add_tap (NxWebSocket *self, NxTap *tap)
{
  NxTap **last = &self->taps;

  while (*last != NULL)
    last = &(*last)->next;
  *last = tap;
}

NxListPlace *
nx_web_socket_find_place (NxWebSocket *self, gpointer list)
{
  for (guint i = 0; i < self->n_places; i++)
    if (self->places[i].list == list)
      return &self->places[i];
  return NULL;
}

NxListPlace *
nx_web_socket_add_place (NxWebSocket *self, gpointer list)
{
  NxListPlace *place;

  /* Most are in one or two lists; who is in many has at most half as many to spare. */
  if (self->n_places == self->n_places_allocated)
    {
      self->n_places_allocated += 1 + self->n_places_allocated / 2;
      self->places = g_renew (NxListPlace, self->places, self->n_places_allocated);
    }
  place = &self->places[self->n_places++];
  *place = (NxListPlace){ .list = list };
  return place;
}

void
nx_web_socket_remove_place (NxWebSocket *self, gpointer list)
{
  NxListPlace *place = nx_web_socket_find_place (self, list);

  *place = self->places[--self->n_places];
  if (self->n_places == 0)
    {
      g_clear_pointer (&self->places, g_free);
      self->n_places_allocated = 0;
    }
}

GError *
nx_web_socket_make_disconnected_error (NxWebSocket *self)
{
  if (self->state != NX_STATE_CLOSED)
    return g_error_new (NX_ERROR, NX_ERROR_DISCONNECTED, "The connection is closing");
  return g_error_new (NX_ERROR, NX_ERROR_DISCONNECTED, "The connection has ended with code %u%s%s",
                      self->close_code, self->close_reason != NULL ? ": " : "",
                      self->close_reason != NULL ? self->close_reason : "");
}
