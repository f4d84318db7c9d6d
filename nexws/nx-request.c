/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-request-private.h"

#include <string.h>

#include "protocol/nx-subprotocol-private.h"

struct _NxRequest
{
  GBytes *head;
  gboolean is_secure;
  char *path;
  GUri *uri;
  SoupMessageHeaders *headers;
  GPtrArray *query; /* of char *: name, value, name, value … */
  GHashTable *cookies;
  char **subprotocols;
};

NxRequest *
nx_request_new (GBytes *head, gboolean is_secure)
{
  NxRequest *self = g_new0 (NxRequest, 1);

  self->head = g_bytes_ref (head);
  self->is_secure = is_secure;
  return self;
}

void
nx_request_free (NxRequest *self)
{
  g_bytes_unref (self->head);
  g_free (self->path);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_pointer (&self->headers, soup_message_headers_unref);
  g_clear_pointer (&self->query, g_ptr_array_unref);
  g_clear_pointer (&self->cookies, g_hash_table_unref);
  g_strfreev (self->subprotocols);
  g_free (self);
}

const char *
nx_request_find_target (const char *head, gsize size, gsize *length)
{
  const char *start = memchr (head, ' ', size);
  const char *end = start != NULL ? memchr (start + 1, ' ', head + size - start - 1) : NULL;

  if (end == NULL)
    {
      *length = 0;
      return head;
    }
  *length = end - start - 1;
  return start + 1;
}

static const char *
find_target (NxRequest *self, gsize *length)
{
  gsize size;
  const char *head = g_bytes_get_data (self->head, &size);

  return nx_request_find_target (head, size, length);
}

/* (nullable) (transfer full): behind the question mark, as it came. */
static char *
dup_query (NxRequest *self)
{
  gsize length;
  const char *target = find_target (self, &length);
  const char *question_mark = memchr (target, '?', length);

  return question_mark != NULL ? g_strndup (question_mark + 1, target + length - question_mark - 1)
                               : NULL;
}

const char *
nx_request_get_path (NxRequest *self)
{
  if (self->path == NULL)
    {
      gsize length;
      const char *target = find_target (self, &length);
      const char *question_mark = memchr (target, '?', length);

      self->path =
          g_strndup (target, question_mark != NULL ? (gsize) (question_mark - target) : length);
    }
  return self->path;
}

SoupMessageHeaders *
nx_request_get_headers (NxRequest *self)
{
  if (self->headers == NULL)
    {
      gsize size;
      const char *head = g_bytes_get_data (self->head, &size);

      self->headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
      /* Without the empty line, which the parser does not take. */
      soup_headers_parse_request (head, (int) size - 2, self->headers, NULL, NULL, NULL);
    }
  return self->headers;
}

GUri *
nx_request_get_uri (NxRequest *self)
{
  if (self->uri == NULL)
    {
      gsize length;
      const char *target = find_target (self, &length);
      const char *host = soup_message_headers_get_one (nx_request_get_headers (self), "Host");
      g_autofree char *text =
          g_strdup_printf ("%s://%s%.*s", self->is_secure ? "wss" : "ws",
                           host != NULL ? host : "localhost", (int) length, target);

      self->uri = g_uri_parse (text, SOUP_HTTP_URI_FLAGS | G_URI_FLAGS_PARSE_RELAXED, NULL);
      if (self->uri == NULL) /* a Host that is legal as such and not as part of a URI */
        {
          g_autofree char *query = dup_query (self);

          self->uri = g_uri_build (SOUP_HTTP_URI_FLAGS, self->is_secure ? "wss" : "ws", NULL,
                                   "localhost", -1, nx_request_get_path (self), query, NULL);
        }
    }
  return self->uri;
}

/* As a browser's form writes it: a plus is a space. What is not UTF-8 when decoded is left as it came. */
static char *
decode_form (const char *text, const char *end)
{
  g_autofree char *spaced = g_strndup (text, end - text);
  char *decoded;

  g_strdelimit (spaced, "+", ' ');
  decoded = g_uri_unescape_string (spaced, NULL);
  if (decoded != NULL && g_utf8_validate (decoded, -1, NULL))
    return decoded;
  g_free (decoded);
  return g_steal_pointer (&spaced);
}

/* A name without an equals sign has the empty value, as everywhere on the Web (GLib's own iterator would stop there). */
static GPtrArray *
parse_query (const char *query)
{
  GPtrArray *pairs = g_ptr_array_new_with_free_func (g_free);
  const char *end;

  for (const char *pair = query; pair != NULL; pair = *end != '\0' ? end + 1 : NULL)
    {
      const char *equals;

      end = strchrnul (pair, '&');
      if (end == pair)
        continue;
      equals = memchr (pair, '=', end - pair);
      g_ptr_array_add (pairs, decode_form (pair, equals != NULL ? equals : end));
      g_ptr_array_add (pairs, decode_form (equals != NULL ? equals + 1 : end, end));
    }
  return pairs;
}

static GPtrArray *
get_query (NxRequest *self)
{
  if (self->query == NULL)
    {
      g_autofree char *query = dup_query (self);

      self->query = parse_query (query);
    }
  return self->query;
}

const char *
nx_request_get_query_param (NxRequest *self, const char *name)
{
  GPtrArray *query = get_query (self);

  for (guint i = query->len; i >= 2; i -= 2)
    if (strcmp (g_ptr_array_index (query, i - 2), name) == 0)
      return g_ptr_array_index (query, i - 1);
  return NULL;
}

char **
nx_request_get_query_param_all (NxRequest *self, const char *name)
{
  GPtrArray *query = get_query (self);
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();

  for (guint i = 0; i < query->len; i += 2)
    if (strcmp (g_ptr_array_index (query, i), name) == 0)
      g_strv_builder_add (values, g_ptr_array_index (query, i + 1));
  return g_strv_builder_end (values);
}

/* RFC 6265 section 5.4: `name=value; name=value`. The first of a name is the most specific one. */
static void
add_cookies (GHashTable *cookies, const char *header)
{
  g_auto (GStrv) pairs = g_strsplit (header, ";", -1);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      char *pair = g_strstrip (pairs[i]);
      char *equals = strchr (pair, '=');
      g_autofree char *name = NULL;

      if (equals == NULL)
        continue;
      name = g_strchomp (g_strndup (pair, equals - pair));
      if (g_hash_table_contains (cookies, name))
        continue;
      g_hash_table_insert (cookies, g_steal_pointer (&name), g_strdup (g_strchug (equals + 1)));
    }
}

/* Several lines go together like parts of one (RFC 9113 section 8.2.3), and not with a comma. */
static GHashTable *
parse_cookies (SoupMessageHeaders *headers)
{
  GHashTable *cookies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  SoupMessageHeadersIter iter;
  const char *name, *value;

  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    if (g_ascii_strcasecmp (name, "Cookie") == 0)
      add_cookies (cookies, value);
  return cookies;
}

const char *
nx_request_get_cookie (NxRequest *self, const char *name)
{
  if (self->cookies == NULL)
    self->cookies = parse_cookies (nx_request_get_headers (self));
  return g_hash_table_lookup (self->cookies, name);
}

const char *const *
nx_request_get_subprotocols (NxRequest *self)
{
  if (self->subprotocols == NULL)
    {
      const char *header =
          soup_message_headers_get_list (nx_request_get_headers (self), "Sec-WebSocket-Protocol");

      if (header != NULL)
        self->subprotocols = nx_subprotocol_split (header);
      if (self->subprotocols == NULL)
        self->subprotocols = g_new0 (char *, 1);
    }
  return (const char *const *) self->subprotocols;
}
