/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-web-socket-private.h"

#include "nx-app.h"
#include "nx-enum-types.h"
#include "nx-error-private.h"

#include "routing/nx-pattern-private.h"

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
guint nx_web_socket_signals[NX_WEB_SOCKET_N_SIGNALS];

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

void
nx_web_socket_set_state (NxWebSocket *self, NxState state)
{
  gboolean was_connecting = self->state == NX_STATE_CONNECTING;

  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
  if (was_connecting && self->status != 0)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS]);
}

void
nx_web_socket_set_close (NxWebSocket *self, guint code, const char *reason)
{
  if (self->close_code == code && g_strcmp0 (self->close_reason, reason) == 0)
    return;
  self->close_code = code;
  g_free (self->close_reason);
  self->close_reason = g_strdup (reason);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CLOSE_CODE]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CLOSE_REASON]);
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

/* -- The request -- */

/**
 * nx_web_socket_get_id:
 * @self: a websocket
 *
 * What tells this connection from all others of the app; for logs, and for [method@App.find_web_socket].
 *
 * Returns: the id
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_id (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  if (self->id == NULL)
    self->id = nx_app_handle_make_id (self->app_handle, self->serial);
  return self->id;
}

/**
 * nx_web_socket_get_path:
 * @self: a websocket
 *
 * The path of the request, percent-encoded as it came and without the query.
 *
 * Returns: the path
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_path (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return nx_request_get_path (self->request);
}

/**
 * nx_web_socket_get_uri:
 * @self: a websocket
 *
 * The URI of the request as the client saw it: `ws://HOST/PATH?QUERY`, or `wss:` over TLS.
 *
 * Returns: (transfer none): the URI
 *
 * Since: 0.1
 */
GUri *
nx_web_socket_get_uri (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return nx_request_get_uri (self->request);
}

/**
 * nx_web_socket_get_query_param:
 * @self: a websocket
 * @name: a parameter's name
 *
 * A parameter of the query, decoded; the last one where the name is repeated.
 *
 * Returns: (nullable): the value
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_query_param (NxWebSocket *self, const char *name)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return nx_request_get_query_param (self->request, name);
}

/**
 * nx_web_socket_get_query_param_all:
 * @self: a websocket
 * @name: a parameter's name
 *
 * All values of a parameter of the query, in the order in which they came.
 *
 * Returns: (transfer full) (array zero-terminated=1): the values; empty when there are none
 *
 * Since: 0.1
 */
char **
nx_web_socket_get_query_param_all (NxWebSocket *self, const char *name)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return nx_request_get_query_param_all (self->request, name);
}

/**
 * nx_web_socket_get_path_param:
 * @self: a websocket
 * @name: the name between the braces of the route's pattern
 *
 * A parameter of the path, percent-decoded.
 *
 * Returns: (nullable): the value
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_path_param (NxWebSocket *self, const char *name)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return nx_path_params_find (&self->path_params, name);
}

/**
 * nx_web_socket_get_path_param_names:
 * @self: a websocket
 *
 * The names of all parameters of the path, in its order.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names
 *
 * Since: 0.1
 */
