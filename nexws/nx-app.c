/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-app-private.h"

#include "nx-settings-properties-private.h"
#include "protocol/nx-authority-private.h"
#include "nx-web-socket-private.h"

/**
 * NxApp:
 *
 * A service: the outermost [class@Router], and what listens.
 *
 * An app lives in the main context that was the thread's default when it was made, beside whatever else lives there; it
 * needs no thread and no loop of its own. [method@App.run] is for programs that are nothing else.
 *
 * Plain HTTP on the same ports is served by [property@App:server]. Where nothing is served, a path that has a route is answered with 426,
 * and any other with 404.
 *
 * Since: 0.1
 */
G_DEFINE_TYPE_WITH_PRIVATE (NxApp, nx_app, NX_TYPE_ROUTER)

static gboolean
is_setting (guint id)
{
  return id >= NX_APP_PROP_FIRST_SETTING && id < NX_APP_PROP_FIRST_SETTING + NX_N_SETTINGS;
}

static void
nx_app_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxAppPrivate *priv = nx_app_get_private (NX_APP (object));

  switch (id)
    {
    case NX_APP_PROP_SERVER:
      g_value_set_object (value, priv->server);
      break;
    case NX_APP_PROP_CONNECTIONS:
      g_value_set_object (value, priv->connections);
      break;
    case NX_APP_PROP_N_CONNECTIONS:
      g_value_set_uint (value, nx_connection_list_get_size (priv->connections));
      break;
    case NX_APP_PROP_N_UNDECIDED:
      g_value_set_uint (value, priv->n_undecided);
      break;
    case NX_APP_PROP_N_ACCEPTED:
      g_value_set_uint64 (value, priv->n_accepted);
      break;
    case NX_APP_PROP_N_REFUSED_HEADS:
      g_value_set_uint64 (value, nx_gate_get_n_refused (priv->gate));
      break;
    case NX_APP_PROP_HANDSHAKE_TIMEOUT:
      g_value_set_uint (value, priv->gate_limits.timeout_ms);
      break;
    case NX_APP_PROP_DECISION_TIMEOUT:
      g_value_set_uint (value, priv->decision_timeout_ms);
      break;
    case NX_APP_PROP_MAX_HEADER_SIZE:
      g_value_set_uint (value, priv->gate_limits.head.max_size);
      break;
    case NX_APP_PROP_MAX_HEADER_LINES:
      g_value_set_uint (value, priv->gate_limits.head.max_lines);
      break;
    case NX_APP_PROP_MAX_PENDING:
      g_value_set_uint (value, priv->gate_limits.max_pending);
      break;
    case NX_APP_PROP_MAX_UNDECIDED:
      g_value_set_uint (value, priv->max_undecided);
      break;
    case NX_APP_PROP_MAX_BODY_SIZE:
      g_value_set_uint64 (value, priv->gate_limits.max_body_size);
      break;
    case NX_APP_PROP_MAX_CONNECTIONS:
      g_value_set_uint (value, priv->max_connections);
      break;
    case NX_APP_PROP_MAX_CONNECTIONS_PER_ADDRESS:
      g_value_set_uint (value, priv->max_connections_per_address);
      break;
    case NX_APP_PROP_ALLOWED_HOSTS:
      g_value_set_boxed (value, priv->allowed_hosts);
      break;
    case NX_APP_PROP_ALLOWED_ORIGINS:
      g_value_set_boxed (value, priv->allowed_origins);
      break;
    case NX_APP_PROP_TLS_CERTIFICATE:
      g_value_set_object (value, priv->certificate);
      break;
    case NX_APP_PROP_TLS_DATABASE:
      g_value_set_object (value, priv->database);
      break;
    case NX_APP_PROP_TLS_CLIENT_AUTHENTICATION:
      g_value_set_enum (value, priv->client_authentication);
      break;
    case NX_APP_PROP_DRAIN_DELAY:
      g_value_set_uint (value, priv->drain_delay_ms);
      break;
    case NX_APP_PROP_DRAIN_TIMEOUT:
      g_value_set_uint (value, priv->drain_timeout_ms);
      break;
    case NX_APP_PROP_DRAIN_SPREAD:
      g_value_set_uint (value, priv->drain_spread_ms);
      break;
    case NX_APP_PROP_BACKPLANE:
      g_value_set_object (value, priv->backplane);
      break;
    case NX_APP_PROP_WORKERS:
      g_value_set_uint (value, priv->n_workers);
      break;
    case NX_APP_PROP_WORKER_NUMBER:
      g_value_set_uint (value, priv->worker);
      break;
    case NX_APP_PROP_APPLICATION_VERSION:
      g_value_set_string (value, priv->application_version);
      break;
    case NX_APP_PROP_PAGE:
      g_value_set_string (value, priv->page);
      break;
    default:
      if (is_setting (id))
        nx_settings_get_property (priv->settings, id - NX_APP_PROP_FIRST_SETTING, value);
      else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* Connections that are there keep the settings that they began with. */
static void
set_setting (NxApp *self, guint index, const GValue *value)
{
  NxAppPrivate *priv = nx_app_get_private (self);
  NxSettings *settings = nx_settings_copy (priv->settings);

  nx_settings_set_property (settings, index, value);
  nx_settings_unref (priv->settings);
  priv->settings = settings;
}

static void
set_strv (char ***field, const GValue *value)
{
  g_strfreev (*field);
  *field = g_value_dup_boxed (value);
}

static void
nx_app_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxApp *self = NX_APP (object);
  NxAppPrivate *priv = nx_app_get_private (self);

  switch (id)
    {
    case NX_APP_PROP_HANDSHAKE_TIMEOUT:
      priv->gate_limits.timeout_ms = g_value_get_uint (value);
      break;
    case NX_APP_PROP_DECISION_TIMEOUT:
      priv->decision_timeout_ms = g_value_get_uint (value);
      break;
    case NX_APP_PROP_MAX_HEADER_SIZE:
      priv->gate_limits.head.max_size = g_value_get_uint (value);
      break;
    case NX_APP_PROP_MAX_HEADER_LINES:
      priv->gate_limits.head.max_lines = g_value_get_uint (value);
      break;
    case NX_APP_PROP_MAX_PENDING:
      priv->gate_limits.max_pending = g_value_get_uint (value);
      break;
    case NX_APP_PROP_MAX_UNDECIDED:
      priv->max_undecided = g_value_get_uint (value);
      break;
    case NX_APP_PROP_MAX_BODY_SIZE:
      priv->gate_limits.max_body_size = g_value_get_uint64 (value);
      break;
    case NX_APP_PROP_MAX_CONNECTIONS:
      priv->max_connections = g_value_get_uint (value);
      break;
    case NX_APP_PROP_MAX_CONNECTIONS_PER_ADDRESS:
      priv->max_connections_per_address = g_value_get_uint (value);
      break;
    case NX_APP_PROP_ALLOWED_HOSTS:
      set_strv (&priv->allowed_hosts, value);
      nx_app_check_hosts (priv->allowed_hosts);
      break;
    case NX_APP_PROP_ALLOWED_ORIGINS:
      set_strv (&priv->allowed_origins, value);
      nx_app_check_origins (priv->allowed_origins);
      break;
    case NX_APP_PROP_TLS_CERTIFICATE:
      nx_app_set_tls (self, g_value_get_object (value), priv->database,
                      priv->client_authentication);
      break;
    case NX_APP_PROP_TLS_DATABASE:
      nx_app_set_tls (self, priv->certificate, g_value_get_object (value),
                      priv->client_authentication);
      break;
    case NX_APP_PROP_TLS_CLIENT_AUTHENTICATION:
      nx_app_set_tls (self, priv->certificate, priv->database, g_value_get_enum (value));
      break;
    case NX_APP_PROP_DRAIN_DELAY:
      priv->drain_delay_ms = g_value_get_uint (value);
      break;
    case NX_APP_PROP_DRAIN_TIMEOUT:
      priv->drain_timeout_ms = g_value_get_uint (value);
      break;
    case NX_APP_PROP_DRAIN_SPREAD:
      priv->drain_spread_ms = g_value_get_uint (value);
      break;
    case NX_APP_PROP_BACKPLANE:
      nx_app_set_backplane (priv, g_value_get_object (value));
      break;
    case NX_APP_PROP_WORKERS:
      priv->n_workers = g_value_get_uint (value);
      break;
    case NX_APP_PROP_PAGE:
      g_free (priv->page);
      priv->page = g_value_dup_string (value);
      break;
    case NX_APP_PROP_APPLICATION_VERSION:
      g_free (priv->application_version);
      priv->application_version = g_value_dup_string (value);
      break;
    default:
      if (is_setting (id))
        set_setting (self, id - NX_APP_PROP_FIRST_SETTING, value);
      else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
cut_those_there (NxAppPrivate *priv)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  nx_connection_list_collect (priv->connections, all);
  for (guint i = 0; i < all->len; i++)
    {
      nx_web_socket_cut (g_ptr_array_index (all, i));
      nx_connection_list_remove (priv->connections, g_ptr_array_index (all, i));
    }
}

/* Connections that live are cut: whoever wants them to end in good order stops the app first. */
static void
nx_app_dispose (GObject *object)
{
  NxAppPrivate *priv = nx_app_get_private (NX_APP (object));

  g_ptr_array_set_size (priv->listeners, 0);
  nx_gate_clear (priv->gate);
  while (!nx_connection_list_is_empty (priv->connections))
    cut_those_there (priv);
  nx_groups_close (priv->groups);
  priv->is_draining = FALSE;
  priv->is_leaving = FALSE;
  priv->is_stopping = FALSE; /* when those who waited for it have all been cancelled */
  nx_reactor_stop_timer (priv->reactor, &priv->leave_timer);
  nx_reactor_stop_timer (priv->reactor, &priv->drain_timer);
  nx_reactor_stop_timer (priv->reactor, &priv->drain_deadline);
  nx_lingerer_set_func (priv->lingerer, NULL, NULL);
  nx_app_set_backplane (priv, NULL);
  priv->handle->app = NULL;
  nx_handshaker_disconnect (priv->handshaker);
  G_OBJECT_CLASS (nx_app_parent_class)->dispose (object);
}

static void
nx_app_finalize (GObject *object)
{
  NxAppPrivate *priv = nx_app_get_private (NX_APP (object));

  nx_app_handle_unref (priv->handle);
  g_ptr_array_unref (priv->listeners);
  g_ptr_array_unref (priv->to_drain);
  nx_handshaker_free (priv->handshaker);
  nx_gate_free (priv->gate);
  nx_groups_unref (priv->groups);
  g_object_unref (priv->connections);
  g_object_unref (priv->server);
  nx_lingerer_close (priv->lingerer);
  nx_lingerer_unref (priv->lingerer);
  nx_settings_unref (priv->settings);
  g_free (priv->page);
  g_free (priv->application_version);
  g_strfreev (priv->allowed_hosts);
  g_strfreev (priv->allowed_origins);
  g_hash_table_unref (priv->n_per_address);
  g_clear_object (&priv->certificate);
  g_clear_object (&priv->database);
  g_clear_pointer (&priv->tls, nx_tls_context_unref);
  nx_reactor_stop (priv->reactor);
  nx_reactor_unref (priv->reactor);
  G_OBJECT_CLASS (nx_app_parent_class)->finalize (object);
}

static void
nx_app_class_init (NxAppClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_app_get_property;
  object_class->set_property = nx_app_set_property;
  object_class->dispose = nx_app_dispose;
  object_class->finalize = nx_app_finalize;
  nx_app_install_properties (object_class);
  nx_app_set_up_base (klass);
}

static void
nx_app_init (NxApp *self)
{
  NxAppPrivate *priv = nx_app_get_private (self);
  g_autoptr (NxClock) clock = nx_clock_dup_default ();
  g_autoptr (GError) error = NULL;

  priv->reactor = nx_reactor_new (clock, &error);
  /* As GLib does when a process has no descriptor left for a main context. */
  if (priv->reactor == NULL)
    g_error ("%s", error->message);

  priv->handle = nx_app_handle_new (self);
  priv->server = soup_server_new ("server-header", NULL, NULL);
  priv->settings = nx_settings_new ();
  priv->gate_limits = (NxGateLimits){ .timeout_ms = 10 * 1000,
                                      .max_pending = 2048,
                                      .max_body_size = 1024 * 1024,
                                      .head = { .max_size = 16 * 1024, .max_lines = 100 } };
  priv->decision_timeout_ms = 30 * 1000;
  priv->max_undecided = 4096;
  priv->drain_timeout_ms = 10 * 1000;
  nx_app_init_drain (self);
  priv->n_per_address = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  priv->lingerer = nx_lingerer_new (priv->reactor);
  priv->gate =
      nx_gate_new (priv->reactor, priv->lingerer, &priv->gate_limits, nx_app_take_head, self);
  nx_gate_set_refused (priv->gate, nx_app_take_refused_head);
  priv->handshaker = nx_handshaker_new (priv->server, priv->lingerer, nx_app_take_handshake, self);
  nx_handshaker_set_answered (priv->handshaker, nx_app_take_answered);
  soup_server_add_handler (priv->server, NULL, nx_app_serve_unhandled_cb,
                           nx_app_handle_ref (priv->handle), (GDestroyNotify) nx_app_handle_unref);
  priv->connections = nx_connection_list_new ();
  priv->groups = nx_groups_new (priv->handle, priv->reactor, priv->connections);
  priv->to_drain = g_ptr_array_new_with_free_func (g_object_unref);
  priv->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_listener_free);
  priv->n_workers = 1;
}

