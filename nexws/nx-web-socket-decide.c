/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the handshake to open or refused. Only the route's handler accepts; anybody may refuse; deferring buys time. */
#include "config.h"

#include "nx-error-private.h"
#include "nx-web-socket-private.h"

#include "protocol/nx-extension-private.h"
#include "transport/nx-answer-private.h"

void
nx_web_socket_finish_deciding (NxWebSocket *self)
{
  if (self->stage == NX_STAGE_DECIDED)
    return;
  self->stage = NX_STAGE_DECIDED;
  self->n_deferrals = 0;
  nx_reactor_stop_timer (self->reactor, &self->decision_timer);
  self->hooks->decided (self, self->hooks_data);
}

void
nx_web_socket_refuse (NxWebSocket *self, guint status, const char *body)
{
  g_return_if_fail (self->state == NX_STATE_CONNECTING);

  self->status = status;
  nx_handshake_refuse (self->handshake, status, body);
  nx_web_socket_cut (self);
}

static void
decision_timer_cb (NxTimer *timer)
{
  NxWebSocket *self =
      (NxWebSocket *) ((guint8 *) timer - G_STRUCT_OFFSET (NxWebSocket, decision_timer));

  g_warning ("Connection %s to %.128s was not decided in time and is refused with 503: "
             "call accept, reject or proceed",
             nx_web_socket_get_id (self), nx_web_socket_get_path (self));
  nx_web_socket_refuse (self, 503, NULL);
}

static void
peer_left_cb (gpointer data)
{
  NxWebSocket *self = data;

  self->peer_left = TRUE;
  nx_web_socket_cut (self);
}

void
nx_web_socket_start_deciding (NxWebSocket *self, guint timeout_ms)
{
  if (self->state != NX_STATE_CONNECTING)
    return;
  nx_handshake_watch (self->handshake, peer_left_cb, self);
  nx_timer_init (&self->decision_timer, decision_timer_cb);
  nx_reactor_start_timer (self->reactor, &self->decision_timer,
                          nx_reactor_get_now (self->reactor)
                              + timeout_ms * G_GINT64_CONSTANT (1000));
  self->stage = NX_STAGE_MIDDLEWARE;
  self->hooks->advance (self, self->hooks_data);
}

static gboolean
check_undecided (NxWebSocket *self, const char *what, GError **error)
{
  if (self->state == NX_STATE_CONNECTING)
    return TRUE;
  if (self->peer_left)
    g_set_error (error, NX_ERROR, NX_ERROR_DISCONNECTED, "The client left before %s", what);
  else
    g_set_error (error, NX_ERROR, NX_ERROR_INVALID_STATE,
                 "%s: the handshake is decided already (%s)", what,
                 self->was_accepted ? "accepted" : "refused");
  return FALSE;
}

/* The extensions that are agreed to: (transfer full) (nullable) as the answer states them. */
static char *
negotiate (NxWebSocket *self, NxDeflateParams *deflate)
{
  const NxDeflateOptions options = { .context_takeover = self->settings->compression_takeover,
                                     .window_bits = self->settings->compression_window_bits };
  const char *offers;
  g_autoptr (GString) answer = NULL;

  if (!self->settings->compression)
    return NULL;
  offers = nx_web_socket_get_header (self, "Sec-WebSocket-Extensions");
  answer = g_string_new (NULL);
  if (offers == NULL
      || nx_extension_negotiate_deflate (offers, &options, deflate, answer)
             != NX_NEGOTIATION_ACCEPTED)
    return NULL;
  return g_string_free (g_steal_pointer (&answer), FALSE);
}

/* Answers 101, and makes a connection of the handshake. */
static gboolean
open_connection (NxWebSocket *self, gboolean accepted, GError **error)
{
  NxDeflateParams deflate = { 0 };
  g_autofree char *extensions = negotiate (self, &deflate);
  g_autoptr (NxHandshake) handshake = self->handshake;
  NxFrame *answer = nx_handshake_answer (handshake, self->subprotocol, extensions);

  if (answer == NULL)
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_STATE,
                           "libsoup does not take the handshake");
      g_steal_pointer (&handshake);
      return FALSE;
    }
  nx_web_socket_finish_deciding (self);
  self->status = 101;
  self->was_accepted = accepted;
  self->handshake = NULL;
  nx_web_socket_open (self, handshake, extensions != NULL ? &deflate : NULL, answer);
  return TRUE;
}

/**
 * nx_web_socket_accept:
 * @self: a websocket that is connecting
 * @error: return location for an error
 *
 * Accepts the handshake. This is for the route's handler; a middleware passes or refuses.
 *
 * When it returns %TRUE the state is open, and what is sent queues behind the answer.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_STATE in a middleware, or when the handshake was decided already; with
 *   %NX_ERROR_DISCONNECTED when the client has left
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_accept (NxWebSocket *self, GError **error)
{
  g_autoptr (NxWebSocket) alive = NULL;
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);

  if (!check_undecided (self, "accept", &local))
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  if (self->stage != NX_STAGE_HANDLER)
    {
      nx_error_set (
          error, NX_ERROR_INVALID_STATE,
          "accept: only the route's handler accepts; a middleware answers PASS or REFUSE");
      return FALSE;
    }
  alive = g_object_ref (self);
  if (!open_connection (self, TRUE, &local))
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  /* Whoever was told of the new state may have ended it already. */
  if (self->state == NX_STATE_OPEN)
    g_signal_emit (self, nx_web_socket_signals[NX_WEB_SOCKET_OPENED], 0);
  return TRUE;
}

