/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "testing/nx-test-answer-private.h"

#include <string.h>

#include "nx-error.h"

#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455 section 1.3 */
#define DEFLATE_NAME "permessage-deflate"

NxTestAnswer *
nx_test_answer_new (void)
{
  NxTestAnswer *self = g_new0 (NxTestAnswer, 1);

  self->octets = g_byte_array_new ();
  self->headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  return self;
}

void
nx_test_answer_free (NxTestAnswer *self)
{
  g_byte_array_unref (self->octets);
  soup_message_headers_unref (self->headers);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_error (&self->fault);
  g_free (self->phrase);
  g_free (self);
}

static void fail (NxTestAnswer *self, NxError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
fail (NxTestAnswer *self, NxError code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  self->fault = g_error_new_valist (NX_ERROR, code, format, arguments);
  va_end (arguments);
  self->is_complete = TRUE;
}

void
nx_test_answer_feed (NxTestAnswer *self, const guint8 *data, gsize length)
{
  const char *octets, *end;

  g_byte_array_append (self->octets, data, length);
  /* Behind them a NUL, for functions that stop at what is no digit. */
  g_byte_array_append (self->octets, (const guint8 *) "", 1);
  g_byte_array_set_size (self->octets, self->octets->len - 1);
  if (self->head_length > 0 || self->is_complete)
    return;
  octets = (const char *) self->octets->data;
  end = g_strstr_len (octets, self->octets->len, "\r\n\r\n");
  if (end == NULL)
    return;
  /* libsoup wants the head without its last, empty line. */
  if (!soup_headers_parse_response (octets, (int) (end + 2 - octets), self->headers, NULL,
                                    &self->status, &self->phrase))
    {
      fail (self, NX_ERROR_INVALID_DATA, "The app answered with what is no HTTP: %.*s",
            (int) MIN (end - octets, 80), octets);
      return;
    }
  self->head_length = end + 4 - octets;
  self->is_complete = self->status == 101;
}

static gboolean
is_chunked (NxTestAnswer *self)
{
  const char *value = soup_message_headers_get_list (self->headers, "Transfer-Encoding");

  return value != NULL && soup_header_contains (value, "chunked");
}

/* RFC 9112 section 7.1; extensions and trailers are passed over. */
static GBytes *
join_chunks (const char *at, const char *end)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  while (at < end)
    {
      const char *line_end = g_strstr_len (at, end - at, "\r\n");
      guint64 size = g_ascii_strtoull (at, NULL, 16);

      if (line_end == NULL)
        return NULL;
      at = line_end + 2;
      if (size == 0)
        return g_byte_array_free_to_bytes (g_steal_pointer (&body));
      if (size > (guint64) (end - at) || (guint64) (end - at) - size < 2)
        return NULL;
      g_byte_array_append (body, (const guint8 *) at, (guint) size);
      at += size + 2;
    }
  return NULL;
}

static void
take_body (NxTestAnswer *self)
{
  const char *start = (const char *) self->octets->data + self->head_length;
  gsize length = self->octets->len - self->head_length;

  if (is_chunked (self))
    {
      self->body = join_chunks (start, start + length);
      if (self->body == NULL)
        fail (self, NX_ERROR_INVALID_DATA,
              "The chunks of the answer's body are malformed, or some are missing");
    }
  else if (soup_message_headers_get_encoding (self->headers) == SOUP_ENCODING_CONTENT_LENGTH
           && soup_message_headers_get_content_length (self->headers) != (goffset) length)
    fail (self, NX_ERROR_INVALID_DATA,
          "The answer's Content-Length is %" G_GOFFSET_FORMAT ", and its body has %" G_GSIZE_FORMAT
          " octets",
          soup_message_headers_get_content_length (self->headers), length);
  else
    self->body = g_bytes_new (start, length);
}

