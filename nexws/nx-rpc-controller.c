/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-rpc-controller-private.h"

#define DEFAULT_MAX_BATCH 100
#define DEFAULT_MAX_CALLS 64
#define DEFAULT_MAX_PENDING_CALLS 1024

/**
 * NxRpcController:
 *
 * A controller that speaks JSON-RPC 2.0, both ways: peers call its methods ([method@RpcControllerClass.bind_method],
 * [method@RpcController.add_method]), and it calls theirs ([method@RpcController.call_async], [method@RpcController.send_notification]).
 *
 * A handler never overlaps another of the same connection, but a call goes on until it is answered: a handler may keep its
 * [class@RpcCall] and return, and the peer's next calls are dispatched while it works. Answers go out as they are given.
 *
 * A peer is told what it does wrong as JSON-RPC has it, and stays connected: a message that is no JSON, a request that is none, a method
 * that there is not, params that are not what the method takes. Nothing is said to a notification, and nothing to an answer that nobody waits
 * for. A handler's own error is told to [vfunc@Controller.on_error], whose default logs it here and does not close; the peer gets -32603,
 * "Internal error", or -32000, "Timed out", without the text, unless the error is of %NX_RPC_ERROR.
 *
 * Messages are text: [property@Controller:encoding] is %NX_ENCODING_TEXT here. With %NX_ENCODING_ANY binary messages are read as well,
 * with %NX_ENCODING_JSON malformed ones close the connection instead of being answered.
 *
 * A class that overrides [vfunc@Controller.on_receive] has to call its parent's.
 *
 * Since: 0.1
 */
enum {
  PROP_0,
  PROP_MAX_BATCH,
  PROP_MAX_CALLS,
  PROP_MAX_PENDING_CALLS,
  PROP_CALL_TIMEOUT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_TYPE_WITH_PRIVATE (NxRpcController, nx_rpc_controller, NX_TYPE_CONTROLLER)

static void
nx_rpc_controller_on_error (NxController *controller, NxWebSocket *ws, GError *error)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (NX_RPC_CONTROLLER (controller));

  if (priv->n_reports == 0)
    NX_CONTROLLER_CLASS (nx_rpc_controller_parent_class)->on_error (controller, ws, error);
  else
    nx_web_socket_log_error (ws, error);
}

static void
nx_rpc_controller_on_receive (NxController *controller,
                              NxWebSocket *ws,
                              NxMessage *message,
                              GError **error)
{
  nx_rpc_controller_take_message (NX_RPC_CONTROLLER (controller), ws, message);
}

/* -- The class -- */

