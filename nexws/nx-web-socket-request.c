/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the client asked with, and who it is. */
#include "config.h"

#include "nx-web-socket-private.h"

#include "routing/nx-pattern-private.h"

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
