/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a client says of itself: its header fields and cookies, and the request heads that are made of them. */
#include "config.h"

#include <string.h>

#include "testing/nx-test-client-private.h"

#define KEY_SIZE 16

/* What is called so is taken away. */
static void
remove_name (GPtrArray *pairs, const char *name, int (*compare) (const char *a, const char *b))
{
  for (guint i = 0; i < pairs->len;)
    if (compare (g_ptr_array_index (pairs, i), name) == 0)
      g_ptr_array_remove_range (pairs, i, 2);
    else
      i += 2;
}

static void
add_pair (GPtrArray *pairs, const char *name, const char *value)
{
  g_ptr_array_add (pairs, g_strdup (name));
  g_ptr_array_add (pairs, g_strdup (value));
}

/**
 * nx_test_client_set_header:
 * @self: a client
 * @name: a field name, such as `Origin` or `Authorization`
 * @value: (nullable): its value; %NULL takes it away
 *
 * Sets a header field of the requests from now on, in place of all that have its name.
 *
 * Both go out as they are, so that one can see what the app makes of a malformed one.
 *
 * Since: 0.1
 */
void
nx_test_client_set_header (NxTestClient *self, const char *name, const char *value)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (name != NULL);

  remove_name (self->headers, name, g_ascii_strcasecmp);
  if (value != NULL)
    add_pair (self->headers, name, value);
}

/**
 * nx_test_client_add_header:
 * @self: a client
 * @name: a field name
 * @value: its value
 *
 * Adds a header field to the requests from now on, beside those that have its name already, such as the two Cookie lines
 * or the two Authorization lines of a client that is up to no good.
 *
 * Since: 0.1
 */
void
nx_test_client_add_header (NxTestClient *self, const char *name, const char *value)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (value != NULL);

  add_pair (self->headers, name, value);
}

/**
 * nx_test_client_set_cookie:
 * @self: a client
 * @name: its name
 * @value: (nullable): its value; %NULL takes it away
 *
 * Sets a cookie of the requests from now on. Cookies that the app sets are not kept.
 *
 * Since: 0.1
 */
void
nx_test_client_set_cookie (NxTestClient *self, const char *name, const char *value)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (name != NULL);

  remove_name (self->cookies, name, strcmp);
  if (value != NULL)
    add_pair (self->cookies, name, value);
}

/* -- What is written -- */

static void
append_pairs (GString *text, GPtrArray *pairs, const char *between, const char *behind)
{
  for (guint i = 0; i < pairs->len; i += 2)
    g_string_append_printf (text, "%s%s%s%s", (const char *) g_ptr_array_index (pairs, i), between,
                            (const char *) g_ptr_array_index (pairs, i + 1),
                            i + 2 < pairs->len || *behind == '\r' ? behind : "");
}

static GString *
begin_request (NxTestClient *self, const char *method, const char *path)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, self->host);
  append_pairs (text, self->headers, ": ", "\r\n");
  if (self->cookies->len > 0)
    {
      g_string_append (text, "Cookie: ");
      append_pairs (text, self->cookies, "=", "; ");
      g_string_append (text, "\r\n");
    }
  return text;
}

static char *
make_key (void)
{
  guint32 octets[KEY_SIZE / 4];

  for (guint i = 0; i < G_N_ELEMENTS (octets); i++)
    octets[i] = g_random_int ();
  return g_base64_encode ((const guchar *) octets, sizeof octets);
}

GBytes *
nx_test_client_make_handshake (NxTestClient *self, const char *path)
{
  GString *text = begin_request (self, "GET", path);

  g_free (self->key);
  self->key = make_key ();
  g_string_append_printf (text,
                          "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n",
                          self->key);
  if (self->subprotocols != NULL && self->subprotocols[0] != NULL)
    {
      g_autofree char *names = g_strjoinv (", ", self->subprotocols);

      g_string_append_printf (text, "Sec-WebSocket-Protocol: %s\r\n", names);
    }
  if (self->compression)
    {
      g_autofree char *params = NULL;

      self->offered_extension = g_object_new (SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE, NULL);
      params = soup_websocket_extension_get_request_params (self->offered_extension);
      g_string_append_printf (text, "Sec-WebSocket-Extensions: permessage-deflate%s\r\n",
                              params != NULL ? params : "");
    }
  g_string_append (text, "\r\n");
  return g_string_free_to_bytes (text);
}

GBytes *
nx_test_client_make_request (NxTestClient *self, const char *method, const char *path, GBytes *body)
{
  GString *text = begin_request (self, method, path);
  gsize length = 0;
  const char *data = body != NULL ? g_bytes_get_data (body, &length) : NULL;

  if (body != NULL)
    g_string_append_printf (text, "Content-Length: %" G_GSIZE_FORMAT "\r\n", length);
  g_string_append (text, "\r\n");
  g_string_append_len (text, data != NULL ? data : "", (gssize) length);
  return g_string_free_to_bytes (text);
}
