/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes to other processes is what comes out there, and nonsense is none of it. */
#include <nexws.h>

#include <string.h>

#include "groups/nx-parcel-private.h"

static void
test_message (void)
{
  char *preceding[] = { (char *) "one", (char *) "größer", NULL };
  static const guint8 octets[] = { 0, 255, 0 };
  g_autoptr (GBytes) data = g_bytes_new (octets, sizeof octets);
  NxMessage *messages[3] = { nx_message_new_text ("größer", -1), nx_message_new_text ("", -1),
                             nx_message_new_bytes (data) };

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    for (guint what = 0; what < 4; what++)
      {
        const NxParcel sent = { .message = messages[i],
                                .node = what & 1 ? G_MAXUINT64 : 0,
                                .serial = what & 1 ? 7 : 0,
                                .several = what & 2 ? (char *) "a.1" : NULL,
                                .preceding = what & 2 ? preceding : NULL };
        g_autoptr (GBytes) packed = nx_parcel_pack (&sent);
        g_auto (NxParcel) came = { NULL };

        g_assert_true (nx_parcel_unpack (&came, packed));
        g_assert_cmpint (nx_message_get_kind (came.message), ==, nx_message_get_kind (messages[i]));
        g_assert_true (g_bytes_equal (nx_message_get_bytes (came.message),
                                      nx_message_get_bytes (messages[i])));
        g_assert_cmpuint (came.node, ==, sent.node);
        g_assert_cmpuint (came.serial, ==, sent.serial);
        g_assert_cmpstr (came.several, ==, sent.several);
        if (what & 2)
          g_assert_cmpstrv (came.preceding, preceding);
        else
          g_assert_null (came.preceding);
      }
  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    g_clear_pointer (&messages[i], nx_message_unref);
}

/* Cut anywhere, the head is none; and changed anywhere, it does no harm. */
static void
test_nonsense (void)
{
  char *preceding[] = { (char *) "one", NULL };
  g_autoptr (NxMessage) message = nx_message_new_text ("", -1);
  const NxParcel sent = {
    .message = message, .node = 1, .serial = 7, .several = (char *) "a.1", .preceding = preceding
  };
  g_autoptr (GBytes) packed = nx_parcel_pack (&sent);
  gsize size = g_bytes_get_size (packed);

  for (gsize n = 0; n < size; n++)
    {
      g_autoptr (GBytes) cut = g_bytes_new_from_bytes (packed, 0, n);
      NxParcel came;

      g_assert_false (nx_parcel_unpack (&came, cut));
    }
  for (gsize i = 0; i < size; i++)
    for (guint octet = 0; octet < 256; octet++)
      {
        g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (packed, NULL), size);
        g_autoptr (GBytes) changed = NULL;
        NxParcel came;

        data[i] = (guint8) octet;
        changed = g_bytes_new (data, size);
        if (nx_parcel_unpack (&came, changed))
          nx_parcel_clear (&came);
      }
}

static void
test_presence (void)
{
  g_autoptr (GBytes) packed = nx_presence_pack (42, "ada", "{\"colour\":\"red\"}");
  g_autofree char *key = NULL, *meta = NULL;
  guint64 stamp;

  g_assert_true (nx_presence_unpack (packed, &stamp, &key, &meta));
  g_assert_cmpuint (stamp, ==, 42);
  g_assert_cmpstr (key, ==, "ada");
  g_assert_cmpstr (meta, ==, "{\"colour\":\"red\"}");
}

/* What would break what members are told, if it were believed. */
static void
test_bad_presence (void)
{
  g_autofree char *long_key = g_strnfill (257, 'k');
  g_autofree char *long_meta = g_strnfill (4097, '1');
  const struct
  {
    const char *key, *meta;
  } bad[] = { { "", "1" },         { long_key, "1" },   { "\377", "1" }, { "a", "" },
              { "a", "1,2" },      { "a", "{\"b\":1" }, { "a", "1}}" },  { "a", "nonsense" },
              { "a", "\"\377\"" }, { "a", long_meta } };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GBytes) packed = nx_presence_pack (1, bad[i].key, bad[i].meta);
      char *key, *meta;
      guint64 stamp;

      g_test_message ("%u", i);
      g_assert_false (nx_presence_unpack (packed, &stamp, &key, &meta));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parcel/message", test_message);
  g_test_add_func ("/parcel/nonsense", test_nonsense);
  g_test_add_func ("/parcel/presence", test_presence);
  g_test_add_func ("/parcel/bad-presence", test_bad_presence);
  return g_test_run ();
}
