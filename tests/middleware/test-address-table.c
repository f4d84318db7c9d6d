/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "middleware/nx-address-table-private.h"
#include "nx-web-socket-private.h"

/* A bare websocket that came from there. */
static NxWebSocket *
come_from (const char *address)
{
  NxWebSocket *ws = g_object_new (NX_TYPE_WEB_SOCKET, NULL);

  if (address != NULL)
    ws->remote_address = g_inet_socket_address_new_from_string (address, 4242);
  else
    ws->credentials = g_credentials_new ();
  return ws;
}

static NxAddressEntry *
enter (NxAddressTable *table, const char *address, gboolean expect_new)
{
  g_autoptr (NxWebSocket) ws = come_from (address);
  gboolean is_new;
  NxAddressEntry *entry = nx_address_table_enter (table, ws, &is_new);

  g_assert_cmpint (is_new, ==, expect_new);
  return entry;
}

static const struct
{
  const char *one, *other; /* NULL: a unix socket */
  gboolean is_same;
} pairs[] = {
  { "192.0.2.1", "192.0.2.1", TRUE },
  { "192.0.2.1", "192.0.2.2", FALSE },
  { "192.0.2.1", "::ffff:192.0.2.1", TRUE },
  { "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", TRUE },
  { "2001:db8::1", "2001:db8:0:1::1", FALSE },
  { "0.0.0.1", "0:0:0:1::", FALSE },
  { NULL, NULL, TRUE },
  { NULL, "127.0.0.1", FALSE },
};

static void
test_pairs (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (NxAddressTable) table = nx_address_table_new ();
      NxAddressEntry *one = enter (table, pairs[i].one, TRUE);
      NxAddressEntry *other = enter (table, pairs[i].other, !pairs[i].is_same);

      g_test_message ("%u", i);
      g_assert_cmpint (one == other, ==, pairs[i].is_same);
      nx_address_table_leave (table, one);
      nx_address_table_leave (table, other);
    }
}

/* Those with connections are kept, whatever the limit; of the others those that left last. */
static void
test_bounded (void)
{
  g_autoptr (NxAddressTable) table = nx_address_table_new ();
  NxAddressEntry *stays = enter (table, "192.0.2.1", TRUE);

  nx_address_table_set_max_idle (table, 3);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *address = g_strdup_printf ("198.51.%u.%u", i / 250, i % 250);

      nx_address_table_leave (table, enter (table, address, TRUE));
    }
  g_assert_cmpuint (nx_address_table_get_size (table), ==, 4);
  nx_address_table_leave (table, enter (table, "198.51.3.247", FALSE)); /* now the latest */
  nx_address_table_leave (table, enter (table, "198.51.9.9", TRUE));
  nx_address_table_leave (table, enter (table, "198.51.3.247", FALSE));
  nx_address_table_leave (table, enter (table, "198.51.3.248", TRUE));
  nx_address_table_set_max_idle (table, 0);
  g_assert_cmpuint (nx_address_table_get_size (table), ==, 1);
  g_assert_true (enter (table, "192.0.2.1", FALSE) == stays);
  nx_address_table_leave (table, stays);
  nx_address_table_leave (table, stays);
  g_assert_cmpuint (nx_address_table_get_size (table), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address-table/pairs", test_pairs);
  g_test_add_func ("/address-table/bounded", test_bounded);
  return g_test_run ();
}