static void
nx_rpc_controller_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxRpcController *self = NX_RPC_CONTROLLER (object);

  switch (id)
    {
    case PROP_MAX_BATCH:
      g_value_set_uint (value, nx_rpc_controller_get_max_batch (self));
      break;
    case PROP_MAX_CALLS:
      g_value_set_uint (value, nx_rpc_controller_get_max_calls (self));
      break;
    case PROP_MAX_PENDING_CALLS:
      g_value_set_uint (value, nx_rpc_controller_get_max_pending_calls (self));
      break;
    case PROP_CALL_TIMEOUT:
      g_value_set_uint (value, nx_rpc_controller_get_call_timeout (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_rpc_controller_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxRpcController *self = NX_RPC_CONTROLLER (object);

  switch (id)
    {
    case PROP_MAX_BATCH:
      nx_rpc_controller_set_max_batch (self, g_value_get_uint (value));
      break;
    case PROP_MAX_CALLS:
      nx_rpc_controller_set_max_calls (self, g_value_get_uint (value));
      break;
    case PROP_MAX_PENDING_CALLS:
      nx_rpc_controller_set_max_pending_calls (self, g_value_get_uint (value));
      break;
    case PROP_CALL_TIMEOUT:
      nx_rpc_controller_set_call_timeout (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_rpc_controller_finalize (GObject *object)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (NX_RPC_CONTROLLER (object));
  GHashTableIter iter;
  gpointer peer;

  for (;;)
    {
      g_hash_table_iter_init (&iter, priv->peers);
      if (!g_hash_table_iter_next (&iter, NULL, &peer))
        break;
      nx_rpc_peer_end (peer);
    }
  g_hash_table_unref (priv->peers);
  g_clear_pointer (&priv->methods, nx_actions_free);
  G_OBJECT_CLASS (nx_rpc_controller_parent_class)->finalize (object);
}

static void
nx_rpc_controller_class_init (NxRpcControllerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  NxControllerClass *controller_class = NX_CONTROLLER_CLASS (klass);

  object_class->get_property = nx_rpc_controller_get_property;
  object_class->set_property = nx_rpc_controller_set_property;
  object_class->finalize = nx_rpc_controller_finalize;
  controller_class->on_receive = nx_rpc_controller_on_receive;
  controller_class->on_error = nx_rpc_controller_on_error;
  klass->on_call = nx_rpc_controller_dispatch;
  nx_rpc_controller_set_up_base (klass);

  /**
   * NxRpcController:max-batch: (getter get_max_batch) (setter set_max_batch)
   *
   * How many elements a batch may have; one with more is answered with %NX_RPC_ERROR_INVALID_REQUEST, and nothing of it is done.
   *
   * From 1 on; the default is 100.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BATCH] =
      g_param_spec_uint ("max-batch", NULL, NULL, 1, G_MAXUINT, DEFAULT_MAX_BATCH,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  /**
   * NxRpcController:max-calls: (getter get_max_calls) (setter set_max_calls)
   *
   * How many calls of a connection may be unanswered before nothing more is read of it: TCP makes the peer wait, and nothing is lost.
   *
   * The message that reaches the limit is done whole, so there may be one batch more. While the controller waits for an
   * answer of the peer itself, it goes on reading, since otherwise both could wait for each other for ever; at sixteen times the number,
   * further calls are answered with %NX_RPC_ERROR_INTERNAL, or a peer that never answers could fill the memory. Notifications
   * do not count, since nobody waits for them: whose handler goes on after it returned can say so with
   * [method@WebSocket.begin_handler].
   *
   * From 1 on; the default is 64.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_CALLS] =
      g_param_spec_uint ("max-calls", NULL, NULL, 1, G_MAXUINT, DEFAULT_MAX_CALLS,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  /**
   * NxRpcController:max-pending-calls: (getter get_max_pending_calls) (setter set_max_pending_calls)
   *
   * How many of the controller's own calls of a connection's peer may wait for their answers: from 1 on, 1024 by default. A
   * further one fails at once with %NX_ERROR_TOO_LARGE, and is not sent.
   *
   * A method that calls the peer back lets the peer decide how many wait, and what the peer notifies of is counted nowhere else:
   * without this, one that never answers could fill the memory.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PENDING_CALLS] =
      g_param_spec_uint ("max-pending-calls", NULL, NULL, 1, G_MAXUINT, DEFAULT_MAX_PENDING_CALLS,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  /**
   * NxRpcController:call-timeout: (getter get_call_timeout) (setter set_call_timeout)
   *
   * How long a peer's call may take, in milliseconds; 0 for as long as it likes. Then it is answered with %NX_RPC_ERROR_TIMED_OUT, its
   * cancellable fires, and a later answer does nothing.
   *
   * The default is 0.
   *
   * Since: 0.1
   */
  properties[PROP_CALL_TIMEOUT] =
      g_param_spec_uint ("call-timeout", NULL, NULL, 0, G_MAXUINT, 0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
nx_rpc_controller_init (NxRpcController *self)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  priv->peers = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) nx_rpc_peer_unref);
  priv->max_batch = DEFAULT_MAX_BATCH;
  priv->max_calls = DEFAULT_MAX_CALLS;
  priv->max_pending_calls = DEFAULT_MAX_PENDING_CALLS;
  nx_controller_set_encoding (NX_CONTROLLER (self), NX_ENCODING_TEXT);
}

/**
 * nx_rpc_controller_new: (constructor)
 *
 * Makes a controller without methods.
 *
 * Returns: (transfer full): the controller
 *
 * Since: 0.1
 */
NxRpcController *
nx_rpc_controller_new (void)
{
  return g_object_new (NX_TYPE_RPC_CONTROLLER, NULL);
}

/**
 * nx_rpc_controller_get_max_batch:
 * @self: a controller
 *
 * How many elements a batch may have.
 *
 * Returns: the number, 100 at first
 *
 * Since: 0.1
 */
guint
nx_rpc_controller_get_max_batch (NxRpcController *self)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), 0);

  return priv->max_batch;
}

