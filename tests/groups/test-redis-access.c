/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom a Redis lets in: passwords, users with few rights, TLS; and that no log has a secret in it. */
#include "node.h"
#include "redis.h"
#include "log-writer.h"

/* LeakSanitizer itself dies (signal 11 of its tracer) on the threads that GIO's TLS leaves behind here. */
int __lsan_is_turned_off (void);

int
__lsan_is_turned_off (void)
{
  return 1;
}

/* Warnings are what an operator reads, and are expected here; what they say is looked at. */
static GString *warnings;

static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (level & G_LOG_LEVEL_WARNING && strcmp (fields[i].key, "MESSAGE") == 0)
      g_string_append_printf (warnings, "%s\n", (const char *) fields[i].value);
  return level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_DEBUG)
             ? G_LOG_WRITER_HANDLED
             : g_log_writer_standard_streams (level, fields, n_fields, NULL);
}

static void
publish_numbers (Node *node, guint first, guint last)
{
  for (guint i = first; i <= last; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      node_publish (node, "lobby", text, 1000, i);
    }
}

static void
expect_refused (const char *uri, const char *words, const char *secret)
{
  Node node;

  g_string_set_size (warnings, 0);
  node_init_redis (&node, uri);
  node_start (&node);
  node_wait (nx_backplane_get_problem (node.backplane) != NULL);
  if (strstr (nx_backplane_get_problem (node.backplane), words) == NULL)
    g_error ("\"%s\" is not in \"%s\"", words, nx_backplane_get_problem (node.backplane));
  g_assert_nonnull (strstr (warnings->str, words));
  g_assert_null (strstr (warnings->str, secret));
  node_clear (&node);
}

static void
test_password (void)
{
  Redis redis;
  Node node;
  g_autofree char *none = NULL;
  g_autofree char *wrong = NULL;
  g_autofree char *right = NULL;
  g_autofree char *user = NULL;

  if (!redis_start (&redis, redis_is_at_least (6, 2)
                                ? "--requirepass s3cret/ --user carl on >pa:ss ~* &* +@all"
                                : "--requirepass s3cret/ --user carl on >pa:ss ~* +@all"))
    return;
  none = g_strdup_printf ("redis+unix://%s", redis.path);
  wrong = g_strdup_printf ("redis+unix://:wr0ng@%s", redis.path);
  right = g_strdup_printf ("redis+unix://:s3cret%%2f@%s", redis.path);
  user = g_strdup_printf ("redis+unix://carl:pa%%3ass@%s?db=2", redis.path);
  expect_refused (none, "NOAUTH", "s3cret");
  expect_refused (wrong, "WRONGPASS", "wr0ng");
  node_init_redis (&node, right);
  node_start (&node);
  node_wait_connected (&node);
  node_clear (&node);
  node_init_redis (&node, user);
  node_start (&node);
  node_wait_connected (&node);
  node_clear (&node);
  redis_clear (&redis);
}

#define RIGHTS                                                                                          \
  "+ping +select +subscribe +unsubscribe +publish +xadd +xrange +xrevrange +xinfo|stream +xtrim +hset " \
  "+hdel +hgetall +sadd +srem +smembers +pexpire +pttl"

/* A user that may do just what we need, and neither ask who the server is nor kill a connection. */
static void
test_least_rights (void)
{
  Redis redis;
  Node node;
  g_autofree char *uri = NULL;

  if (!redis_start (&redis, redis_is_at_least (6, 2)
                                ? "--user poor on >poor ~nexws:* &nexws:* " RIGHTS
                                : "--user poor on >poor ~nexws:* " RIGHTS))
    return;
  uri = g_strdup_printf ("redis+unix://poor:poor@%s?db=1", redis.path);
  node_init_redis (&node, uri);
  node_start (&node);
  node_subscribe (&node, "lobby", TRUE);
  node_set_presence (&node, "lobby", "me", "x");
  publish_numbers (&node, 1, 3);
  node_wait (node.received->len == 3);
  node_fetch (&node, "lobby", "0-0", 10);
  node_wait (node.entries != NULL);
  g_assert_cmpuint (node.entries->len, ==, 3);
  node_clear (&node);
  redis_clear (&redis);
}

/* -- TLS, whatever hiredis knows of it -- */

static guint16
find_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

