/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "testing/nx-test-client-private.h"

#include "nx-enum-types.h"

#define DEFAULT_TIMEOUT_MS 5000

/**
 * NxTestClient:
 *
 * Drives an [class@App] from a unit test: no port, no other thread or process, and no waiting that does not end.
 *
 * A client has one connection at a time, over memory, and can be opened again after its end; several clients may be on one
 * app, which need not listen. The frames are made and read by libsoup's client, so that two implementations meet. What a
 * client can be told to do badly, such as not reading or breaking the protocol, is for tests of how the app bears it.
 *
 * Every function that waits does so for [property@TestClient:timeout] at most, and then fails with a sentence that says what
 * came instead. It exists twice: the plain one iterates the thread's main context, in which the app lives, until it is there,
 * and must not be called from inside a handler of the app; the other is for tests that run in a loop.
 *
 * The app's own time, which its deadlines and its keepalive go by, can be stood still and moved
 * ([method@TestClient.advance_time]), so that no test need wait for them.
 *
 * A client that is disposed of while it is connected vanishes, as [method@TestClient.cut] has it; where a garbage collector
 * decides when that is, end it by yourself.
 *
 * Since: 0.1
 */
enum {
  PROP_0,
  PROP_APP,
  PROP_TIMEOUT,
  PROP_HOST,
  PROP_SUBPROTOCOLS,
  PROP_COMPRESSION,
  PROP_TRANSPORT,
  PROP_CERTIFICATE,
  PROP_REMOTE_ADDRESS,
  PROP_CREDENTIALS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (NxTestClient, nx_test_client, G_TYPE_OBJECT)

static void
nx_test_client_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxTestClient *self = NX_TEST_CLIENT (object);

