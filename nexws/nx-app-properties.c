/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be set on an app, and read of it. */
#include "config.h"

#include "nx-app-private.h"

#include "nx-settings-properties-private.h"

static GParamSpec *properties[NX_APP_N_PROPS];

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
  properties[NX_APP_PROP_SERVER] =
      g_param_spec_object ("server", NULL, NULL, SOUP_TYPE_SERVER, flags);
  /**
   * NxApp:connections: (getter get_connections)
   *
   * The websockets of this app, those included that are not decided yet. Their order changes.
   *
   * Since: 0.1
   */
  properties[NX_APP_PROP_CONNECTIONS] =
      g_param_spec_object ("connections", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  /**
   * NxApp:n-connections:
   *
   * How many websockets there are, those included that are not decided yet.
   *
   * Since: 0.1
   */
  properties[NX_APP_PROP_N_CONNECTIONS] =
      g_param_spec_uint ("n-connections", NULL, NULL, 0, G_MAXUINT, 0, flags);
  /**
   * NxApp:n-undecided:
   *
   * How many handshakes wait for their decision.
   *
   * Since: 0.1
   */
  properties[NX_APP_PROP_N_UNDECIDED] =
      g_param_spec_uint ("n-undecided", NULL, NULL, 0, G_MAXUINT, 0, flags);
  /**
   * NxApp:n-accepted:
   *
   * How many connections were let in so far, by a listener.
   *
   * Since: 0.1
   */
  properties[NX_APP_PROP_N_ACCEPTED] =
      g_param_spec_uint64 ("n-accepted", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxApp:n-refused-heads:
   *
   * How many requests were malformed, and answered so.
   *
   * Since: 0.1
   */
  properties[NX_APP_PROP_N_REFUSED_HEADS] =
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
  properties[NX_APP_PROP_HANDSHAKE_TIMEOUT] =
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
  properties[NX_APP_PROP_DECISION_TIMEOUT] =
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
  properties[NX_APP_PROP_MAX_HEADER_SIZE] =
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
  properties[NX_APP_PROP_MAX_HEADER_LINES] =
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
  properties[NX_APP_PROP_MAX_PENDING] =
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
  properties[NX_APP_PROP_MAX_UNDECIDED] =
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
  properties[NX_APP_PROP_MAX_BODY_SIZE] =
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
  properties[NX_APP_PROP_MAX_CONNECTIONS] =
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
  properties[NX_APP_PROP_MAX_CONNECTIONS_PER_ADDRESS] =
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
  properties[NX_APP_PROP_ALLOWED_HOSTS] =
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
  properties[NX_APP_PROP_ALLOWED_ORIGINS] =
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
  properties[NX_APP_PROP_TLS_CERTIFICATE] =
      g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);
  /**
   * NxApp:tls-database:
   *
   * What clients' certificates are verified with.
   *
   * Since: 0.1
   */
  properties[NX_APP_PROP_TLS_DATABASE] =
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
  properties[NX_APP_PROP_TLS_CLIENT_AUTHENTICATION] =
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
  properties[NX_APP_PROP_DRAIN_DELAY] =
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
  properties[NX_APP_PROP_DRAIN_TIMEOUT] =
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
  properties[NX_APP_PROP_DRAIN_SPREAD] =
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
  properties[NX_APP_PROP_BACKPLANE] =
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
  properties[NX_APP_PROP_WORKERS] = g_param_spec_uint ("workers", NULL, NULL, 0, 1024, 1, flags);
  /**
   * NxApp:worker-number:
   *
   * Which of several processes of [method@App.run] this is, from 1; 0 when it serves alone. Another one gets the same number when it
   * replaces one that died. It is known when [signal@App::started] is emitted.
   *
   * Since: 0.1
   */
  properties[NX_APP_PROP_WORKER_NUMBER] = g_param_spec_uint (
      "worker-number", NULL, NULL, 0, 1024, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * NxApp:page:
   *
   * The path of a page for people, such as `/`: [method@App.run] says on stdout where to open it, behind where it listens. %NULL, the default: there
   * is none.
   *
   * Since: 0.1
   */
  properties[NX_APP_PROP_PAGE] = g_param_spec_string ("page", NULL, NULL, NULL, flags);
  /**
   * NxApp:application-version:
   *
   * The version of what the app speaks, for the AsyncAPI document of [method@App.describe_as]; %NULL, the default, is `0` there.
   *
   * Since: 0.1
   */
  properties[NX_APP_PROP_APPLICATION_VERSION] =
      g_param_spec_string ("application-version", NULL, NULL, NULL, flags);
}

void
nx_app_install_properties (GObjectClass *klass)
{
  install_statistics ();
  install_limits ();
  install_tls_and_drain ();
  g_object_class_install_properties (klass, NX_APP_N_PROPS, properties);
  nx_settings_install_properties (klass, NX_APP_PROP_FIRST_SETTING);
}