/**
 * nx_rpc_controller_set_max_batch:
 * @self: a controller
 * @max_batch: a number from 1
 *
 * Says how many elements a batch may have, from the next message on. See [property@RpcController:max-batch].
 *
 * Since: 0.1
 */
void
nx_rpc_controller_set_max_batch (NxRpcController *self, guint max_batch)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));
  g_return_if_fail (max_batch > 0);

  if (priv->max_batch == max_batch)
    return;
  priv->max_batch = max_batch;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_BATCH]);
}

/**
 * nx_rpc_controller_get_max_calls:
 * @self: a controller
 *
 * How many calls of a connection may be unanswered.
 *
 * Returns: the number, 64 at first
 *
 * Since: 0.1
 */
guint
nx_rpc_controller_get_max_calls (NxRpcController *self)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), 0);

  return priv->max_calls;
}

/**
 * nx_rpc_controller_set_max_calls:
 * @self: a controller
 * @max_calls: a number from 1
 *
 * Says how many calls of a connection may be unanswered. See [property@RpcController:max-calls].
 *
 * Since: 0.1
 */
void
nx_rpc_controller_set_max_calls (NxRpcController *self, guint max_calls)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);
  GHashTableIter iter;
  gpointer peer;

  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));
  g_return_if_fail (max_calls > 0);

  if (priv->max_calls == max_calls)
    return;
  priv->max_calls = max_calls;
  g_hash_table_iter_init (&iter, priv->peers);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    nx_rpc_peer_set_max_calls (peer, max_calls);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_CALLS]);
}

/**
 * nx_rpc_controller_get_max_pending_calls:
 * @self: a controller
 *
 * How many calls of a connection's peer may wait for their answers.
 *
 * Returns: the number, 1024 at first
 *
 * Since: 0.1
 */
guint
nx_rpc_controller_get_max_pending_calls (NxRpcController *self)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), 0);

  return priv->max_pending_calls;
}

/**
 * nx_rpc_controller_set_max_pending_calls:
 * @self: a controller
 * @max_pending_calls: a number from 1
 *
 * Says how many calls of a connection's peer may wait for their answers, from the next one on. See
 * [property@RpcController:max-pending-calls].
 *
 * Since: 0.1
 */
void
nx_rpc_controller_set_max_pending_calls (NxRpcController *self, guint max_pending_calls)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));
  g_return_if_fail (max_pending_calls > 0);

  if (priv->max_pending_calls == max_pending_calls)
    return;
  priv->max_pending_calls = max_pending_calls;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_PENDING_CALLS]);
}

/**
 * nx_rpc_controller_get_call_timeout:
 * @self: a controller
 *
 * How long a peer's call may take.
 *
 * Returns: milliseconds; 0 for as long as it likes
 *
 * Since: 0.1
 */
guint
nx_rpc_controller_get_call_timeout (NxRpcController *self)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), 0);

  return priv->call_timeout_ms;
}

/**
 * nx_rpc_controller_set_call_timeout:
 * @self: a controller
 * @timeout_ms: milliseconds; 0 for as long as it likes
 *
 * Says how long a peer's call may take, for those that come from now on. See [property@RpcController:call-timeout].
 *
 * Since: 0.1
 */
void
nx_rpc_controller_set_call_timeout (NxRpcController *self, guint timeout_ms)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));

  if (priv->call_timeout_ms == timeout_ms)
    return;
  priv->call_timeout_ms = timeout_ms;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CALL_TIMEOUT]);
}
