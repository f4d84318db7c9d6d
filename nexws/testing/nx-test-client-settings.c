/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a client is to be, set before it is opened. */
#include "config.h"

#include "testing/nx-test-client-private.h"

/**
 * nx_test_client_get_timeout: (get-property timeout)
 * @self: a client
 *
 * How long a function waits at most, in real time.
 *
 * Returns: milliseconds, at least 1
 *
 * Since: 0.1
 */
guint
nx_test_client_get_timeout (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), 0);

  return self->timeout_ms;
}

/**
 * nx_test_client_set_timeout: (set-property timeout)
 * @self: a client
 * @timeout_ms: milliseconds, at least 1
 *
 * Sets how long a function waits at most, in real time.
 *
 * Since: 0.1
 */
void
nx_test_client_set_timeout (NxTestClient *self, guint timeout_ms)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  g_object_set (self, "timeout", timeout_ms, NULL);
}

/**
 * nx_test_client_get_host: (get-property host)
 * @self: a client
 *
 * The Host of its requests.
 *
 * Returns: a name or address, with a port or without
 *
 * Since: 0.1
 */
const char *
nx_test_client_get_host (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->host;
}

/**
 * nx_test_client_set_host: (set-property host)
 * @self: a client
 * @host: a name or address, with a port or without
 *
 * Sets the Host of its requests.
 *
 * Since: 0.1
 */
void
nx_test_client_set_host (NxTestClient *self, const char *host)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  g_object_set (self, "host", host, NULL);
}

/**
 * nx_test_client_get_subprotocols: (get-property subprotocols)
 * @self: a client
 *
 * The subprotocols that it offers.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the names, the dearest first; %NULL for none
 *
 * Since: 0.1
 */
const char *const *
nx_test_client_get_subprotocols (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return (const char *const *) self->subprotocols;
}

/**
 * nx_test_client_set_subprotocols: (set-property subprotocols)
 * @self: a client
 * @names: (nullable) (array zero-terminated=1): the names, the dearest first; %NULL for none
 *
 * Sets the subprotocols that it offers.
 *
 * Since: 0.1
 */
void
nx_test_client_set_subprotocols (NxTestClient *self, const char *const *names)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  g_object_set (self, "subprotocols", names, NULL);
}

/**
 * nx_test_client_get_compression: (get-property compression)
 * @self: a client
 *
 * Whether it offers permessage-deflate (RFC 7692).
 *
 * Returns: whether it does
 *
 * Since: 0.1
 */
gboolean
nx_test_client_get_compression (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);

  return self->compression;
}

/**
 * nx_test_client_set_compression: (set-property compression)
 * @self: a client
 * @compression: whether it does
 *
 * Sets whether it offers permessage-deflate (RFC 7692).
 *
 * Since: 0.1
 */
void
nx_test_client_set_compression (NxTestClient *self, gboolean compression)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  g_object_set (self, "compression", compression, NULL);
}

/**
 * nx_test_client_get_transport: (get-property transport)
 * @self: a client
 *
 * What it seems to connect over.
 *
 * Returns: the transport
 *
 * Since: 0.1
 */
NxTestTransport
nx_test_client_get_transport (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NX_TEST_TRANSPORT_TCP);

  return self->wire.transport;
}

/**
 * nx_test_client_set_transport: (set-property transport)
 * @self: a client
 * @transport: the transport
 *
 * Sets what it seems to connect over.
 *
 * Since: 0.1
 */
void
nx_test_client_set_transport (NxTestClient *self, NxTestTransport transport)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  g_object_set (self, "transport", transport, NULL);
}

/**
 * nx_test_client_get_certificate: (get-property certificate)
 * @self: a client
 *
 * What it shows over TLS.
 *
 * Returns: (transfer none) (nullable): the certificate, which nobody verifies
 *
 * Since: 0.1
 */
GTlsCertificate *
nx_test_client_get_certificate (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->wire.certificate;
}

/**
 * nx_test_client_set_certificate: (set-property certificate)
 * @self: a client
 * @certificate: (nullable): the certificate, which nobody verifies
 *
 * Sets what it shows over TLS.
 *
 * Since: 0.1
 */
void
nx_test_client_set_certificate (NxTestClient *self, GTlsCertificate *certificate)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  g_object_set (self, "certificate", certificate, NULL);
}

/**
 * nx_test_client_get_remote_address: (get-property remote-address)
 * @self: a client
 *
 * Where it seems to come from.
 *
 * Returns: (transfer none) (nullable): the address; %NULL: the loopback interface
 *
 * Since: 0.1
 */
GSocketAddress *
nx_test_client_get_remote_address (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->wire.remote_address;
}

/**
 * nx_test_client_set_remote_address: (set-property remote-address)
 * @self: a client
 * @address: (nullable): the address; %NULL: the loopback interface
 *
 * Sets where it seems to come from.
 *
 * Since: 0.1
 */
void
nx_test_client_set_remote_address (NxTestClient *self, GSocketAddress *address)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  g_object_set (self, "remote-address", address, NULL);
}

/**
 * nx_test_client_get_credentials: (get-property credentials)
 * @self: a client
 *
 * Gets whose process it seems to be.
 *
 * Returns: (transfer none) (nullable): the credentials; %NULL: this process's
 *
 * Since: 0.1
 */
GCredentials *
nx_test_client_get_credentials (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->wire.credentials;
}

/**
 * nx_test_client_set_credentials: (set-property credentials)
 * @self: a client
 * @credentials: (nullable): the credentials; %NULL: this process's
 *
 * Sets whose process it seems to be, so that a test can play other users without being allowed to become them. It counts
 * with [property@TestClient:transport] at %NX_TEST_TRANSPORT_UNIX alone, and for the connections from now on.
 *
 * Since: 0.1
 */
void
nx_test_client_set_credentials (NxTestClient *self, GCredentials *credentials)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  g_object_set (self, "credentials", credentials, NULL);
}
