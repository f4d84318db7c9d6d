/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-redis-address-private.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/un.h>

#include "nx-error.h"

#define DEFAULT_PORT 6379
#define MAX_DATABASE 65535

/* Never with the text itself, which may hold a password. */
static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, NX_ERROR, NX_ERROR_ADDRESS,
               "%s; a Redis is redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE], rediss: the same "
               "over TLS, with ?ca=FILE&certificate=FILE&key=FILE, or "
               "redis+unix:///PATH[?db=DATABASE]",
               what);
  return FALSE;
}

static gboolean
parse_database (const char *text, guint *database, GError **error)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 0, MAX_DATABASE, &number, NULL))
    return refuse (error, "The database is no number");
  *database = (guint) number;
  return TRUE;
}

/* Where a file's name belongs; NULL when this is none of the words that hold one. */
static char **
find_file (NxRedisAddress *self, const char *word)
{
  if (!self->is_secure)
    return NULL;
  if (strcmp (word, "ca") == 0)
    return &self->ca_path;
  if (strcmp (word, "certificate") == 0)
    return &self->certificate_path;
  return strcmp (word, "key") == 0 ? &self->key_path : NULL;
}

static gboolean
parse_word (NxRedisAddress *self, const char *word, const char *value, GError **error)
{
  char **file = find_file (self, word);

  if (self->unix_path != NULL && strcmp (word, "db") == 0)
    return parse_database (value, &self->database, error);
  if (file == NULL || *file != NULL)
    return refuse (error, "There is something behind the question mark that is not understood");
  if (*value == '\0')
    return refuse (error, "A file has no name");
  *file = g_strdup (value);
  return TRUE;
}

static gboolean
parse_query (NxRedisAddress *self, const char *query, GError **error)
{
  GUriParamsIter iter;
  GError *local = NULL;

  if (query == NULL)
    return TRUE;
  g_uri_params_iter_init (&iter, query, -1, "&", G_URI_PARAMS_NONE);
  for (;;)
    {
      g_autofree char *word = NULL;
      g_autofree char *value = NULL;

      if (!g_uri_params_iter_next (&iter, &word, &value, &local))
        break;
      if (!parse_word (self, word, value, error))
        return FALSE;
    }
  if (local != NULL)
    {
      g_error_free (local);
      return refuse (error, "There is something behind the question mark that is not understood");
    }
  if (self->key_path != NULL && self->certificate_path == NULL)
    return refuse (error, "There is a key without a certificate");
  return TRUE;
}

static gboolean
parse_unix (NxRedisAddress *self, GUri *uri, GError **error)
{
  const char *path = g_uri_get_path (uri);

  if (g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0')
    return refuse (error, "A unix socket has a path and no host");
  if (*path != '/' || path[1] == '\0')
    return refuse (error, "The path of the unix socket is missing");
  if (strlen (path) >= sizeof (((struct sockaddr_un *) NULL)->sun_path))
    return refuse (error, "The path of the unix socket is too long");
  self->unix_path = g_strdup (path);
  return TRUE;
}

static gboolean
parse_inet (NxRedisAddress *self, GUri *uri, GError **error)
{
  const char *path = g_uri_get_path (uri);
  int port = g_uri_get_port (uri);

  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return refuse (error, "The host is missing");
  if (port == 0)
    return refuse (error, "0 is no port");
  self->host = g_strdup (g_uri_get_host (uri));
  self->port = (guint16) (port > 0 ? port : DEFAULT_PORT);
  if (*path == '\0' || strcmp (path, "/") == 0)
    return TRUE;
  return parse_database (path + 1, &self->database, error);
}

static char *
describe (const NxRedisAddress *self)
{
  if (self->unix_path != NULL)
    return g_strdup_printf ("Redis at %s", self->unix_path);
  if (strchr (self->host, ':') != NULL)
    return g_strdup_printf ("Redis at [%s]:%u", self->host, self->port);
  return g_strdup_printf ("Redis at %s:%u", self->host, self->port);
}

static gboolean
parse (NxRedisAddress *self, GUri *uri, GError **error)
{
  const char *scheme = g_uri_get_scheme (uri);

  self->is_secure = strcmp (scheme, "rediss") == 0;
  if (strcmp (scheme, "redis+unix") == 0)
    {
      if (!parse_unix (self, uri, error))
        return FALSE;
    }
  else if (strcmp (scheme, "redis") == 0 || self->is_secure)
    {
      if (!parse_inet (self, uri, error))
        return FALSE;
    }
  else
    return refuse (error, "The scheme is none of ours");
  if (g_uri_get_fragment (uri) != NULL)
    return refuse (error, "There is a fragment, which means nothing here");
  if (g_uri_get_user (uri) != NULL && *g_uri_get_user (uri) != '\0')
    self->user = g_strdup (g_uri_get_user (uri));
  self->password = g_strdup (g_uri_get_password (uri));
  if (self->user != NULL && self->password == NULL)
    return refuse (error, "There is a user without a password");
  if (!parse_query (self, g_uri_get_query (uri), error))
    return FALSE;
  self->text = describe (self);
  return TRUE;
}

NxRedisAddress *
nx_redis_address_parse (const char *text, GError **error)
{
  g_autoptr (NxRedisAddress) self = g_new0 (NxRedisAddress, 1);
  g_autoptr (GUri) uri =
      g_uri_parse (text, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_QUERY, NULL);

  if (uri == NULL)
    {
      refuse (error, "This is no URI");
      return NULL;
    }
  return parse (self, uri, error) ? g_steal_pointer (&self) : NULL;
}

void
nx_redis_address_free (NxRedisAddress *self)
{
  g_free (self->host);
  g_free (self->unix_path);
  g_free (self->user);
  g_free (self->password);
  g_free (self->ca_path);
  g_free (self->certificate_path);
  g_free (self->key_path);
  g_free (self->text);
  g_free (self);
}

GSocketConnectable *
nx_redis_address_make_connectable (const NxRedisAddress *self)
{
  if (self->unix_path != NULL)
    return G_SOCKET_CONNECTABLE (g_unix_socket_address_new (self->unix_path));
  return g_network_address_new (self->host, self->port);
}