  switch (id)
    {
    case PROP_APP:
      g_value_set_object (value, self->app);
      break;
    case PROP_TIMEOUT:
      g_value_set_uint (value, self->timeout_ms);
      break;
    case PROP_HOST:
      g_value_set_string (value, self->host);
      break;
    case PROP_SUBPROTOCOLS:
      g_value_set_boxed (value, self->subprotocols);
      break;
    case PROP_COMPRESSION:
      g_value_set_boolean (value, self->compression);
      break;
    case PROP_TRANSPORT:
      g_value_set_enum (value, self->wire.transport);
      break;
    case PROP_CERTIFICATE:
      g_value_set_object (value, self->wire.certificate);
      break;
    case PROP_REMOTE_ADDRESS:
      g_value_set_object (value, self->wire.remote_address);
      break;
    case PROP_CREDENTIALS:
      g_value_set_object (value, self->wire.credentials);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_test_client_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxTestClient *self = NX_TEST_CLIENT (object);

  switch (id)
    {
    case PROP_APP:
      self->app = g_value_dup_object (value);
      break;
    case PROP_TIMEOUT:
      self->timeout_ms = g_value_get_uint (value);
      break;
    case PROP_HOST:
      g_free (self->host);
      self->host = g_value_dup_string (value);
      break;
    case PROP_SUBPROTOCOLS:
      g_strfreev (self->subprotocols);
      self->subprotocols = g_value_dup_boxed (value);
      break;
    case PROP_COMPRESSION:
      self->compression = g_value_get_boolean (value);
      break;
    case PROP_TRANSPORT:
      self->wire.transport = g_value_get_enum (value);
      break;
    case PROP_CERTIFICATE:
      g_set_object (&self->wire.certificate, g_value_get_object (value));
      break;
    case PROP_REMOTE_ADDRESS:
      g_set_object (&self->wire.remote_address, g_value_get_object (value));
      break;
    case PROP_CREDENTIALS:
      g_set_object (&self->wire.credentials, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_test_client_dispose (GObject *object)
{
  NxTestClient *self = NX_TEST_CLIENT (object);

  if (self->app != NULL)
    nx_test_client_forget_connection (self);
  g_clear_object (&self->app);
  G_OBJECT_CLASS (nx_test_client_parent_class)->dispose (object);
}

static void
nx_test_client_finalize (GObject *object)
{
  NxTestClient *self = NX_TEST_CLIENT (object);

  g_clear_pointer (&self->answer, nx_test_answer_free);
  g_clear_object (&self->wire.certificate);
  g_clear_object (&self->wire.remote_address);
  g_clear_object (&self->wire.credentials);
  g_main_context_unref (self->context);
  g_ptr_array_unref (self->headers);
  g_ptr_array_unref (self->cookies);
  g_strfreev (self->subprotocols);
  g_free (self->host);
  g_free (self->path);
  g_free (self->key);
  G_OBJECT_CLASS (nx_test_client_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * NxTestClient:app: (getter get_app)
   *
   * The app that it connects to, and keeps alive.
   *
   * Since: 0.1
   */
  properties[PROP_APP] =
      g_param_spec_object ("app", NULL, NULL, NX_TYPE_APP, flags | G_PARAM_CONSTRUCT_ONLY);
  /**
   * NxTestClient:timeout: (getter get_timeout) (setter set_timeout)
   *
   * How many milliseconds a function waits at most, in real time.
   *
   * From 1 on; the default is 5000.
   *
   * Since: 0.1
   */
  properties[PROP_TIMEOUT] =
      g_param_spec_uint ("timeout", NULL, NULL, 1, G_MAXINT, DEFAULT_TIMEOUT_MS, flags);
  /**
   * NxTestClient:host: (getter get_host) (setter set_host)
   *
   * The Host of its requests, with a port or without.
   *
   * The default is `localhost`.
   *
   * Since: 0.1
   */
  properties[PROP_HOST] = g_param_spec_string ("host", NULL, NULL, "localhost", flags);
  /**
   * NxTestClient:subprotocols: (getter get_subprotocols) (setter set_subprotocols)
   *
   * The subprotocols that it offers, the dearest first; unset: none.
   *
   * Since: 0.1
   */
  properties[PROP_SUBPROTOCOLS] =
      g_param_spec_boxed ("subprotocols", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * NxTestClient:compression: (getter get_compression) (setter set_compression)
   *
   * Whether it offers permessage-deflate (RFC 7692).
   *
   * The default is %FALSE.
   *
   * Since: 0.1
   */
  properties[PROP_COMPRESSION] = g_param_spec_boolean ("compression", NULL, NULL, FALSE, flags);
  /**
   * NxTestClient:transport: (getter get_transport) (setter set_transport)
   *
   * What it seems to connect over.
   *
   * The default is %NX_TEST_TRANSPORT_TCP.
   *
   * Since: 0.1
   */
  properties[PROP_TRANSPORT] = g_param_spec_enum ("transport", NULL, NULL, NX_TYPE_TEST_TRANSPORT,
                                                  NX_TEST_TRANSPORT_TCP, flags);
  /**
   * NxTestClient:certificate: (getter get_certificate) (setter set_certificate)
   *
   * What it shows over TLS, for [method@WebSocket.get_peer_certificate]; nobody verifies it. Unset: nothing.
   *
   * Since: 0.1
   */
  properties[PROP_CERTIFICATE] =
      g_param_spec_object ("certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);
  /**
   * NxTestClient:remote-address: (getter get_remote_address) (setter set_remote_address)
   *
   * Where it seems to come from; unset: the loopback interface.
   *
   * Since: 0.1
   */
  properties[PROP_REMOTE_ADDRESS] =
      g_param_spec_object ("remote-address", NULL, NULL, G_TYPE_SOCKET_ADDRESS, flags);
  /**
   * NxTestClient:credentials: (getter get_credentials) (setter set_credentials)
   *
   * Whose process it seems to be, over %NX_TEST_TRANSPORT_UNIX; unset: this one.
   *
   * Since: 0.1
   */
  properties[PROP_CREDENTIALS] =
      g_param_spec_object ("credentials", NULL, NULL, G_TYPE_CREDENTIALS, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
nx_test_client_class_init (NxTestClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_test_client_get_property;
  object_class->set_property = nx_test_client_set_property;
  object_class->dispose = nx_test_client_dispose;
  object_class->finalize = nx_test_client_finalize;
  install_properties (object_class);
}

static void
nx_test_client_init (NxTestClient *self)
{
  self->timeout_ms = DEFAULT_TIMEOUT_MS;
  self->host = g_strdup ("localhost");
  self->headers = g_ptr_array_new_with_free_func (g_free);
  self->cookies = g_ptr_array_new_with_free_func (g_free);
  self->state = NX_STATE_CLOSED;
  self->context = g_main_context_ref_thread_default ();
}

/**
 * nx_test_client_new:
 * @app: an app of this thread, which need not listen
 *
 * Makes a client, which connects to nothing yet.
 *
 * Returns: (transfer full): the client
 *
 * Since: 0.1
 */
NxTestClient *
nx_test_client_new (NxApp *app)
{
  g_return_val_if_fail (NX_IS_APP (app), NULL);

  return g_object_new (NX_TYPE_TEST_CLIENT, "app", app, NULL);
}

/**
 * nx_test_client_get_app: (get-property app)
 * @self: a client
 *
 * The app that it connects to, and keeps alive.
 *
 * Returns: (transfer none): the app
 *
 * Since: 0.1
 */
NxApp *
nx_test_client_get_app (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->app;
}
