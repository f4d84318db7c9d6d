/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-controller-private.h"

#include "nx-app.h"
#include "nx-enum-types.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

/**
 * NxController:
 *
 * What a service does with the connections of a route, as a class to derive from.
 *
 * [method@Router.add_controller] shares one controller among all connections of a route;
 * [method@Router.add_controller_type] makes one for each, which can keep the connection's state in its fields.
 *
 * Since: 0.1
 */
enum {
  PROP_0,
  PROP_APP,
  PROP_ENCODING,
  PROP_SUBPROTOCOLS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (NxController, nx_controller, G_TYPE_OBJECT)

static void
nx_controller_real_on_connect (NxController *self, NxWebSocket *ws, GError **error)
{
  nx_web_socket_accept (ws, error);
}

static void
nx_controller_real_on_disconnect (NxController *self,
                                  NxWebSocket *ws,
                                  guint code,
                                  const char *reason)
{
}

static void
nx_controller_real_on_error (NxController *self, NxWebSocket *ws, GError *error)
{
  nx_web_socket_report_error (ws, error);
}

/* The default of on_error closes with @code then, and tells the peer. */
static void
nx_controller_real_on_fault (NxController *self, NxWebSocket *ws, guint code, const char *text)
{
  g_autoptr (GError) fault = g_error_new_literal (NX_ERROR, NX_ERROR_INVALID_DATA, text);

  ws->fault_code = code;
  nx_controller_fail (self, ws, fault);
  ws->fault_code = 0;
}

static void
nx_controller_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxController *self = NX_CONTROLLER (object);

