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
enum {
  PROP_0,
  PROP_SERVER,
  PROP_CONNECTIONS,
  PROP_N_CONNECTIONS,
  PROP_N_UNDECIDED,
  PROP_N_ACCEPTED,
  PROP_N_REFUSED_HEADS,
  PROP_HANDSHAKE_TIMEOUT,
  PROP_DECISION_TIMEOUT,
  PROP_MAX_HEADER_SIZE,
  PROP_MAX_HEADER_LINES,
  PROP_MAX_PENDING,
  PROP_MAX_UNDECIDED,
  PROP_MAX_BODY_SIZE,
  PROP_MAX_CONNECTIONS,
  PROP_MAX_CONNECTIONS_PER_ADDRESS,
  PROP_ALLOWED_HOSTS,
  PROP_ALLOWED_ORIGINS,
  PROP_TLS_CERTIFICATE,
  PROP_TLS_DATABASE,
  PROP_TLS_CLIENT_AUTHENTICATION,
  PROP_DRAIN_DELAY,
  PROP_DRAIN_TIMEOUT,
  PROP_DRAIN_SPREAD,
  PROP_BACKPLANE,
  PROP_WORKERS,
  PROP_WORKER_NUMBER,
  PROP_APPLICATION_VERSION,
  PROP_PAGE,
  PROP_FIRST_SETTING,
  N_PROPS = PROP_FIRST_SETTING
};

static GParamSpec *properties[N_PROPS];
guint nx_app_signals[NX_APP_N_SIGNALS];

G_DEFINE_TYPE_WITH_PRIVATE (NxApp, nx_app, NX_TYPE_ROUTER)

NxAppPrivate *
nx_app_get_private (NxApp *self)
{
  return nx_app_get_instance_private (self);
}

static gboolean
is_setting (guint id)
{
  return id >= PROP_FIRST_SETTING && id < PROP_FIRST_SETTING + NX_N_SETTINGS;
}