/* A Redis that speaks TLS, and wants to know who its clients are if @auth says so. */
static gboolean
start_secure (Redis *redis, guint16 port, const char *auth)
{
  g_autofree char *certificate =
      g_test_build_filename (G_TEST_DIST, "objects", "certificate.pem", NULL);
  g_autofree char *options =
      g_strdup_printf ("--tls-port %u --tls-cert-file %s --tls-key-file %s --tls-ca-cert-file %s "
                       "--tls-auth-clients %s --requirepass s3cret",
                       port, certificate, certificate, certificate, auth);

  return redis_start (redis, options);
}

static void
expect_traffic (Node *node)
{
  node_start (node);
  node_subscribe (node, "lobby", TRUE);
  publish_numbers (node, 1, 200);
  node_wait (node->received->len == 200);
  node_clear (node);
}

static void
test_tls (void)
{
  g_autofree char *certificate =
      g_test_build_filename (G_TEST_DIST, "objects", "certificate.pem", NULL);
  guint16 port = find_port ();
  g_autofree char *uri = g_strdup_printf ("rediss://:s3cret@localhost:%u/1", port);
  g_autofree char *plain = g_strdup_printf ("redis://:s3cret@localhost:%u/1", port);
  g_autofree char *named =
      g_strdup_printf ("rediss://:s3cret@127.0.0.1:%u/1?ca=%s", port, certificate);
  g_autofree char *other =
      g_strdup_printf ("rediss://:s3cret@127.0.0.2:%u/1?ca=%s", port, certificate);
  g_autoptr (GTlsDatabase) database = NULL;
  GError *error = NULL;
  Redis redis;
  Node node;

  if (!start_secure (&redis, port, "no"))
    return;
  database = g_tls_file_database_new (certificate, &error);
  g_assert_no_error (error);
  node_init_redis (&node, uri);
  g_object_set (node.backplane, "tls-database", database, NULL);
  expect_traffic (&node);
  node_init_redis (&node, named);
  expect_traffic (&node);
  expect_refused (uri, "nobody who is trusted vouches for it", "s3cret");
  expect_refused (other, "it is somebody else's", "s3cret");
  expect_refused (plain, "Redis at localhost", "s3cret");
  redis_clear (&redis);
}

/* It asks who we are, as it does unless it is told not to. */
static void
test_tls_client (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "objects", "certificate.pem", NULL);
  guint16 port = find_port ();
  g_autofree char *anonymous = g_strdup_printf ("rediss://:s3cret@localhost:%u?ca=%s", port, path);
  g_autofree char *named = g_strdup_printf ("%s&certificate=%s&key=%s", anonymous, path, path);
  g_autoptr (GTlsCertificate) certificate = NULL;
  GError *error = NULL;
  Redis redis;
  Node node;

  if (!start_secure (&redis, port, "yes"))
    return;
  expect_refused (anonymous, "ertificate", "s3cret");
  node_init_redis (&node, named);
  expect_traffic (&node);
  certificate = g_tls_certificate_new_from_file (path, &error);
  g_assert_no_error (error);
  node_init_redis (&node, anonymous);
  g_object_set (node.backplane, "tls-certificate", certificate, NULL);
  expect_traffic (&node);
  redis_clear (&redis);
}

/* Who speaks no TLS is not taken for a Redis without it, and one that is gone comes back. */
static void
test_tls_link (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "objects", "certificate.pem", NULL);
  guint16 port = find_port ();
  g_autofree char *uri = g_strdup_printf ("rediss://:s3cret@localhost:%u?ca=%s", port, path);
  g_autofree char *options = g_strdup_printf ("--port %u --requirepass s3cret", port);
  Redis redis;
  Node node;

  if (!redis_start (&redis, options))
    return;
  expect_refused (uri, "TLS", "s3cret");
  redis_clear (&redis);
  g_assert_true (start_secure (&redis, port, "no"));
  node_init_redis (&node, uri);
  node_start (&node);
  node_subscribe (&node, "lobby", TRUE);
  publish_numbers (&node, 1, 20);
  node_wait (node.received->len == 20);
  redis_restart (&redis);
  node_wait_lost (&node);
  node_wait_connected (&node);
  publish_numbers (&node, 21, 40);
  node_wait (node.received->len == 40);
  node_clear (&node);
  redis_clear (&redis);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  warnings = g_string_new (NULL);
  log_to_writer (writer_cb);
  g_test_add_func ("/redis-access/password", test_password);
  g_test_add_func ("/redis-access/least-rights", test_least_rights);
  g_test_add_func ("/redis-access/tls", test_tls);
  g_test_add_func ("/redis-access/tls-client", test_tls_client);
  g_test_add_func ("/redis-access/tls-link", test_tls_link);
  return g_test_run ();
}
