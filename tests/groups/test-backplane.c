/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a backplane sees to above whatever carries its octets: here a class of the test's own, which carries them when it is told to. */
#include "node.h"

#include "groups/nx-backplane-envelope-private.h"

/* -- An implementation -- */

#define FAKE_TYPE_BACKPLANE (fake_backplane_get_type ())
G_DECLARE_FINAL_TYPE (FakeBackplane, fake_backplane, FAKE, BACKPLANE, NxBackplane)

typedef struct
{
  guint64 ticket;
  char *group;
  GBytes *envelope;
  guint keep;
  guint64 keep_bytes;
} Call;

struct _FakeBackplane
{
  NxBackplane parent_instance;

  GString *log;         /* what was called */
  GPtrArray *published; /* of Call */
  guint64 ticket;       /* of the last fetch, or of what was sent to a node */
  gboolean throws;
  gboolean loses; /* the connection, when something is published */
};

G_DEFINE_FINAL_TYPE (FakeBackplane, fake_backplane, NX_TYPE_BACKPLANE)

static void
call_free (gpointer data)
{
  Call *call = data;

  g_free (call->group);
  g_bytes_unref (call->envelope);
  g_free (call);
}

static gboolean
fail (FakeBackplane *self, GError **error)
{
  if (self->throws)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "thrown");
  return self->throws;
}

static void G_GNUC_PRINTF (2, 3) note (FakeBackplane *self, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (self->log->len > 0)
    g_string_append (self->log, "; ");
  g_string_append_vprintf (self->log, format, arguments);
  va_end (arguments);
}

static void
fake_backplane_start (NxBackplane *base)
{
  note (FAKE_BACKPLANE (base), "start");
}

static void
fake_backplane_stop (NxBackplane *base)
{
  note (FAKE_BACKPLANE (base), "stop");
}

static void
fake_backplane_publish (NxBackplane *base,
                        guint64 ticket,
                        const char *group,
                        GBytes *envelope,
                        guint keep,
                        guint keep_ms,
                        guint64 keep_bytes,
                        GError **error)
{
  FakeBackplane *self = FAKE_BACKPLANE (base);
  Call *call;

  if (fail (self, error))
    return;
  call = g_new0 (Call, 1);
  call->ticket = ticket;
  call->group = g_strdup (group);
  call->envelope = g_bytes_ref (envelope);
  call->keep = keep;
  call->keep_bytes = keep_bytes;
  g_ptr_array_add (self->published, call);
  if (self->loses)
    nx_backplane_set_state (base, NX_BACKPLANE_STATE_LOST);
}

static void
fake_backplane_subscribe (NxBackplane *base,
                          const char *group,
                          gboolean recorded,
                          const char *after_id,
                          GError **error)
{
  FakeBackplane *self = FAKE_BACKPLANE (base);

  if (!fail (self, error))
    note (self, "subscribe %s %s %s", group, recorded ? "recorded" : "live",
          after_id != NULL ? after_id : "-");
}

static void
fake_backplane_unsubscribe (NxBackplane *base, const char *group)
{
  note (FAKE_BACKPLANE (base), "unsubscribe %s", group);
}

static void
fake_backplane_fetch (NxBackplane *base,
                      guint64 ticket,
                      const char *group,
                      const char *after_id,
                      guint limit,
                      GError **error)
{
  if (!fail (FAKE_BACKPLANE (base), error))
    FAKE_BACKPLANE (base)->ticket = ticket;
}

static void
fake_backplane_set_presence (NxBackplane *base,
                             const char *group,
                             const char *member,
                             GBytes *meta,
                             GError **error)
{
  if (!fail (FAKE_BACKPLANE (base), error))
    note (FAKE_BACKPLANE (base), "%s %s", member, meta != NULL ? "is there" : "is gone");
}

static void
fake_backplane_finalize (GObject *object)
{
  FakeBackplane *self = FAKE_BACKPLANE (object);

  g_string_free (self->log, TRUE);
  g_ptr_array_unref (self->published);
  G_OBJECT_CLASS (fake_backplane_parent_class)->finalize (object);
}

static void
fake_backplane_class_init (FakeBackplaneClass *klass)
{
  NxBackplaneClass *backplane_class = NX_BACKPLANE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = fake_backplane_finalize;
  backplane_class->start = fake_backplane_start;
  backplane_class->stop = fake_backplane_stop;
  backplane_class->publish = fake_backplane_publish;
  backplane_class->subscribe = fake_backplane_subscribe;
  backplane_class->unsubscribe = fake_backplane_unsubscribe;
  backplane_class->fetch = fake_backplane_fetch;
  backplane_class->set_presence = fake_backplane_set_presence;
}

