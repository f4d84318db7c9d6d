/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app-fixture.h"

#include <sys/socket.h>
#include <unistd.h>

static NxCredentialsFilter *
add_filter (Fixture *f)
{
  NxCredentialsFilter *filter = nx_credentials_filter_new ();

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, NULL, NULL, NULL);
  nx_router_add_middleware (NX_ROUTER (f->app), NX_MIDDLEWARE (filter));
  g_object_unref (filter);
  nx_test_client_set_transport (f->client, NX_TEST_TRANSPORT_UNIX);
  return filter;
}

/* As a process of some user and group. */
static guint
try_as (Fixture *f, uid_t uid, gid_t gid)
{
  g_autoptr (GCredentials) credentials = g_credentials_new ();
  struct ucred peer = { .pid = 1, .uid = uid, .gid = gid };

  g_credentials_set_native (credentials, G_CREDENTIALS_TYPE_LINUX_UCRED, &peer);
  nx_test_client_set_credentials (f->client, credentials);
  return try_open (f->client, "/");
}

static void
test_same_user (Fixture *f)
{
  NxCredentialsFilter *filter = add_filter (f);
  gboolean allow_same_user;

  g_assert_cmpuint (try_open (f->client, "/"), ==, 101);
  g_assert_cmpuint (try_as (f, geteuid (), getegid () + 1), ==, 101);
  g_assert_cmpuint (try_as (f, geteuid () + 1, getegid ()), ==, 403);
  g_object_set (filter, "allow-same-user", FALSE, NULL);
  g_object_get (filter, "allow-same-user", &allow_same_user, NULL);
  g_assert_false (allow_same_user);
  nx_test_client_set_credentials (f->client, NULL);
  g_assert_cmpuint (try_open (f->client, "/"), ==, 403);
}

static void
test_user (Fixture *f)
{
  NxCredentialsFilter *filter = add_filter (f);

  g_object_set (filter, "allow-same-user", FALSE, NULL);
  nx_credentials_filter_allow_user (filter, 71);
  nx_credentials_filter_allow_user (filter, 73);
  g_assert_cmpuint (try_as (f, 71, 1), ==, 101);
  g_assert_cmpuint (try_as (f, 72, 73), ==, 403);
  g_assert_cmpuint (try_as (f, 73, 1), ==, 101);
}

static void
test_group (Fixture *f)
{
  NxCredentialsFilter *filter = add_filter (f);

  g_object_set (filter, "allow-same-user", FALSE, NULL);
  nx_credentials_filter_allow_group (filter, 71);
  g_assert_cmpuint (try_as (f, 71, 72), ==, 403);
  g_assert_cmpuint (try_as (f, 72, 71), ==, 101);
}

/* Nobody vouches for who comes over the network, and no header does. */
static void
test_network (Fixture *f)
{
  add_filter (f);
  nx_test_client_set_transport (f->client, NX_TEST_TRANSPORT_TCP);
  g_assert_cmpuint (try_open_with (f->client, "/", "X-Uid", "0"), ==, 403);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/credentials-filter/same-user", test_same_user);
  ADD_TEST ("/credentials-filter/user", test_user);
  ADD_TEST ("/credentials-filter/group", test_group);
  ADD_TEST ("/credentials-filter/network", test_network);
  return g_test_run ();
}