/**
 * nx_app_new:
 *
 * Makes an app in the thread's default main context.
 *
 * Returns: (transfer full): the app
 *
 * Since: 0.1
 */
NxApp *
nx_app_new (void)
{
  return g_object_new (NX_TYPE_APP, NULL);
}

/**
 * nx_app_get_server:
 * @self: an app
 *
 * What serves plain HTTP on the same ports.
 *
 * Returns: (transfer none): the server
 *
 * Since: 0.1
 */
SoupServer *
nx_app_get_server (NxApp *self)
{
  g_return_val_if_fail (NX_IS_APP (self), NULL);

  return nx_app_get_private (self)->server;
}

/**
 * nx_app_get_connections:
 * @self: an app
 *
 * The websockets of this app, of type [class@WebSocket], those included that are not decided yet. Their order changes.
 *
 * Returns: (transfer none): the list
 *
 * Since: 0.1
 */
GListModel *
nx_app_get_connections (NxApp *self)
{
  g_return_val_if_fail (NX_IS_APP (self), NULL);

  return G_LIST_MODEL (nx_app_get_private (self)->connections);
}

/**
 * nx_app_find_web_socket:
 * @self: an app
 * @id: an id as [method@WebSocket.get_id] has it
 *
 * Finds a websocket that lives.
 *
 * Returns: (transfer none) (nullable): the websocket
 *
 * Since: 0.1
 */
NxWebSocket *
nx_app_find_web_socket (NxApp *self, const char *id)
{
  NxAppPrivate *priv;
  guint64 node, serial;

  g_return_val_if_fail (NX_IS_APP (self), NULL);
  g_return_val_if_fail (id != NULL, NULL);

  priv = nx_app_get_private (self);
  if (!nx_app_handle_parse_id (id, &node, &serial) || node != priv->handle->node)
    return NULL;
  return nx_connection_list_find (priv->connections, serial);
}