static void
fake_backplane_init (FakeBackplane *self)
{
  self->log = g_string_new (NULL);
  self->published = g_ptr_array_new_with_free_func (call_free);
}

/* -- The tests -- */

typedef struct
{
  FakeBackplane *fake;
  NxBackplane *base;
  Node node;
  guint n_ids;
} Fixture;

static void
connect_it (Fixture *f)
{
  nx_backplane_set_state (f->base, NX_BACKPLANE_STATE_CONNECTED);
}

static void
lose_it (Fixture *f)
{
  nx_backplane_set_state (f->base, NX_BACKPLANE_STATE_LOST);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->fake = g_object_new (FAKE_TYPE_BACKPLANE, NULL);
  f->base = NX_BACKPLANE (f->fake);
  node_init (&f->node, f->base);
  node_start (&f->node);
  connect_it (f);
  node_subscribe (&f->node, "g", TRUE);
  nx_backplane_subscribed (f->base, "g", "0");
  g_string_set_size (f->fake->log, 0);
  g_string_set_size (f->node.log, 0);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  f->fake->throws = FALSE;
  node_clear (&f->node);
}

#define assert_text(string, expected)                                                              \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_assert_cmpstr ((string)->str, ==, expected);                                                 \
    g_string_set_size (string, 0);                                                                 \
  }                                                                                                \
  G_STMT_END

static Call *
get_call (Fixture *f, guint index)
{
  g_assert_cmpuint (f->fake->published->len, >, index);
  return g_ptr_array_index (f->fake->published, index);
}

/* It is recorded, and comes back. */
static void
deliver (Fixture *f, GBytes *envelope)
{
  g_autofree char *id = g_strdup_printf ("%u", ++f->n_ids);

  nx_backplane_received (f->base, "g", id, envelope);
}

static GBytes *
make_foreign (guint64 node, guint64 sequence, NxBackplaneEnvelopeFlags flags, const char *text)
{
  const NxBackplaneEnvelopeHeader header = { flags, node, sequence };
  g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));

  return nx_backplane_envelope_close (&header, payload);
}

static void
deliver_foreign (Fixture *f,
                 guint64 node,
                 guint64 sequence,
                 NxBackplaneEnvelopeFlags flags,
                 const char *text)
{
  g_autoptr (GBytes) envelope = make_foreign (node, sequence, flags, text);

  deliver (f, envelope);
}

static void
test_round (Fixture *f, gconstpointer data)
{
  node_publish (&f->node, "g", "a", 5, 1);
  node_publish (&f->node, "g", "b", 7, 2);
  g_assert_cmpuint (get_call (f, 1)->keep, ==, 7);
  assert_text (f->node.log, "");
  nx_backplane_published (f->base, get_call (f, 0)->ticket, "1");
  nx_backplane_published (f->base, get_call (f, 0)->ticket, "1");
  deliver (f, get_call (f, 0)->envelope);
  /* It is found in the history before anybody has said that it is there. */
  deliver (f, get_call (f, 1)->envelope);
  nx_backplane_published (f->base, get_call (f, 1)->ticket, "2");
  assert_text (f->node.log, "accepted 1; received g a; accepted 2; received g b");
  g_assert_cmpuint (node_count (&f->node, "n-published"), ==, 2);
  g_assert_cmpuint (node_count (&f->node, "n-waiting"), ==, 0);
}

/* What waits when the connection is lost goes out again in the same order, but for what was found. */
static void
test_lost (Fixture *f, gconstpointer data)
{
  for (guint i = 1; i <= 3; i++)
    node_publish (&f->node, "g", (char[]){ (char) ('a' + i - 1), 0 }, 5, i);
  nx_backplane_published (f->base, get_call (f, 0)->ticket, "1");
  lose_it (f);
  node_publish (&f->node, "g", "d", 5, 4);
  g_assert_cmpuint (f->fake->published->len, ==, 3);
  connect_it (f);
  assert_text (f->fake->log, "subscribe g recorded 0");
  deliver (f, get_call (f, 0)->envelope);
  deliver (f, get_call (f, 1)->envelope);
  nx_backplane_subscribed (f->base, "g", "2");
  g_assert_cmpuint (f->fake->published->len, ==, 5);
  g_assert_true (g_bytes_equal (get_call (f, 3)->envelope, get_call (f, 2)->envelope));
  deliver (f, get_call (f, 3)->envelope);
  deliver (f, get_call (f, 4)->envelope);
  /* The first attempt was only late. */
  deliver (f, get_call (f, 2)->envelope);
  assert_text (f->node.log, "accepted 1; received g a; accepted 2; received g b; subscribed g; "
                            "accepted 3; received g c; accepted 4; received g d");
  g_assert_cmpuint (node_count (&f->node, "n-repeated"), ==, 1);
}