  switch (id)
    {
    case PROP_APP:
      g_value_set_object (value, nx_controller_get_app (self));
      break;
    case PROP_ENCODING:
      g_value_set_enum (value, nx_controller_get_encoding (self));
      break;
    case PROP_SUBPROTOCOLS:
      g_value_set_boxed (value, nx_controller_get_subprotocols (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_controller_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxController *self = NX_CONTROLLER (object);

  switch (id)
    {
    case PROP_ENCODING:
      nx_controller_set_encoding (self, g_value_get_enum (value));
      break;
    case PROP_SUBPROTOCOLS:
      nx_controller_set_subprotocols (self, g_value_get_boxed (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_controller_finalize (GObject *object)
{
  NxControllerPrivate *priv = nx_controller_get_instance_private (NX_CONTROLLER (object));

  g_clear_pointer (&priv->app_handle, nx_app_handle_unref);
  g_strfreev (priv->subprotocols);
  g_clear_pointer (&priv->actions, nx_actions_free);
  G_OBJECT_CLASS (nx_controller_parent_class)->finalize (object);
}

static void
nx_controller_class_init (NxControllerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_controller_get_property;
  object_class->set_property = nx_controller_set_property;
  object_class->finalize = nx_controller_finalize;
  klass->on_connect = nx_controller_real_on_connect;
  klass->on_disconnect = nx_controller_real_on_disconnect;
  klass->on_error = nx_controller_real_on_error;
  klass->on_fault = nx_controller_real_on_fault;

  /**
   * NxController:app: (getter get_app)
   *
   * The app that this controller serves; %NULL until its first connection.
   *
   * Since: 0.1
   */
  properties[PROP_APP] = g_param_spec_object ("app", NULL, NULL, NX_TYPE_APP,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * NxController:encoding: (getter get_encoding) (setter set_encoding)
   *
   * The kind of messages that it takes.
   *
   * Since: 0.1
   */
  properties[PROP_ENCODING] =
      g_param_spec_enum ("encoding", NULL, NULL, NX_TYPE_ENCODING, NX_ENCODING_ANY,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  /**
   * NxController:subprotocols: (getter get_subprotocols) (setter set_subprotocols)
   *
   * The subprotocols that it speaks, the one it likes best first: the first that the client offers is chosen.
   *
   * Since: 0.1
   */
  properties[PROP_SUBPROTOCOLS] =
      g_param_spec_boxed ("subprotocols", NULL, NULL, G_TYPE_STRV,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
nx_controller_init (NxController *self)
{
}

static void
set_app_handle (NxController *self, NxAppHandle *handle)
{
  NxControllerPrivate *priv = nx_controller_get_instance_private (self);

  if (priv->app_handle == handle)
    return;
  g_clear_pointer (&priv->app_handle, nx_app_handle_unref);
  priv->app_handle = nx_app_handle_ref (handle);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_APP]);
}

/* The first subprotocol of ours that the client offers; a middleware's choice stands. */
static void
choose_subprotocol (NxController *self, NxWebSocket *ws)
{
  const char *const *ours = nx_controller_get_subprotocols (self);
  const char *const *offered;

  if (ours == NULL || nx_web_socket_get_subprotocol (ws) != NULL)
    return;
  offered = nx_web_socket_get_offered_subprotocols (ws);
  for (guint i = 0; ours[i] != NULL; i++)
    if (g_strv_contains (offered, ours[i]))
      {
        nx_web_socket_set_subprotocol (ws, ours[i], NULL);
        return;
      }
}

void
nx_controller_connect (NxController *self, NxWebSocket *ws, GError **error)
{
  NxControllerPrivate *priv = nx_controller_get_instance_private (self);

  set_app_handle (self, ws->app_handle);
  priv->class_has_actions =
      nx_actions_are_received (NX_ACTIONS_MESSAGES, NULL, G_OBJECT_TYPE (self));
  choose_subprotocol (self, ws);
  NX_CONTROLLER_GET_CLASS (self)->on_connect (self, ws, error);
}

NxControllerPrivate *
nx_controller_get_private (NxController *self)
{
  return nx_controller_get_instance_private (self);
}

NxActions *
nx_controller_ensure_own_actions (NxController *self)
{
  NxControllerPrivate *priv = nx_controller_get_instance_private (self);

  if (priv->actions == NULL)
    priv->actions = nx_actions_new (NX_ACTIONS_MESSAGES);
  return priv->actions;
}

gboolean
nx_controller_takes_messages (NxController *self)
{
  NxControllerClass *klass = NX_CONTROLLER_GET_CLASS (self);

  return klass->on_receive != NULL || klass->on_text != NULL || klass->on_receive_text != NULL
         || nx_controller_has_actions (nx_controller_get_instance_private (self));
}

void
nx_controller_disconnect (NxController *self, NxWebSocket *ws, guint code, const char *reason)
{
  NX_CONTROLLER_GET_CLASS (self)->on_disconnect (self, ws, code, reason);
}

void
nx_controller_fail (NxController *self, NxWebSocket *ws, GError *error)
{
  NX_CONTROLLER_GET_CLASS (self)->on_error (self, ws, error);
}

/**
 * nx_controller_get_app:
 * @self: a controller
 *
 * The app that this controller serves.
 *
 * Returns: (transfer none) (nullable): the app; %NULL until the first connection, and once the app has gone
 *
 * Since: 0.1
 */
NxApp *
nx_controller_get_app (NxController *self)
{
  NxControllerPrivate *priv = nx_controller_get_instance_private (self);

  g_return_val_if_fail (NX_IS_CONTROLLER (self), NULL);

  return priv->app_handle != NULL ? priv->app_handle->app : NULL;
}

/**
 * nx_controller_get_encoding:
 * @self: a controller
 *
 * The kind of messages that it takes.
 *
 * Returns: the encoding
 *
 * Since: 0.1
 */
NxEncoding
nx_controller_get_encoding (NxController *self)
{
  NxControllerPrivate *priv = nx_controller_get_instance_private (self);

  g_return_val_if_fail (NX_IS_CONTROLLER (self), NX_ENCODING_ANY);

  return priv->encoding;
}

/**
 * nx_controller_set_encoding:
 * @self: a controller
 * @encoding: a kind of messages
 *
 * Says which kind of messages it takes. Another kind closes the connection with 1003, malformed JSON with 1007.
 *
 * Since: 0.1
 */
void
nx_controller_set_encoding (NxController *self, NxEncoding encoding)
{
  NxControllerPrivate *priv = nx_controller_get_instance_private (self);

  g_return_if_fail (NX_IS_CONTROLLER (self));

  if (priv->encoding == encoding)
    return;
  priv->encoding = encoding;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ENCODING]);
}

/**
 * nx_controller_get_subprotocols:
 * @self: a controller
 *
 * The subprotocols that it speaks.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the names, the one it likes best first
 *
 * Since: 0.1
 */
const char *const *
nx_controller_get_subprotocols (NxController *self)
{
  NxControllerPrivate *priv = nx_controller_get_instance_private (self);

  g_return_val_if_fail (NX_IS_CONTROLLER (self), NULL);

  return (const char *const *) priv->subprotocols;
}

/**
 * nx_controller_set_subprotocols:
 * @self: a controller
 * @names: (nullable) (array zero-terminated=1): names, the one it likes best first
 *
 * Says which subprotocols it speaks. The first of them that a client offers is chosen before
 * [vfunc@Controller.on_connect], which can choose another.
 *
 * Since: 0.1
 */
void
nx_controller_set_subprotocols (NxController *self, const char *const *names)
{
  NxControllerPrivate *priv = nx_controller_get_instance_private (self);
  char **old;

  g_return_if_fail (NX_IS_CONTROLLER (self));

  old = priv->subprotocols; /* which may be what @names is */
  priv->subprotocols = g_strdupv ((char **) names);
  g_strfreev (old);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SUBPROTOCOLS]);
}
