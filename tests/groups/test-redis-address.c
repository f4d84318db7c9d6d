/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <nexws.h>

#include "groups/nx-redis-address-private.h"

static void
check (const char *uri,
       const char *text,
       gboolean is_secure,
       guint database,
       const char *user,
       const char *password)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NxRedisAddress) address = nx_redis_address_parse (uri, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (address->text, ==, text);
  g_assert_true (address->is_secure == is_secure);
  g_assert_cmpuint (address->database, ==, database);
  g_assert_cmpstr (address->user, ==, user);
  g_assert_cmpstr (address->password, ==, password);
}

static void
test_good (void)
{
  check ("redis://localhost", "Redis at localhost:6379", FALSE, 0, NULL, NULL);
  check ("redis://localhost/", "Redis at localhost:6379", FALSE, 0, NULL, NULL);
  check ("redis://10.0.0.1:7000/15", "Redis at 10.0.0.1:7000", FALSE, 15, NULL, NULL);
  check ("redis://[::1]:7000", "Redis at [::1]:7000", FALSE, 0, NULL, NULL);
  check ("rediss://h", "Redis at h:6379", TRUE, 0, NULL, NULL);
  check ("REDIS://h", "Redis at h:6379", FALSE, 0, NULL, NULL);
  check ("redis://:p%40ss@h", "Redis at h:6379", FALSE, 0, NULL, "p@ss");
  check ("redis://carl:a%3Ab@h/2", "Redis at h:6379", FALSE, 2, "carl", "a:b");
  check ("redis+unix:///run/redis/s", "Redis at /run/redis/s", FALSE, 0, NULL, NULL);
  check ("redis+unix://:secret@/s?db=3", "Redis at /s", FALSE, 3, NULL, "secret");
}

static void
test_files (void)
{
  g_autoptr (NxRedisAddress) all =
      nx_redis_address_parse ("rediss://:p@h/1?key=%2Fk%26k&ca=/a&certificate=/c", NULL);
  g_autoptr (NxRedisAddress) none = nx_redis_address_parse ("rediss://h?", NULL);

  g_assert_cmpstr (all->ca_path, ==, "/a");
  g_assert_cmpstr (all->certificate_path, ==, "/c");
  g_assert_cmpstr (all->key_path, ==, "/k&k");
  g_assert_cmpuint (all->database, ==, 1);
  g_assert_null (none->ca_path);
}

/* What is said of them never has the text itself in it. */
static void
test_bad (void)
{
  const char *const uris[] = {
    "",
    "s3cret",
    "s3cret://h",
    "http://:s3cret@h",
    "redis://",
    "redis://:s3cret@",
    "redis://:s3cret@h:0",
    "redis://:s3cret@h:65536",
    "redis://:s3cret@h:x",
    "redis://:s3cret@h/x",
    "redis://:s3cret@h/1/2",
    "redis://:s3cret@h/65536",
    "redis://:s3cret@h/-1",
    "redis://:s3cret@h?db=1",
    "redis://:s3cret@h#s3cret",
    "redis://carl@h",
    "redis+unix://:s3cret@h/path",
    "redis+unix://:s3cret@",
    "redis+unix:///",
    "redis+unix:///s?db=s3cret",
    "redis+unix:///s?s3cret=1",
    "redis+unix:///s?db=1&s3cret=2",
    "redis+unix:///ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"
    "ppppppppppppppppppppppppp",
    "redis://h?ca=/a",
    "redis+unix:///s?ca=/a",
    "rediss://h?ca=",
    "rediss://h?ca",
    "rediss://h?ca=/a&ca=/b",
    "rediss://h?key=/k",
    "rediss://h?db=1",
    "rediss://h?ca=/a&s3cret=1",
    "redis://h/%00",
    "redis://:s3cret%00@h",
  };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (GError) error = NULL;

      if (nx_redis_address_parse (uris[i], &error) != NULL)
        g_error ("\"%s\" was taken", uris[i]);
      g_assert_error (error, NX_ERROR, NX_ERROR_ADDRESS);
      g_assert_null (strstr (error->message, "s3cret"));
    }
}

static void
test_new (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nx_redis_backplane_new ("redis://:s3cret@h/x", &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_ADDRESS);
}

/* Files are read at once: whoever starts a program with a wrong name is told. */
static void
test_new_files (void)
{
  const char *const queries[] = { "ca=/no/such/file", "ca=/dev/null", "certificate=/dev/null",
                                  "certificate=/no/such/file" };

  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_autofree char *uri = g_strconcat ("rediss://:s3cret@h?", queries[i], NULL);
      g_autoptr (GError) error = NULL;

      g_assert_null (nx_redis_backplane_new (uri, &error));
      g_assert_nonnull (error);
      if (!g_str_has_prefix (error->message, queries[i]))
        g_error ("\"%s\" does not name the file", error->message);
      g_assert_null (strstr (error->message, "s3cret"));
    }
}

/* One that was made without an address says so when it is used. */
static void
test_without (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxBackplane) backplane = g_object_new (NX_TYPE_REDIS_BACKPLANE, NULL);

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*without the address of a Redis*");
  g_object_set (app, "backplane", backplane, NULL);
  g_test_assert_expected_messages ();
  g_assert_nonnull (nx_backplane_get_problem (backplane));
  g_assert_cmpint (nx_backplane_get_state (backplane), ==, NX_BACKPLANE_STATE_CONNECTING);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redis-address/good", test_good);
  g_test_add_func ("/redis-address/files", test_files);
  g_test_add_func ("/redis-address/bad", test_bad);
  g_test_add_func ("/redis-address/new", test_new);
  g_test_add_func ("/redis-address/new-files", test_new_files);
  g_test_add_func ("/redis-address/without", test_without);
  return g_test_run ();
}
