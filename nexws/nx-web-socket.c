/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-web-socket-private.h"

#include "nx-app.h"
#include "nx-enum-types.h"
#include "nx-error-private.h"

/**
 * NxWebSocket:
 *
 * One WebSocket connection, from the handshake on.
 *
 * A route's handler gets it while it is connecting, and accepts or refuses it. From then on messages go both ways: they
 * are pushed to the controller's [vfunc@Controller.on_receive] or to handlers of [signal@WebSocket::message], or pulled
 * with [method@WebSocket.receive_async].
 *
 * The request that it began with stays readable for its whole life. Its properties notify.
 *
 * Since: 0.1
 */

enum {
  PROP_0,
  PROP_APP,
  PROP_ID,
  PROP_PATH,
  PROP_STATE,
  PROP_SUBPROTOCOL,
  PROP_CLOSE_CODE,
  PROP_CLOSE_REASON,
  PROP_BUFFERED_AMOUNT,
  PROP_REMOTE_ADDRESS,
  PROP_USER,
  PROP_STATUS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (NxWebSocket, nx_web_socket, G_TYPE_OBJECT)

static void
nx_web_socket_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxWebSocket *self = NX_WEB_SOCKET (object);

  switch (id)
    {
    case PROP_APP:
      g_value_set_object (value, self->app_handle->app);
      break;
    case PROP_ID:
      g_value_set_string (value, nx_web_socket_get_id (self));
      break;
    case PROP_PATH:
      g_value_set_string (value, nx_web_socket_get_path (self));
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_SUBPROTOCOL:
      g_value_set_string (value, self->subprotocol);
      break;
    case PROP_CLOSE_CODE:
      g_value_set_uint (value, self->close_code);
      break;
    case PROP_CLOSE_REASON:
      g_value_set_string (value, self->close_reason);
      break;
    case PROP_BUFFERED_AMOUNT:
      g_value_set_uint64 (value, nx_web_socket_get_buffered_amount (self));
      break;
    case PROP_REMOTE_ADDRESS:
      g_value_set_object (value, self->remote_address);
      break;
    case PROP_USER:
      g_value_set_string (value, self->user);
      break;
    case PROP_STATUS:
      g_value_set_uint (value, self->status);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* While it lives its app has a reference, so whoever disposes of it sooner wants it to end. */
static void
nx_web_socket_dispose (GObject *object)
{
  NxWebSocket *self = NX_WEB_SOCKET (object);

  if (self->reactor != NULL) /* a bare one, made by g_object_new(), has none */
    nx_web_socket_cut (self);
  G_OBJECT_CLASS (nx_web_socket_parent_class)->dispose (object);
}

static void
free_taps (NxWebSocket *self)
{
  NxTap *tap;

  while ((tap = self->taps) != NULL)
    {
      self->taps = tap->next;
      tap->free (tap);
    }
}

static void
nx_web_socket_finalize (GObject *object)
{
  NxWebSocket *self = NX_WEB_SOCKET (object);

  if (self->reactor != NULL)
    {
      nx_reactor_stop_timer (self->reactor, &self->decision_timer);
      nx_reactor_stop_timer (self->reactor, &self->disconnect_timer);
      nx_reactor_cancel_task (self->reactor, &self->pump_task);
    }
  nx_web_socket_drop_inbox (self);
  g_queue_clear (&self->receivers);
  nx_web_socket_set_hooks (self, NULL, NULL);
  free_taps (self);
  g_free (self->places);
  g_free (self->id);
  g_clear_pointer (&self->app_handle, nx_app_handle_unref);
  g_clear_pointer (&self->request, nx_request_free);
  nx_path_params_clear (&self->path_params);
  g_clear_object (&self->remote_address);
  g_clear_object (&self->credentials);
  g_clear_object (&self->peer_certificate);
  g_free (self->user);
  g_free (self->subprotocol);
  g_free (self->close_reason);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->settings, nx_settings_unref);
  g_clear_pointer (&self->reactor, nx_reactor_unref);
  G_OBJECT_CLASS (nx_web_socket_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * NxWebSocket:app: (getter get_app)
   *
   * The app that the client came to; %NULL once that has gone.
   *
   * Since: 0.1
   */
  properties[PROP_APP] = g_param_spec_object ("app", NULL, NULL, NX_TYPE_APP, flags);
  /**
   * NxWebSocket:id: (getter get_id)
   *
   * What tells this connection from all others of the app.
   *
   * Since: 0.1
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);
  /**
   * NxWebSocket:path: (getter get_path)
   *
   * The path of the request, percent-encoded as it came.
   *
   * Since: 0.1
   */
  properties[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL, flags);
  /**
   * NxWebSocket:state: (getter get_state)
   *
   * Where it is in its life.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] =
      g_param_spec_enum ("state", NULL, NULL, NX_TYPE_STATE, NX_STATE_CONNECTING, flags);
  /**
   * NxWebSocket:subprotocol: (getter get_subprotocol)
   *
   * The subprotocol that was chosen, if any.
   *
   * Since: 0.1
   */
  properties[PROP_SUBPROTOCOL] = g_param_spec_string ("subprotocol", NULL, NULL, NULL, flags);
  /**
   * NxWebSocket:close-code: (getter get_close_code)
   *
   * Why it ended; 0 before it did.
   *
   * Since: 0.1
   */
  properties[PROP_CLOSE_CODE] =
      g_param_spec_uint ("close-code", NULL, NULL, 0, G_MAXUINT16, 0, flags);
  /**
   * NxWebSocket:close-reason: (getter get_close_reason)
   *
   * The words that came with the close code, if any.
   *
   * Since: 0.1
   */
  properties[PROP_CLOSE_REASON] = g_param_spec_string ("close-reason", NULL, NULL, NULL, flags);
  /**
   * NxWebSocket:buffered-amount: (getter get_buffered_amount)
   *
   * Octets that are queued and that the kernel has not taken yet. It notifies with [signal@WebSocket::drain], not with
   * every octet.
   *
   * Since: 0.1
   */
  properties[PROP_BUFFERED_AMOUNT] =
      g_param_spec_uint64 ("buffered-amount", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxWebSocket:remote-address: (getter get_remote_address)
   *
   * Where the client is.
   *
   * Since: 0.1
   */
  properties[PROP_REMOTE_ADDRESS] =
      g_param_spec_object ("remote-address", NULL, NULL, G_TYPE_SOCKET_ADDRESS, flags);
  /**
   * NxWebSocket:user: (getter get_user)
   *
   * Whom a [class@Soup.AuthDomain] accepted, if one was asked. It never changes.
   *
   * Since: 0.1
   */
  properties[PROP_USER] = g_param_spec_string ("user", NULL, NULL, NULL, flags);
  /**
   * NxWebSocket:status: (getter get_status)
   *
   * The HTTP status that the handshake was answered with; 0 before it was.
   *
   * Since: 0.1
   */
  properties[PROP_STATUS] = g_param_spec_uint ("status", NULL, NULL, 0, 599, 0, flags);
  g_object_class_install_properties (klass, N_PROPS, properties);
}

static void
nx_web_socket_class_init (NxWebSocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_web_socket_get_property;
  object_class->dispose = nx_web_socket_dispose;
  object_class->finalize = nx_web_socket_finalize;
  install_properties (object_class);
  nx_web_socket_install_signals ();
}

static void
nx_web_socket_init (NxWebSocket *self)
{
  self->list_position = G_MAXUINT;
  nx_task_init (&self->readable_task, nx_web_socket_readable_cb);
  nx_task_init (&self->pump_task, nx_web_socket_pump_cb);
}

NxWebSocket *
nx_web_socket_new (NxAppHandle *app_handle,
                   NxReactor *reactor,
                   NxSettings *settings,
                   NxHandshake *handshake,
                   guint64 serial)
{
  NxWebSocket *self = g_object_new (NX_TYPE_WEB_SOCKET, NULL);
  NxStream *stream = nx_handshake_get_stream (handshake);
  g_autoptr (GBytes) head = nx_handshake_get_head (handshake);

  self->app_handle = nx_app_handle_ref (app_handle);
  self->reactor = nx_reactor_ref (reactor);
  self->settings = nx_settings_ref (settings);
  self->serial = serial;
  self->handshake = handshake;
  self->request = nx_request_new (head, stream->is_secure);
  self->remote_address = g_object_ref (stream->remote);
  g_set_object (&self->credentials, stream->credentials);
  self->peer_certificate = nx_stream_dup_peer_certificate (stream);
  return self;
}

/**
 * nx_web_socket_get_app:
 * @self: a websocket
 *
 * The app that the client came to.
 *
 * Returns: (transfer none) (nullable): the app; %NULL once that has gone
 *
 * Since: 0.1
 */
NxApp *
nx_web_socket_get_app (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return self->app_handle->app;
}

/**
 * nx_web_socket_get_state:
 * @self: a websocket
 *
 * Where it is in its life.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
NxState
nx_web_socket_get_state (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NX_STATE_CLOSED);

  return self->state;
}

/**
 * nx_web_socket_get_status:
 * @self: a websocket
 *
 * The HTTP status that the handshake was answered with: 101 when it was accepted (also by [method@WebSocket.accept_and_close]), what it
 * was refused with, or 0 before either, and for a client that left undecided.
 *
 * Returns: the status
 *
 * Since: 0.1
 */
guint
nx_web_socket_get_status (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), 0);

  return self->status;
}

/**
 * nx_web_socket_get_subprotocol:
 * @self: a websocket
 *
 * The subprotocol that was chosen.
 *
 * Returns: (nullable): the name
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_subprotocol (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return self->subprotocol;
}

/**
 * nx_web_socket_set_subprotocol:
 * @self: a websocket that is connecting
 * @name: (nullable): one of the subprotocols that were offered, or %NULL for none
 * @error: return location for an error
 *
 * Chooses the subprotocol.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_STATE when the handshake is decided, with %NX_ERROR_INVALID_ARGUMENT when @name
 *   was not offered
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_set_subprotocol (NxWebSocket *self, const char *name, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);

  if (self->state != NX_STATE_CONNECTING)
    {
      nx_error_set (error, NX_ERROR_INVALID_STATE,
                    "The subprotocol is chosen while the websocket is connecting");
      return FALSE;
    }
  if (name != NULL && !g_strv_contains (nx_request_get_subprotocols (self->request), name))
    {
      g_autofree char *offered =
          g_strjoinv (", ", (char **) nx_request_get_subprotocols (self->request));

      nx_error_set (error, NX_ERROR_INVALID_ARGUMENT,
                    "Subprotocol \"%s\" was not offered; the client offers: %s", name,
                    *offered != '\0' ? offered : "none");
      return FALSE;
    }
  g_free (self->subprotocol);
  self->subprotocol = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SUBPROTOCOL]);
  return TRUE;
}

/**
 * nx_web_socket_get_close_code:
 * @self: a websocket
 *
 * Why the connection ended: the code of the peer's close frame, 1005 when that had none, 1006 when there was no close
 * frame or the handshake was refused (RFC 6455 section 7.1.5), and where the peer broke the protocol the code that it
 * was told.
 *
 * It is known, while the connection is still open, as soon as the peer has ended its side and all that it sent has been taken: handlers
 * that run may say their last words then, but nobody has to read them.
 *
 * Returns: the code; 0 before the end
 *
 * Since: 0.1
 */
guint
nx_web_socket_get_close_code (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), 0);

  return self->close_code;
}

/**
 * nx_web_socket_get_close_reason:
 * @self: a websocket
 *
 * The words that came with the close code.
 *
 * Returns: (nullable): the reason
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_close_reason (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return self->close_reason;
}

/**
 * nx_web_socket_get_cancellable:
 * @self: a websocket
 *
 * What is cancelled when the connection is over: give it to whatever works for this connection alone.
 *
 * Returns: (transfer none): the cancellable
 *
 * Since: 0.1
 */
GCancellable *
nx_web_socket_get_cancellable (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  if (self->cancellable == NULL)
    {
      self->cancellable = g_cancellable_new ();
      if (self->state == NX_STATE_CLOSED)
        g_cancellable_cancel (self->cancellable);
    }
  return self->cancellable;
}