/* It is lost with the first of those that waited: the others wait on. */
static void
test_lost_inside (Fixture *f, gconstpointer data)
{
  lose_it (f);
  for (guint i = 1; i <= 3; i++)
    node_publish (&f->node, "g", "a", 5, i);
  f->fake->loses = TRUE;
  connect_it (f);
  nx_backplane_subscribed (f->base, "g", "0");
  g_assert_cmpuint (f->fake->published->len, ==, 1);
  g_assert_cmpuint (node_count (&f->node, "n-waiting"), ==, 3);
  f->fake->loses = FALSE;
  connect_it (f);
  nx_backplane_subscribed (f->base, "g", "0");
  g_assert_cmpuint (f->fake->published->len, ==, 4);
}

/* Beyond the bound all goes back, what was sent included; when that is found later, our own members have it already. */
static void
test_withdrawn (Fixture *f, gconstpointer data)
{
  g_object_set (f->base, "max-waiting", 2, NULL);
  node_publish (&f->node, "g", "a", 5, 1);
  node_publish (&f->node, "g", "b", 5, 2);
  nx_backplane_published (f->base, get_call (f, 0)->ticket, "1");
  lose_it (f);
  node_publish (&f->node, "g", "c", 5, 3);
  assert_text (f->node.log, "accepted 1");
  node_publish (&f->node, "g", "d", 5, 4);
  node_publish (&f->node, "g", "e", 5, 5);
  assert_text (f->node.log, "unrecorded g b; unrecorded g c; unrecorded g d; unrecorded g e");
  connect_it (f);
  deliver (f, get_call (f, 0)->envelope);
  deliver (f, get_call (f, 1)->envelope);
  nx_backplane_subscribed (f->base, "g", "2");
  assert_text (f->node.log, "received g a; subscribed g");
  /* The mark, and then what comes. */
  g_assert_cmpuint (f->fake->published->len, ==, 3);
  node_publish (&f->node, "g", "f", 5, 6);
  deliver (f, get_call (f, 2)->envelope);
  deliver (f, get_call (f, 3)->envelope);
  assert_text (f->node.log, "gap g; accepted 6; received g f");
}

/* Whoever publishes while it is handed back comes behind. */
static void
echo_cb (gpointer data)
{
  Node *node = data;

  if (node->unrecorded->len < 3)
    node_publish (node, "g", "again", 5, 9);
}

static void
test_handing_back (Fixture *f, gconstpointer data)
{
  g_object_set (f->base, "max-waiting", 1, NULL);
  lose_it (f);
  node_publish (&f->node, "g", "a", 5, 1);
  f->node.event = echo_cb;
  node_publish (&f->node, "g", "b", 5, 2);
  f->node.event = NULL;
  assert_text (f->node.log,
               "unrecorded g a; unrecorded g b; unrecorded g again; unrecorded g again");
}

static void
test_missing (Fixture *f, gconstpointer data)
{
  deliver_foreign (f, 7, 10, 0, "a");
  deliver_foreign (f, 7, 11, 0, "b");
  deliver_foreign (f, 7, 11, 0, "b");
  deliver_foreign (f, 7, 14, 0, "c");
  deliver_foreign (f, 8, 100, 0, "d");
  deliver_foreign (f, 7, 50, NX_ENVELOPE_FIRST, "e");
  deliver_foreign (f, 7, 51, NX_ENVELOPE_GAP, "");
  assert_text (
      f->node.log,
      "received g a; received g b; gap g; received g c; received g d; received g e; gap g");
  g_assert_cmpuint (node_count (&f->node, "n-missed"), ==, 2);
  g_assert_cmpuint (node_count (&f->node, "n-repeated"), ==, 1);
}