static void
nx_app_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxAppPrivate *priv = nx_app_get_private (NX_APP (object));

  switch (id)
    {
    case PROP_SERVER:
      g_value_set_object (value, priv->server);
      break;
    case PROP_CONNECTIONS:
      g_value_set_object (value, priv->connections);
      break;
    case PROP_N_CONNECTIONS:
      g_value_set_uint (value, nx_connection_list_get_size (priv->connections));
      break;
    case PROP_N_UNDECIDED:
      g_value_set_uint (value, priv->n_undecided);
      break;
    case PROP_N_ACCEPTED:
      g_value_set_uint64 (value, priv->n_accepted);
      break;
    case PROP_N_REFUSED_HEADS:
      g_value_set_uint64 (value, nx_gate_get_n_refused (priv->gate));
      break;
    case PROP_HANDSHAKE_TIMEOUT:
      g_value_set_uint (value, priv->gate_limits.timeout_ms);
      break;
    case PROP_DECISION_TIMEOUT:
      g_value_set_uint (value, priv->decision_timeout_ms);
      break;
    case PROP_MAX_HEADER_SIZE:
      g_value_set_uint (value, priv->gate_limits.head.max_size);
      break;
    case PROP_MAX_HEADER_LINES:
      g_value_set_uint (value, priv->gate_limits.head.max_lines);
      break;
    case PROP_MAX_PENDING:
      g_value_set_uint (value, priv->gate_limits.max_pending);
      break;
    case PROP_MAX_UNDECIDED:
      g_value_set_uint (value, priv->max_undecided);
      break;
    case PROP_MAX_BODY_SIZE:
      g_value_set_uint64 (value, priv->gate_limits.max_body_size);
      break;
    case PROP_MAX_CONNECTIONS:
      g_value_set_uint (value, priv->max_connections);
      break;
    case PROP_MAX_CONNECTIONS_PER_ADDRESS:
      g_value_set_uint (value, priv->max_connections_per_address);
      break;
    case PROP_ALLOWED_HOSTS:
      g_value_set_boxed (value, priv->allowed_hosts);
      break;
    case PROP_ALLOWED_ORIGINS:
      g_value_set_boxed (value, priv->allowed_origins);
      break;
    case PROP_TLS_CERTIFICATE:
      g_value_set_object (value, priv->certificate);
      break;
    case PROP_TLS_DATABASE:
      g_value_set_object (value, priv->database);
      break;
    case PROP_TLS_CLIENT_AUTHENTICATION:
      g_value_set_enum (value, priv->client_authentication);
      break;
    case PROP_DRAIN_DELAY:
      g_value_set_uint (value, priv->drain_delay_ms);
      break;
    case PROP_DRAIN_TIMEOUT:
      g_value_set_uint (value, priv->drain_timeout_ms);
      break;
    case PROP_DRAIN_SPREAD:
      g_value_set_uint (value, priv->drain_spread_ms);
      break;
    case PROP_BACKPLANE:
      g_value_set_object (value, priv->backplane);
      break;
    case PROP_WORKERS:
      g_value_set_uint (value, priv->n_workers);
      break;
    case PROP_WORKER_NUMBER:
      g_value_set_uint (value, priv->worker);
      break;
    case PROP_APPLICATION_VERSION:
      g_value_set_string (value, priv->application_version);
      break;
    case PROP_PAGE:
      g_value_set_string (value, priv->page);
      break;
    default:
      if (is_setting (id))
        nx_settings_get_property (priv->settings, id - PROP_FIRST_SETTING, value);
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
warn_of_entry (const char *property, const char *entry, const char *allowed)
{
  g_warning ("%s: \"%s\" matches nothing; allowed: %s", property, entry, allowed);
}

/* An entry that can match nothing is a mistake that would show as a refusal of everybody. */
static void
check_hosts (char **hosts)
{
  NxAuthority host;

  for (guint i = 0; hosts != NULL && hosts[i] != NULL; i++)
    if (strcmp (hosts[i], "*") != 0
        && (strchr (hosts[i], '*') != NULL
            || !nx_authority_parse (hosts[i], strlen (hosts[i]), &host) || host.host_length == 0))
      warn_of_entry ("allowed-hosts", hosts[i], "HOST, HOST:PORT, or * alone for any");
}

static void
check_origins (char **origins)
{
  for (guint i = 0; origins != NULL && origins[i] != NULL; i++)
    if (strcmp (origins[i], "*") != 0
        && (strchr (origins[i], '*') != NULL || !nx_origin_is_well_formed (origins[i])))
      warn_of_entry ("allowed-origins", origins[i],
                     "SCHEME://HOST[:PORT] without a path, or * alone for any; NxOriginFilter "
                     "takes SCHEME://*.HOST as well");
}

static gboolean
listens_with_tls (NxAppPrivate *priv)
{
  for (guint i = 0; i < priv->listeners->len; i++)
    if (nx_listener_is_secure (g_ptr_array_index (priv->listeners, i)))
      return TRUE;
  return FALSE;
}

/*
 * A certificate that cannot be used leaves the one that is in use: replacing it while running must not end the
 * service.
 */
static void
set_tls (NxApp *self,
         GTlsCertificate *certificate,
         GTlsDatabase *database,
         GTlsAuthenticationMode mode)
{
  NxAppPrivate *priv = nx_app_get_private (self);
  g_autoptr (NxTlsContext) tls = NULL;
  g_autoptr (GError) error = NULL;

  if (certificate == NULL && listens_with_tls (priv))
    {
      g_warning ("The TLS certificate is left as it was: a listener needs it");
      return;
    }
  if (certificate != NULL)
    {
      tls = nx_tls_context_new (certificate, database, mode, &error);
      if (tls == NULL)
        {
          g_warning ("The TLS certificate is left as it was: %s", error->message);
          return;
        }
    }
  g_set_object (&priv->certificate, certificate);
  g_set_object (&priv->database, database);
  priv->client_authentication = mode;
  g_clear_pointer (&priv->tls, nx_tls_context_unref);
  priv->tls = g_steal_pointer (&tls);
}

static void
set_backplane (NxAppPrivate *priv, NxBackplane *backplane)
{
  if (backplane == priv->backplane)
    return;
  if (backplane != NULL && nx_backplane_get_private (backplane)->is_started)
    {
      g_critical ("NxApp:backplane: this %s serves another app", G_OBJECT_TYPE_NAME (backplane));
      return;
    }
  g_set_object (&priv->backplane, backplane);
  nx_groups_set_backplane (priv->groups, backplane);
}

static void
nx_app_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxApp *self = NX_APP (object);
  NxAppPrivate *priv = nx_app_get_private (self);

  switch (id)
    {
    case PROP_HANDSHAKE_TIMEOUT:
      priv->gate_limits.timeout_ms = g_value_get_uint (value);
      break;
    case PROP_DECISION_TIMEOUT:
      priv->decision_timeout_ms = g_value_get_uint (value);
      break;
    case PROP_MAX_HEADER_SIZE:
      priv->gate_limits.head.max_size = g_value_get_uint (value);
      break;
    case PROP_MAX_HEADER_LINES:
      priv->gate_limits.head.max_lines = g_value_get_uint (value);
      break;
    case PROP_MAX_PENDING:
      priv->gate_limits.max_pending = g_value_get_uint (value);
      break;
    case PROP_MAX_UNDECIDED:
      priv->max_undecided = g_value_get_uint (value);
      break;
    case PROP_MAX_BODY_SIZE:
      priv->gate_limits.max_body_size = g_value_get_uint64 (value);
      break;
    case PROP_MAX_CONNECTIONS:
      priv->max_connections = g_value_get_uint (value);
      break;
    case PROP_MAX_CONNECTIONS_PER_ADDRESS:
      priv->max_connections_per_address = g_value_get_uint (value);
      break;
    case PROP_ALLOWED_HOSTS:
      set_strv (&priv->allowed_hosts, value);
      check_hosts (priv->allowed_hosts);
      break;
    case PROP_ALLOWED_ORIGINS:
      set_strv (&priv->allowed_origins, value);
      check_origins (priv->allowed_origins);
      break;
    case PROP_TLS_CERTIFICATE:
      set_tls (self, g_value_get_object (value), priv->database, priv->client_authentication);
      break;
    case PROP_TLS_DATABASE:
      set_tls (self, priv->certificate, g_value_get_object (value), priv->client_authentication);
      break;
    case PROP_TLS_CLIENT_AUTHENTICATION:
      set_tls (self, priv->certificate, priv->database, g_value_get_enum (value));
      break;
    case PROP_DRAIN_DELAY:
      priv->drain_delay_ms = g_value_get_uint (value);
      break;
    case PROP_DRAIN_TIMEOUT:
      priv->drain_timeout_ms = g_value_get_uint (value);
      break;
    case PROP_DRAIN_SPREAD:
      priv->drain_spread_ms = g_value_get_uint (value);
      break;
    case PROP_BACKPLANE:
      set_backplane (priv, g_value_get_object (value));
      break;
    case PROP_WORKERS:
      priv->n_workers = g_value_get_uint (value);
      break;
    case PROP_PAGE:
      g_free (priv->page);
      priv->page = g_value_dup_string (value);
      break;
    case PROP_APPLICATION_VERSION:
      g_free (priv->application_version);
      priv->application_version = g_value_dup_string (value);
      break;
    default:
      if (is_setting (id))
        set_setting (self, id - PROP_FIRST_SETTING, value);
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
  set_backplane (priv, NULL);
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
install_statistics (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * NxApp:server: (getter get_server)
   *
   * What serves plain HTTP on the same ports. It sees requests that were screened; do not let it listen by itself.
   *
   * Since: 0.1
   */
  properties[PROP_SERVER] = g_param_spec_object ("server", NULL, NULL, SOUP_TYPE_SERVER, flags);
  /**
   * NxApp:connections: (getter get_connections)
   *
   * The websockets of this app, those included that are not decided yet. Their order changes.
   *
   * Since: 0.1
   */
  properties[PROP_CONNECTIONS] =
      g_param_spec_object ("connections", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  /**
   * NxApp:n-connections:
   *
   * How many websockets there are, those included that are not decided yet.
   *
   * Since: 0.1
   */
  properties[PROP_N_CONNECTIONS] =
      g_param_spec_uint ("n-connections", NULL, NULL, 0, G_MAXUINT, 0, flags);
  /**
   * NxApp:n-undecided:
   *
   * How many handshakes wait for their decision.
   *
   * Since: 0.1
   */
  properties[PROP_N_UNDECIDED] =
      g_param_spec_uint ("n-undecided", NULL, NULL, 0, G_MAXUINT, 0, flags);
  /**
   * NxApp:n-accepted:
   *
   * How many connections were let in so far, by a listener.
   *
   * Since: 0.1
   */
  properties[PROP_N_ACCEPTED] =
      g_param_spec_uint64 ("n-accepted", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxApp:n-refused-heads:
   *
   * How many requests were malformed, and answered so.
   *
   * Since: 0.1
   */
  properties[PROP_N_REFUSED_HEADS] =
      g_param_spec_uint64 ("n-refused-heads", NULL, NULL, 0, G_MAXUINT64, 0, flags);
}

static void
install_limits (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * NxApp:handshake-timeout:
   *
   * How many milliseconds a client has from its connection to its whole request head, the TLS handshake included.
   *
   * From 1 on; the default is 10000.
   *
   * Since: 0.1
   */
  properties[PROP_HANDSHAKE_TIMEOUT] =
      g_param_spec_uint ("handshake-timeout", NULL, NULL, 1, G_MAXINT, 10 * 1000, flags);
  /**
   * NxApp:decision-timeout:
   *
   * How many milliseconds a decision may take before the handshake is answered with 503.
   *
   * From 1 on; the default is 30000.
   *
   * Since: 0.1
   */
  properties[PROP_DECISION_TIMEOUT] =
      g_param_spec_uint ("decision-timeout", NULL, NULL, 1, G_MAXINT, 30 * 1000, flags);
  /**
   * NxApp:max-header-size:
   *
   * The largest request head, in octets; a larger one is answered with 431.
   *
   * From 256 to 61440; the default is 16384.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_HEADER_SIZE] =
      g_param_spec_uint ("max-header-size", NULL, NULL, 256, 60 * 1024, 16 * 1024, flags);
  /**
   * NxApp:max-header-lines:
   *
   * How many lines a request head may have; more are answered with 431.
   *
   * From 8 to 10000; the default is 100.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_HEADER_LINES] =
      g_param_spec_uint ("max-header-lines", NULL, NULL, 8, 10000, 100, flags);
  /**
   * NxApp:max-pending-handshakes:
   *
   * How many connections may be without their whole request head; beyond it, the oldest is cut.
   *
   * From 1 on; the default is 2048.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PENDING] =
      g_param_spec_uint ("max-pending-handshakes", NULL, NULL, 1, G_MAXINT, 2048, flags);
  /**
   * NxApp:max-undecided:
   *
   * How many handshakes may wait for their decision; beyond it, 503.
   *
   * From 1 on; the default is 4096.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_UNDECIDED] =
      g_param_spec_uint ("max-undecided", NULL, NULL, 1, G_MAXINT, 4096, flags);
  /**
   * NxApp:max-body-size:
   *
   * The largest body of a plain HTTP request, in octets; a larger one is answered with 413.
   *
   * The default is 1048576, one mebibyte.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BODY_SIZE] =
      g_param_spec_uint64 ("max-body-size", NULL, NULL, 0, G_MAXINT64, 1024 * 1024, flags);
  /**
   * NxApp:max-connections:
   *
   * How many websockets and plain HTTP requests there may be together; beyond it, 503. 0: any number.
   *
   * The default is 0.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_CONNECTIONS] =
      g_param_spec_uint ("max-connections", NULL, NULL, 0, G_MAXUINT, 0, flags);
  /**
   * NxApp:max-connections-per-address:
   *
   * How many websockets one IP address may have; beyond it, 429. 0: any number.
   *
   * The default is 0.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_CONNECTIONS_PER_ADDRESS] =
      g_param_spec_uint ("max-connections-per-address", NULL, NULL, 0, G_MAXUINT, 0, flags);
  /**
   * NxApp:allowed-hosts:
   *
   * Which names the service answers to, as a client's Host has them, with or without a port; `*` for any. Another one is
   * answered with 421.
   *
   * Unset, a listener on the loopback interface answers to names of the loopback alone, so that no page can reach it under
   * a name of its own (DNS rebinding), and other listeners to any.
   *
   * Since: 0.1
   */
  properties[PROP_ALLOWED_HOSTS] =
      g_param_spec_boxed ("allowed-hosts", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * NxApp:allowed-origins:
   *
   * Which pages may connect, as `SCHEME://HOST[:PORT]`; `*` for any. Another one is answered with 403.
   *
   * Unset, those that come from the very host and port that they connect to. A client without an Origin is no browser, and
   * may connect.
   *
   * Since: 0.1
   */
  properties[PROP_ALLOWED_ORIGINS] =
      g_param_spec_boxed ("allowed-origins", NULL, NULL, G_TYPE_STRV, flags);
}

static void
install_tls_and_drain (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * NxApp:tls-certificate:
   *
   * What to show over TLS, with its private key. It may be replaced at any time, for the connections that come then; one that
   * cannot be used is not taken, and a warning says why.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_CERTIFICATE] =
      g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);
  /**
   * NxApp:tls-database:
   *
   * What clients' certificates are verified with.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_DATABASE] =
      g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, flags);
  /**
   * NxApp:tls-client-authentication:
   *
   * Whether clients are asked for a certificate, or must have one that [property@App:tls-database] verifies.
   *
   * The default is %G_TLS_AUTHENTICATION_NONE.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_CLIENT_AUTHENTICATION] =
      g_param_spec_enum ("tls-client-authentication", NULL, NULL, G_TYPE_TLS_AUTHENTICATION_MODE,
                         G_TLS_AUTHENTICATION_NONE, flags);
  /**
   * NxApp:drain-delay:
   *
   * How many milliseconds pass between [method@App.stop_async] and the end of accepting, in which clients are taken as before, while
   * [method@App.serve_readiness] answers 503: what sends clients here sees it and sends them elsewhere, and none finds a closed
   * port. 0: none.
   *
   * The default is 0.
   *
   * Since: 0.1
   */
  properties[PROP_DRAIN_DELAY] =
      g_param_spec_uint ("drain-delay", NULL, NULL, 0, G_MAXINT, 0, flags);
  /**
   * NxApp:drain-timeout:
   *
   * How many milliseconds [method@App.stop_async] waits for the closing handshakes before it cuts, from the end of
   * [property@App:drain-delay] on.
   *
   * The default is 10000.
   *
   * Since: 0.1
   */
  properties[PROP_DRAIN_TIMEOUT] =
      g_param_spec_uint ("drain-timeout", NULL, NULL, 0, G_MAXINT, 10 * 1000, flags);
  /**
   * NxApp:drain-spread:
   *
   * Over how many milliseconds [method@App.stop_async] closes the connections, so that they do not all come back at once.
   *
   * The default is 0: all at once.
   *
   * Since: 0.1
   */
  properties[PROP_DRAIN_SPREAD] =
      g_param_spec_uint ("drain-spread", NULL, NULL, 0, G_MAXINT, 0, flags);
  /**
   * NxApp:backplane:
   *
   * What carries the messages of groups to other processes; %NULL for groups of this process alone. It is started when it is set,
   * which is to be done in the app's main context, and stopped with the app.
   *
   * The default is %NULL.
   *
   * Since: 0.1
   */
  properties[PROP_BACKPLANE] =
      g_param_spec_object ("backplane", NULL, NULL, NX_TYPE_BACKPLANE, flags);
  /**
   * NxApp:workers:
   *
   * With how many processes [method@App.run] serves, when no `--workers` says it; 0: one for each processor.
   *
   * From 0 to 1024; the default is 1.
   *
   * Since: 0.1
   */
  properties[PROP_WORKERS] = g_param_spec_uint ("workers", NULL, NULL, 0, 1024, 1, flags);
  /**
   * NxApp:worker-number:
   *
   * Which of several processes of [method@App.run] this is, from 1; 0 when it serves alone. Another one gets the same number when it
   * replaces one that died. It is known when [signal@App::started] is emitted.
   *
   * Since: 0.1
   */
  properties[PROP_WORKER_NUMBER] = g_param_spec_uint ("worker-number", NULL, NULL, 0, 1024, 0,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * NxApp:page:
   *
   * The path of a page for people, such as `/`: [method@App.run] says on stdout where to open it, behind where it listens. %NULL, the default: there
   * is none.
   *
   * Since: 0.1
   */
  properties[PROP_PAGE] = g_param_spec_string ("page", NULL, NULL, NULL, flags);
  /**
   * NxApp:application-version:
   *
   * The version of what the app speaks, for the AsyncAPI document of [method@App.describe_as]; %NULL, the default, is `0` there.
   *
   * Since: 0.1
   */
  properties[PROP_APPLICATION_VERSION] =
      g_param_spec_string ("application-version", NULL, NULL, NULL, flags);
}

static void
install_signals (void)
{
  /**
   * NxApp::started:
   * @self: the app
   *
   * It listens: what lives as long as the service can be made. An app that does not listen, and is driven by a [class@TestClient],
   * has it before the first handshake or request of one.
   *
   * Since: 0.1
   */
  nx_app_signals[NX_APP_STARTED] =
      g_signal_new ("started", NX_TYPE_APP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * NxApp::refused:
   * @self: the app
   * @remote_address: who asked
   * @path: (nullable): the path, percent-encoded as it came and without the query; %NULL of a request that is malformed
   * @status: the HTTP status of the answer
   *
   * A request was answered by the app itself, so that there is no websocket for it: a head that is malformed or too large, a host
   * or an origin that is not allowed, a limit that is reached, a path without a route, or credentials that a
   * [class@Soup.AuthDomain] did not accept. It comes once a request.
   *
   * What a middleware or a route's handler refuses has a websocket, and ends with [signal@WebSocket::closed]. Plain HTTP that
   * reaches [property@App:server] is not told of here.
   *
   * Since: 0.1
   */
  nx_app_signals[NX_APP_REFUSED] =
      g_signal_new ("refused", NX_TYPE_APP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                    G_TYPE_SOCKET_ADDRESS, G_TYPE_STRING, G_TYPE_UINT);
  /**
   * NxApp::stopping:
   * @self: the app
   *
   * It accepts nobody any more, and is about to close its connections.
   *
   * Since: 0.1
   */
  nx_app_signals[NX_APP_STOPPING] = g_signal_new ("stopping", NX_TYPE_APP, G_SIGNAL_RUN_LAST, 0,
                                                  NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * NxApp::stopped:
   * @self: the app
   *
   * No connection is left.
   *
   * Since: 0.1
   */
  nx_app_signals[NX_APP_STOPPED] =
      g_signal_new ("stopped", NX_TYPE_APP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
nx_app_class_init (NxAppClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_app_get_property;
  object_class->set_property = nx_app_set_property;
  object_class->dispose = nx_app_dispose;
  object_class->finalize = nx_app_finalize;
  install_statistics ();
  install_limits ();
  install_tls_and_drain ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
  nx_settings_install_properties (object_class, PROP_FIRST_SETTING);
  install_signals ();
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
