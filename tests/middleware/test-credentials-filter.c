/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include <unistd.h>

static NxCredentialsFilter *
add_filter (Fixture *f)
{
  NxCredentialsFilter *filter = nx_credentials_filter_new ();

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, NULL, NULL, NULL);
  nx_router_add_middleware (NX_ROUTER (f->app), NX_MIDDLEWARE (filter));
  g_object_unref (filter);
  g_assert_true (nx_app_listen_unix (f->app, fixture_get_socket_path (f), NX_LISTEN_DEFAULT, NULL));
  return filter;
}

static guint
ask (Fixture *f)
{
  Client *client = client_connect_unix (f, fixture_get_socket_path (f));

  client_send_handshake (client, "localhost", "/", "");
  return client_wait_status (client);
}

static void
test_same_user (Fixture *f)
{
  NxCredentialsFilter *filter = add_filter (f);
  gboolean allow_same_user;

  g_assert_cmpuint (ask (f), ==, 101);
  g_object_set (filter, "allow-same-user", FALSE, NULL);
  g_object_get (filter, "allow-same-user", &allow_same_user, NULL);
  g_assert_false (allow_same_user);
  g_assert_cmpuint (ask (f), ==, 403);
}

static void
test_user (Fixture *f)
{
  NxCredentialsFilter *filter = add_filter (f);

  g_object_set (filter, "allow-same-user", FALSE, NULL);
  nx_credentials_filter_allow_user (filter, geteuid () + 1);
  g_assert_cmpuint (ask (f), ==, 403);
  nx_credentials_filter_allow_user (filter, geteuid ());
  g_assert_cmpuint (ask (f), ==, 101);
}

static void
test_group (Fixture *f)
{
  NxCredentialsFilter *filter = add_filter (f);

  g_object_set (filter, "allow-same-user", FALSE, NULL);
  nx_credentials_filter_allow_group (filter, getegid () + 1);
  g_assert_cmpuint (ask (f), ==, 403);
  nx_credentials_filter_allow_group (filter, getegid ());
  g_assert_cmpuint (ask (f), ==, 101);
}

/* Nobody vouches for who comes over the network, and no header does. */
static void
test_network (Fixture *f)
{
  add_filter (f);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "X-Uid: 0\r\n")), ==, 403);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SOCKET_SCENARIO ("/credentials-filter/same-user", test_same_user);
  ADD_SOCKET_SCENARIO ("/credentials-filter/user", test_user);
  ADD_SOCKET_SCENARIO ("/credentials-filter/group", test_group);
  ADD_SCENARIO ("/credentials-filter/network", test_network);
  return g_test_run ();
}