static void
test_live (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) first = make_foreign (7, 1, 0, "a");
  g_autoptr (GBytes) third = make_foreign (7, 3, 0, "c");

  node_publish (&f->node, "g", "x", 0, 1);
  nx_backplane_received (f->base, "g", NULL, get_call (f, 0)->envelope);
  nx_backplane_received (f->base, "g", NULL, first);
  nx_backplane_received (f->base, "g", NULL, third);
  nx_backplane_received (f->base, "g", NULL, first);
  assert_text (f->node.log, "received g a; received g c");
  g_assert_cmpuint (node_count (&f->node, "n-missed"), ==, 1);
  lose_it (f);
  assert_text (f->node.log, "failed 1");
  node_publish (&f->node, "g", "y", 0, 2);
  assert_text (f->node.log, "failed 2");
  g_assert_cmpuint (node_count (&f->node, "n-dropped"), ==, 2);
}

static void
test_fetch (Fixture *f, gconstpointer data)
{
  const struct
  {
    guint64 sequence;
    NxBackplaneEnvelopeFlags flags;
    const char *text;
  } rows[] = {
    { 1, 0, "a" }, { 2, 0, "b" }, { 2, 0, "b" }, { 5, 0, "c" }, { 6, NX_ENVELOPE_GAP, "" }
  };
  g_autoptr (GPtrArray) entries =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nx_backplane_entry_unref);
  g_autofree char *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) envelope = make_foreign (7, rows[i].sequence, rows[i].flags, rows[i].text);

      g_ptr_array_add (entries, nx_backplane_entry_new ("1", envelope));
    }
  node_fetch (&f->node, "g", NULL, 10);
  nx_backplane_fetched (f->base, f->fake->ticket, entries, TRUE);
  text = node_describe_entries (&f->node);
  g_assert_cmpstr (text, ==, "a b - c -");
  g_assert_true (f->node.has_gap);
  node_fetch (&f->node, "g", NULL, 10);
  lose_it (f);
  g_assert_error (f->node.error, NX_ERROR, NX_ERROR_BACKPLANE);
}

static void
tell_present (Fixture *f, const char *member, const char *meta)
{
  g_autoptr (GBytes) bytes = meta != NULL ? g_bytes_new (meta, strlen (meta)) : NULL;

  nx_backplane_presence (f->base, "g", member, bytes);
}

static void
test_presence (Fixture *f, gconstpointer data)
{
  node_set_presence (&f->node, "g", "me", "1");
  tell_present (f, "me", "1");
  tell_present (f, "a", "1");
  tell_present (f, "a", "1");
  tell_present (f, "b", "1");
  tell_present (f, "a", "2");
  tell_present (f, "c", NULL);
  assert_text (f->node.log, "present a; present b; present a");
  lose_it (f);
  connect_it (f);
  assert_text (f->fake->log, "me is there; subscribe g recorded 0; me is there");
  tell_present (f, "a", "2");
  nx_backplane_subscribed (f->base, "g", "0");
  assert_text (f->node.log, "absent b; subscribed g");
  node_set_presence (&f->node, "g", "me", NULL);
  node_set_presence (&f->node, "g", "me", NULL);
  assert_text (f->fake->log, "me is gone");
}