char **
nx_web_socket_get_path_param_names (NxWebSocket *self)
{
  GPtrArray *names;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  names = g_ptr_array_new ();
  for (guint i = 0; i < nx_path_params_get_size (&self->path_params); i++)
    g_ptr_array_add (names, g_strdup (nx_path_params_get_name (&self->path_params, i)));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static const char *
find_param (NxWebSocket *self, const char *name, NxSegmentKind kind)
{
  const char *text = nx_path_params_find (&self->path_params, name);

  return text != NULL && nx_segment_kind_fits (kind, text) ? text : NULL;
}

/**
 * nx_web_socket_get_path_param_int:
 * @self: a websocket
 * @name: the name between the braces of the route's pattern
 * @value: (out) (optional): the number; 0 without one
 *
 * A parameter of the path as a whole number. One of type `int` always is one; what another holds may be none.
 *
 * Returns: whether there is such a parameter, and it is a decimal number of 64 bits
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_get_path_param_int (NxWebSocket *self, const char *name, gint64 *value)
{
  const char *text;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  text = find_param (self, name, NX_SEGMENT_INT);
  if (value != NULL)
    *value = text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
  return text != NULL;
}

/**
 * nx_web_socket_get_path_param_double:
 * @self: a websocket
 * @name: the name between the braces of the route's pattern
 * @value: (out) (optional): the number; 0 without one
 *
 * A parameter of the path as a number. One of type `int` or `float` always is one; what another holds may be none.
 *
 * Returns: whether there is such a parameter, and it is a finite decimal number
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_get_path_param_double (NxWebSocket *self, const char *name, double *value)
{
  const char *text;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  text = find_param (self, name, NX_SEGMENT_FLOAT);
  if (value != NULL)
    *value = text != NULL ? g_ascii_strtod (text, NULL) : 0;
  return text != NULL;
}

/**
 * nx_web_socket_get_header:
 * @self: a websocket
 * @name: a field name, in any case
 *
 * A header field of the request; fields of one name are joined with commas (RFC 9110 section 5.3).
 *
 * Returns: (nullable): the value
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_header (NxWebSocket *self, const char *name)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return soup_message_headers_get_list (nx_request_get_headers (self->request), name);
}

/**
 * nx_web_socket_get_headers:
 * @self: a websocket
 *
 * The header fields of the request. Do not change them.
 *
 * Returns: (transfer none): the headers
 *
 * Since: 0.1
 */
SoupMessageHeaders *
nx_web_socket_get_headers (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return nx_request_get_headers (self->request);
}

/**
 * nx_web_socket_get_cookie:
 * @self: a websocket
 * @name: a cookie's name
 *
 * A cookie of the request; the first where the name is repeated, which is the most specific one.
 *
 * Returns: (nullable): the value
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_cookie (NxWebSocket *self, const char *name)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return nx_request_get_cookie (self->request, name);
}

/**
 * nx_web_socket_get_offered_subprotocols:
 * @self: a websocket
 *
 * The subprotocols that the client offers, the one it likes best first (RFC 6455 section 1.9).
 *
 * Returns: (transfer none) (array zero-terminated=1): the names
 *
 * Since: 0.1
 */
const char *const *
nx_web_socket_get_offered_subprotocols (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return nx_request_get_subprotocols (self->request);
}

/**
 * nx_web_socket_get_origin:
 * @self: a websocket
 *
 * The origin of the page that connects (RFC 6454); a client that is no browser need not have one.
 *
 * Returns: (nullable): the origin
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_origin (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return nx_web_socket_get_header (self, "Origin");
}

/**
 * nx_web_socket_get_remote_address:
 * @self: a websocket
 *
 * Where the client is; for a unix socket, the address of the loopback interface.
 *
 * Returns: (transfer none): the address
 *
 * Since: 0.1
 */
GSocketAddress *
nx_web_socket_get_remote_address (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return self->remote_address;
}

/**
 * nx_web_socket_get_peer_certificate:
 * @self: a websocket
 *
 * The certificate that the client showed over TLS (see [property@App:tls-client-authentication]).
 *
 * Returns: (transfer none) (nullable): the certificate
 *
 * Since: 0.1
 */
GTlsCertificate *
nx_web_socket_get_peer_certificate (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return self->peer_certificate;
}

/**
 * nx_web_socket_get_credentials:
 * @self: a websocket
 *
 * The process at the other end of a unix socket, as the kernel saw it when it connected.
 *
 * Returns: (transfer none) (nullable): the credentials; %NULL over TCP
 *
 * Since: 0.1
 */
GCredentials *
nx_web_socket_get_credentials (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return self->credentials;
}

/**
 * nx_web_socket_get_user:
 * @self: a websocket
 *
 * Whom a [class@Soup.AuthDomain] accepted: one that covers the path of the request and was added to [property@App:server]. It is the
 * name in the credentials of HTTP Basic (RFC 7617) or Digest (RFC 7616), in UTF-8 and without control characters; a name that is
 * not is answered with 400.
 *
 * A domain of a class of one's own that accepts by something else than `Authorization` vouches for no name there: then this is what the
 * client calls itself.
 *
 * Returns: (nullable): the user's name; %NULL when no domain covers the path, and for another scheme
 *
 * Since: 0.1
 */
const char *
nx_web_socket_get_user (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  return self->user;
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
 * Returns: %FALSE with %NX_ERROR_INVALID_STATE when the handshake is decided, with %NX_ERROR_INVALID_DATA when @name
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

      nx_error_set (error, NX_ERROR_INVALID_DATA,
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