/**
 * nx_web_socket_accept_and_close:
 * @self: a websocket
 * @code: a close code, see [func@CloseCode.is_sendable]
 * @reason: (nullable): at most 123 octets of UTF-8
 * @error: return location for an error
 *
 * Refuses with a close code that a browser can read: the handshake is accepted and the connection closed at once. It can
 * be called at any stage, by a middleware as well; on an open connection it closes.
 *
 * No controller sees such a connection open, and [vfunc@Controller.on_disconnect] is not called for it.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_STATE when it was refused already, with %NX_ERROR_DISCONNECTED when the client has
 *   left, with %NX_ERROR_INVALID_ARGUMENT as [method@WebSocket.close]
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_accept_and_close (NxWebSocket *self, guint code, const char *reason, GError **error)
{
  g_autoptr (NxWebSocket) alive = NULL;
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);

  if (self->state == NX_STATE_OPEN || self->state == NX_STATE_CLOSING)
    return nx_web_socket_close (self, code, reason, error);
  alive = g_object_ref (self);
  if (!nx_web_socket_check_close (code, reason, &local)
      || !check_undecided (self, "accept_and_close", &local)
      || !open_connection (self, FALSE, &local))
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  return nx_web_socket_close (self, code, reason, error);
}

/**
 * nx_web_socket_reject:
 * @self: a websocket that is connecting
 * @status: an HTTP status from 300 to 599
 * @body: (nullable): plain text for the client; the status' own words stand in for it
 * @error: return location for an error
 *
 * Refuses the handshake with an HTTP response. Headers that were set with [method@WebSocket.set_response_header] go
 * with it.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_STATE when the handshake was decided already, with %NX_ERROR_DISCONNECTED when the
 *   client has left, with %NX_ERROR_INVALID_ARGUMENT for another status
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_reject (NxWebSocket *self, guint status, const char *body, GError **error)
{
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);

  if (!check_undecided (self, "reject", &local))
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  if (status < 300 || status > 599)
    {
      nx_error_set (error, NX_ERROR_INVALID_ARGUMENT,
                    "reject: %u is no status to refuse with; 300 to 599 are", status);
      return FALSE;
    }
  nx_web_socket_refuse (self, status, body);
  return TRUE;
}

static gboolean
is_reserved_header (const char *name)
{
  static const char *const ours[] = { "Connection",
                                      "Content-Length",
                                      "Sec-WebSocket-Accept",
                                      "Sec-WebSocket-Extensions",
                                      "Sec-WebSocket-Protocol",
                                      "Sec-WebSocket-Version",
                                      "Transfer-Encoding",
                                      "Upgrade" };

  for (guint i = 0; i < G_N_ELEMENTS (ours); i++)
    if (g_ascii_strcasecmp (name, ours[i]) == 0)
      return TRUE;
  return FALSE;
}

/**
 * nx_web_socket_set_response_header:
 * @self: a websocket that is connecting
 * @name: a field name
 * @value: its value, without CR, LF and NUL
 * @error: return location for an error
 *
 * Sets a header field of the answer to the handshake, whichever that will be. `Set-Cookie` is added, others replace what was
 * set before.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_STATE when the handshake was decided already, with %NX_ERROR_INVALID_ARGUMENT for what
 *   HTTP does not allow in a header, and for fields that the handshake sets by itself
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_set_response_header (NxWebSocket *self,
                                   const char *name,
                                   const char *value,
                                   GError **error)
{
  SoupMessageHeaders *headers;
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  if (!check_undecided (self, "set_response_header", &local))
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  if (!nx_answer_is_header_name (name) || is_reserved_header (name))
    {
      nx_error_set (error, NX_ERROR_INVALID_ARGUMENT,
                    "set_response_header: \"%s\" cannot be set: it is %s", name,
                    is_reserved_header (name) ? "the handshake's own" : "no header name");
      return FALSE;
    }
  if (!nx_answer_is_header_value (value))
    {
      nx_error_set (error, NX_ERROR_INVALID_ARGUMENT,
                    "set_response_header: the value of %s has a control character; "
                    "visible ones, spaces and tabs are allowed",
                    name);
      return FALSE;
    }
  headers = soup_server_message_get_response_headers (nx_handshake_get_message (self->handshake));
  if (g_ascii_strcasecmp (name, "Set-Cookie") == 0)
    soup_message_headers_append (headers, name, value);
  else
    soup_message_headers_replace (headers, name, value);
  return TRUE;
}

/**
 * nx_web_socket_defer:
 * @self: a websocket that is connecting
 *
 * Lets the decision wait, for instance for a database: nothing goes on until [method@WebSocket.proceed] was called as
 * often, or the handshake is decided. [property@App:decision-timeout] bounds it.
 *
 * Called by a middleware before it answers PASS, or by the route's handler before it returns.
 *
 * Since: 0.1
 */
void
nx_web_socket_defer (NxWebSocket *self)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  if (self->state == NX_STATE_CONNECTING)
    self->n_deferrals++;
}

/**
 * nx_web_socket_proceed:
 * @self: a websocket
 *
 * Takes one [method@WebSocket.defer] back. Once the handshake is decided, or the client has left, it does nothing.
 *
 * Since: 0.1
 */
void
nx_web_socket_proceed (NxWebSocket *self)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  if (self->state != NX_STATE_CONNECTING)
    return;
  g_return_if_fail (self->n_deferrals > 0);

  /* A route's handler that still runs may yet decide. */
  if (--self->n_deferrals == 0
      && (self->stage == NX_STAGE_MIDDLEWARE
          || (self->stage == NX_STAGE_HANDLER && self->n_handlers == 0)))
    {
      g_object_ref (self);
      self->hooks->advance (self, self->hooks_data);
      g_object_unref (self);
    }
}