/* An implementation in another language may throw wherever it is called. */
static void
test_throws (Fixture *f, gconstpointer data)
{
  f->fake->throws = TRUE;
  node_publish (&f->node, "g", "a", 5, 1);
  node_publish (&f->node, "g", "b", 0, 2);
  node_fetch (&f->node, "g", NULL, 1);
  assert_text (f->node.log, "unrecorded g a; failed 2; fetched");
  g_assert_error (f->node.error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Backplane: thrown");
  node_subscribe (&f->node, "other", FALSE);
  g_test_assert_expected_messages ();
  g_assert_cmpstr (nx_backplane_get_problem (f->base), ==, "thrown");
}

/* One that publishes and has not subscribed hears nothing, and keeps its order all the same. */
static void
test_only_publishes (Fixture *f, gconstpointer data)
{
  node_publish (&f->node, "other", "a", 5, 1);
  assert_text (f->fake->log, "subscribe other recorded -");
  nx_backplane_subscribed (f->base, "other", "0");
  nx_backplane_received (f->base, "other", "1", get_call (f, 0)->envelope);
  assert_text (f->node.log, "accepted 1");
  nx_backplane_unsubscribe (f->base, "other");
  assert_text (f->fake->log, "unsubscribe other");
}

/* What the client does from inside: it leaves the group that it is told of. */
static void
leave_cb (gpointer data)
{
  Node *node = data;

  nx_backplane_unsubscribe (node->backplane, "g");
}

static void
test_leaving_inside (Fixture *f, gconstpointer data)
{
  f->node.event = leave_cb;
  deliver_foreign (f, 7, 1, 0, "a");
  deliver_foreign (f, 7, 9, 0, "b");
  f->node.event = NULL;
  assert_text (f->node.log, "received g a");
  assert_text (f->fake->log, "unsubscribe g");
  node_subscribe (&f->node, "g", TRUE);
  nx_backplane_subscribed (f->base, "g", "5");
  f->node.event = leave_cb;
  lose_it (f);
  connect_it (f);
  f->node.event = NULL;
  assert_text (f->fake->log, "subscribe g recorded -; subscribe g recorded 5");
}

/* The end: what waits is told of. */
static void
test_stop (Fixture *f, gconstpointer data)
{
  node_publish (&f->node, "g", "a", 5, 1);
  node_publish (&f->node, "g", "b", 0, 2);
  nx_backplane_stop (f->base);
  assert_text (f->node.log, "failed 2; unrecorded g a");
  assert_text (f->fake->log, "stop");
  g_assert_cmpint (nx_backplane_get_state (f->base), ==, NX_BACKPLANE_STATE_CONNECTING);
}

static void
test_app (void)
{
  NxApp *app = nx_app_new ();
  FakeBackplane *fake = g_object_new (FAKE_TYPE_BACKPLANE, NULL);
  g_autofree char *node = NULL;

  g_object_set (app, "backplane", fake, NULL);
  assert_text (fake->log, "start");
  g_object_get (fake, "node", &node, NULL);
  g_assert_cmpuint (strlen (node), ==, 16);
  g_object_set (app, "backplane", NULL, NULL);
  assert_text (fake->log, "stop");
  g_object_set (app, "backplane", fake, NULL);
  g_object_unref (app);
  assert_text (fake->log, "start; stop");
  g_assert_finalize_object (fake);
}

static void
test_envelope (void)
{
  const NxBackplaneEnvelopeHeader header = { NX_ENVELOPE_FIRST, 0x0123456789abcdef,
                                             0xfedcba9876543210 };
  g_autoptr (GBytes) payload = g_bytes_new_static ("hello\0you", 9);
  g_autoptr (GBytes) envelope = nx_backplane_envelope_close (&header, payload);
  g_autoptr (GBytes) opened = NULL;
  NxBackplaneEnvelopeHeader read;
  gsize size;
  const char *octets = g_bytes_get_data (envelope, &size);

  g_assert_true (nx_backplane_envelope_open (envelope, &read, &opened));
  g_assert_cmpuint (read.flags, ==, header.flags);
  g_assert_cmpuint (read.node, ==, header.node);
  g_assert_cmpuint (read.sequence, ==, header.sequence);
  g_assert_true (g_bytes_equal (opened, payload));
  for (gsize i = 0; i < NX_ENVELOPE_HEADER_SIZE; i++)
    {
      g_autoptr (GBytes) shorter = g_bytes_new (octets, i);
      g_autofree char *copy = g_memdup2 (octets, size);
      g_autoptr (GBytes) other = NULL;
      GBytes *none = NULL;

      g_assert_false (nx_backplane_envelope_open (shorter, &read, &none));
      copy[i] ^= 0x40;
      other = g_bytes_new (copy, size);
      g_assert_true (nx_backplane_envelope_open (other, &read, &none) == (i >= 4));
      g_clear_pointer (&none, g_bytes_unref);
    }
}

#define ADD(name, func) g_test_add ("/backplane/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("round", test_round);
  ADD ("lost", test_lost);
  ADD ("lost-inside", test_lost_inside);
  ADD ("withdrawn", test_withdrawn);
  ADD ("handing-back", test_handing_back);
  ADD ("missing", test_missing);
  ADD ("live", test_live);
  ADD ("fetch", test_fetch);
  ADD ("presence", test_presence);
  ADD ("throws", test_throws);
  ADD ("only-publishes", test_only_publishes);
  ADD ("leaving-inside", test_leaving_inside);
  ADD ("stop", test_stop);
  g_test_add_func ("/backplane/app", test_app);
  g_test_add_func ("/backplane/envelope", test_envelope);
  return g_test_run ();
}