void
nx_test_answer_end (NxTestAnswer *self, gboolean to_head)
{
  if (self->is_complete)
    return;
  if (self->head_length == 0)
    {
      fail (self, NX_ERROR_DISCONNECTED, "The app ended the connection without an answer%s%.*s",
            self->octets->len > 0 ? ", after: " : "", (int) MIN (self->octets->len, 80),
            (const char *) self->octets->data);
      return;
    }
  self->is_complete = TRUE;
  if (to_head)
    self->body = g_bytes_new (NULL, 0);
  else
    take_body (self);
}

char *
nx_test_answer_describe (NxTestAnswer *self)
{
  gsize length = 0;
  const char *body = self->body != NULL ? g_bytes_get_data (self->body, &length) : NULL;

  if (length == 0 || !g_utf8_validate_len (body, length, NULL))
    return g_strdup_printf ("%u %s", self->status, self->phrase);
  if (body[length - 1] == '\n')
    length--;
  return g_strdup_printf ("%u %s (%.*s%s)", self->status, self->phrase, (int) MIN (length, 200),
                          body, length > 200 ? "…" : "");
}

/* -- The answer to a handshake -- */

static gboolean
refuse (GError **error, const char *name, const char *is, const char *should_be)
{
  g_set_error (error, NX_ERROR, NX_ERROR_INVALID_DATA,
               "The app's 101 is no answer to the handshake: %s is %s where %s was expected", name,
               is != NULL ? is : "missing", should_be);
  return FALSE;
}

static char *
compute_accept (const char *key)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) ACCEPT_GUID, -1);
  g_checksum_get_digest (checksum, digest, &length);
  return g_base64_encode (digest, length);
}

gboolean
nx_test_answer_check_handshake (NxTestAnswer *self,
                                const char *key,
                                const char *const *offered_subprotocols,
                                const char **subprotocol,
                                GError **error)
{
  const char *upgrade = soup_message_headers_get_one (self->headers, "Upgrade");
  const char *connection = soup_message_headers_get_list (self->headers, "Connection");
  const char *accept = soup_message_headers_get_one (self->headers, "Sec-WebSocket-Accept");
  g_autofree char *right = compute_accept (key);

  *subprotocol = soup_message_headers_get_list (self->headers, "Sec-WebSocket-Protocol");
  if (upgrade == NULL || g_ascii_strcasecmp (upgrade, "websocket") != 0)
    return refuse (error, "Upgrade", upgrade, "websocket");
  if (connection == NULL || !soup_header_contains (connection, "Upgrade"))
    return refuse (error, "Connection", connection, "Upgrade");
  if (g_strcmp0 (accept, right) != 0)
    return refuse (error, "Sec-WebSocket-Accept", accept, right);
  if (*subprotocol != NULL
      && (offered_subprotocols == NULL || !g_strv_contains (offered_subprotocols, *subprotocol)))
    return refuse (error, "Sec-WebSocket-Protocol", *subprotocol, "one of those offered");
  return TRUE;
}

gboolean
nx_test_answer_check_extensions (NxTestAnswer *self,
                                 SoupWebsocketExtension *extension,
                                 gboolean *is_agreed,
                                 GError **error)
{
  const char *value = soup_message_headers_get_list (self->headers, "Sec-WebSocket-Extensions");
  g_autoptr (GHashTable) params = NULL;
  const char *semicolon;
  gsize length;

  *is_agreed = FALSE;
  if (value == NULL)
    return TRUE;
  semicolon = strchr (value, ';');
  length = semicolon != NULL ? (gsize) (semicolon - value) : strlen (value);
  while (length > 0 && value[length - 1] == ' ')
    length--;
  if (extension == NULL || length != strlen (DEFLATE_NAME)
      || strncmp (value, DEFLATE_NAME, length) != 0)
    return refuse (error, "Sec-WebSocket-Extensions", value, "one of those offered");
  if (semicolon != NULL)
    params = soup_header_parse_semi_param_list (semicolon + 1);
  *is_agreed = soup_websocket_extension_configure (extension, SOUP_WEBSOCKET_CONNECTION_CLIENT,
                                                   params, error);
  g_prefix_error (error, "The app's 101 has Sec-WebSocket-Extensions: %s: ", value);
  return *is_agreed;
}
