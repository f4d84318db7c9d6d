/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to a group over several apps: who was asked, who has answered, and what is known of it. */
#include "config.h"

#include "cluster.h"

#include "groups/nx-backplane-envelope-private.h"
#include "groups/nx-groups-private.h"
#include "groups/nx-report-private.h"

#include <string.h>

/* "complete ID=ANSWER … -ID …", with what the answer has as its "v". */
static void
asked_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxGroup *group = NX_GROUP (source);
  g_auto (GStrv) ids = NULL, missing = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_complete = nx_group_ask_is_complete (group, result);
  GList *answers = nx_group_ask_finish_lists (group, result, &ids, &missing, &error);
  guint i = 0;

  if (error != NULL)
    {
      note (data, "error:%d", error->code);
      return;
    }
  g_assert_true (nx_group_ask_is_complete (group, result) == is_complete);
  note (data, is_complete ? "complete" : "partial");
  for (GList *l = answers; l != NULL; l = l->next)
    note (data, "%s=%d", ids[i++],
          (int) json_object_get_int_member_with_default (
              json_node_get_object (nx_message_get_json (l->data, NULL)), "v", -1));
  g_assert_null (ids[i]);
  for (i = 0; missing[i] != NULL; i++)
    note (data, "-%s", missing[i]);
  g_list_free_full (answers, (GDestroyNotify) nx_message_unref);
}

static void
ask (Cluster *c, guint node, NxGroup *group, const char *text, Person *excluding)
{
  g_autoptr (NxMessage) question = nx_message_new_text (text, -1);

  nx_group_ask_async (group, question, 1000, excluding != NULL ? excluding->ws : NULL, NULL,
                      asked_cb, &c->nodes[node]);
}

static void
answer (Person *person, const char *text, int value)
{
  g_autofree char *number = crowd_take_question (person, text);
  g_autofree char *more = g_strdup_printf (",\"v\":%d", value);

  crowd_answer (person, number, more);
}

static void
pass_time_for_all (Cluster *c, guint ms)
{
  for (guint i = 0; i < N_NODES; i++)
    pass_time (&c->nodes[i], ms);
  run (c);
}

/* @format: each %s a person's id. */
#define assert_answers(c, node, format, ...)                                                       \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *expected_ = g_strdup_printf (format, __VA_ARGS__);                            \
    assert_log (&(c)->nodes[node], expected_);                                                     \
  }                                                                                                \
  G_STMT_END
#define ID(person) nx_web_socket_get_id ((person)->ws)

/* -- All answer -- */

static void
test_all (Cluster *c, gconstpointer data)
{
  const guint size = GPOINTER_TO_UINT (data);
  g_autoptr (NxGroup) a = make_group (c, 0, size);
  g_autoptr (NxGroup) b = make_group (c, 1, size);
  g_autoptr (NxGroup) d = make_group (c, 2, size); /* nobody is in it there */
  Person *ada = crowd_join (&c->nodes[0], a), *asker = crowd_join (&c->nodes[0], a);
  Person *bob = crowd_join (&c->nodes[1], b), *ben = crowd_join (&c->nodes[1], b);
  g_autofree char *before = nx_group_dup_last_id (b), *last = NULL;

  ask (c, 0, a, "all?", asker);
  run (c);
  crowd_expect (asker, "");
  answer (ben, "all?", 1);
  run (c);
  answer (ada, "all?", 2);
  run (c);
  assert_log (&c->nodes[0], "");
  answer (bob, "all?", 3);
  run (c);
  assert_answers (c, 0, "complete %s=1 %s=2 %s=3", ID (ben), ID (ada), ID (bob));
  /* It is in no history. */
  last = nx_group_dup_last_id (b);
  g_assert_cmpstr (last, ==, before);
  g_assert_cmpuint (c->hub.n_published, ==, 1);
}

static void
test_both_ask (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);

  ask (c, 0, a, "from a?", NULL);
  ask (c, 1, b, "from b?", NULL);
  run (c);
  answer (ada, "from a?", 1);
  answer (ada, "from b?", 2);
  answer (bob, "from b?", 3);
  answer (bob, "from a?", 4);
  run (c);
  assert_answers (c, 0, "complete %s=1 %s=4", ID (ada), ID (bob));
  assert_answers (c, 1, "complete %s=3 %s=2", ID (bob), ID (ada));
}

/* Whoever asks need not have members, nor listen to the group. */
static void
test_from_outside (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *bob = crowd_join (&c->nodes[1], b);
  g_autoptr (NxGroup) a = crowd_group (&c->nodes[0], "lobby"); /* is not subscribed to yet */

  ask (c, 0, a, "all?", NULL);
  run (c);
  pass_time (&c->nodes[0], 10);
  assert_log (&c->nodes[0], "");
  answer (bob, "all?", 1);
  run (c);
  assert_answers (c, 0, "complete %s=1", ID (bob));
}

static void
test_nobody (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);

  ask (c, 0, a, "all?", NULL);
  run (c);
  pass_time_for_all (c, 10);
  assert_log (&c->nodes[0], "complete");
}

/* More answers than one report has. */
static void
test_large (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  g_autofree char *blank = g_strnfill (700 * 1024, ' ');
  g_autofree char *more = g_strdup_printf (",\"v\":1%s", blank);
  Person *persons[3];

  for (guint i = 0; i < G_N_ELEMENTS (persons); i++)
    persons[i] = crowd_join (&c->nodes[1], b);
  ask (c, 0, a, "all?", NULL);
  run (c);
  for (guint i = 0; i < G_N_ELEMENTS (persons); i++)
    {
      g_autofree char *number = crowd_take_question (persons[i], "all?");

      crowd_answer (persons[i], number, more);
    }
  run (c);
  pass_time (&c->nodes[0], 10);
  assert_answers (c, 0, "complete %s=1 %s=1 %s=1", ID (persons[0]), ID (persons[1]),
                  ID (persons[2]));
}

/* -- Some do not -- */

static void
test_missing (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);
  Person *ben = crowd_join (&c->nodes[1], b);

  ask (c, 0, a, "all?", NULL);
  run (c);
  answer (ada, "all?", 1);
  answer (bob, "all?", 2);
  run (c);
  assert_log (&c->nodes[0], "");
  crowd_cut (ben); /* the last one there */
  run (c);
  assert_answers (c, 0, "complete %s=1 %s=2 -%s", ID (ada), ID (bob), ID (ben));
}

static void
test_late (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *bob = crowd_join (&c->nodes[1], b);
  guint64 n_rejected;

  ask (c, 0, a, "all?", NULL);
  run (c);
  pass_time (&c->nodes[0], 1100);
  assert_answers (c, 0, "partial -%s", ID (bob));
  answer (bob, "all?", 1); /* that is in time there, and nobody's any more here */
  run (c);
  assert_log (&c->nodes[0], "");
  g_object_get (c->backplanes[0], "n-rejected", &n_rejected, NULL);
  g_assert_cmpuint (n_rejected, ==, 0);
}

static void
test_cancelled (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *bob = crowd_join (&c->nodes[1], b);
  g_autoptr (NxMessage) question = nx_message_new_text ("all?", -1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  nx_group_ask_async (a, question, 1000, NULL, cancellable, asked_cb, &c->nodes[0]);
  run (c);
  g_cancellable_cancel (cancellable);
  run (c);
  assert_log (&c->nodes[0], "error:19");
  answer (bob, "all?", 1);
  run (c);
  assert_log (&c->nodes[0], "");
}

/* Whoever was not asked, or has answered, has no answer; what is one goes to no handler, what is none does. */
static void
test_hostile_member (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *bob = crowd_join (&c->nodes[1], b), *ben = crowd_join (&c->nodes[1], b);
  Person *eve = crowd_open (&c->nodes[1]);
  g_autofree char *number = NULL;

  ask (c, 0, a, "all?", NULL);
  run (c);
  number = crowd_take_question (bob, "all?");
  crowd_answer (eve, number, ",\"v\":1");
  crowd_answer (bob, number, ",\"v\":2");
  crowd_answer (bob, number, ",\"v\":3");
  run (c);
  assert_log (&c->nodes[0], "");
  crowd_answer (ben, number, ",\"v\":4");
  run (c);
  pass_time (&c->nodes[0], 10);
  assert_answers (c, 0, "complete %s=2 %s=4", ID (bob), ID (ben));
}

/* -- Others are gone -- */

static void
test_node_dies (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);
  Person *ben = crowd_join (&c->nodes[1], b);

  ask (c, 0, a, "all?", NULL);
  run (c);
  answer (ada, "all?", 1);
  answer (bob, "all?", 2);
  run (c);
  hub_lose (&c->hub, c->backplanes[1], FALSE);
  answer (ben, "all?", 3);
  run (c);
  assert_log (&c->nodes[0], "");
  pass_time_for_all (c, 1100);
  assert_answers (c, 0, "partial %s=1 %s=2 -%s", ID (ada), ID (bob), ID (ben));
}

/* What was asked of us is nobody's then. */
static void
test_leaves_backplane (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);

  ask (c, 0, a, "all?", NULL);
  ask (c, 1, b, "all?", NULL);
  run (c);
  answer (ada, "all?", 1);
  run (c);
  g_object_set (c->nodes[0].app, "backplane", NULL, NULL);
  run (c);
  assert_answers (c, 0, "partial %s=1 -%s", ID (ada), ID (bob));
  answer (bob, "all?", 2); /* his own process asked first */
  answer (bob, "all?", 3);
  run (c);
  pass_time_for_all (c, 1100);
  assert_answers (c, 1, "partial %s=2 -%s", ID (bob), ID (ada));
}

static void
test_not_connected (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);
  guint64 n_dropped;

  hub_lose (&c->hub, c->backplanes[0], FALSE);
  ask (c, 0, a, "all?", NULL);
  run (c);
  answer (ada, "all?", 1);
  run (c);
  assert_answers (c, 0, "partial %s=1", ID (ada)); /* at once */
  crowd_expect (bob, "");
  g_object_get (c->backplanes[0], "n-dropped", &n_dropped, NULL);
  g_assert_cmpuint (n_dropped, ==, 1);
}

/* It goes before it says that it has carried the question, so nobody waits for those who got it. */
static void
test_lost_meanwhile (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);

  ask (c, 0, a, "all?", NULL);
  hub_lose (&c->hub, c->backplanes[0], TRUE);
  run (c);
  answer (bob, "all?", 1);
  run (c);
  answer (ada, "all?", 2);
  run (c);
  assert_answers (c, 0, "partial %s=1 %s=2", ID (bob), ID (ada));
}

/* An engine that does not know who gets a message. */
static void
test_silent_engine (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);

  c->hub.is_silent = TRUE;
  ask (c, 0, a, "all?", NULL);
  run (c);
  answer (ada, "all?", 1);
  answer (bob, "all?", 2);
  run (c);
  assert_log (&c->nodes[0], "");
  pass_time_for_all (c, 1100);
  assert_answers (c, 0, "partial %s=1 %s=2", ID (ada), ID (bob));
}

/* -- Whoever writes to the engine -- */

static guint64
get_node (Cluster *c, guint node)
{
  return g_ascii_strtoull (nx_backplane_get_node (c->backplanes[node]), NULL, 16);
}

static void
forge_direct (Cluster *c, GBytes *payload)
{
  const NxBackplaneEnvelopeHeader header = { .node = 77, .sequence = 1 };
  g_autoptr (GBytes) envelope = nx_backplane_envelope_close (&header, payload);

  nx_backplane_received_direct (c->backplanes[0], envelope);
}

/* A report of @node, whose first member is said to have been asked (@asks) and to have answered @value (not 0). */
static void
forge_report (Cluster *c, guint64 node, guint index, gboolean asks, int value, gboolean is_last)
{
  g_auto (NxReport) report = { 0 };
  const guint64 serial = 1;
  g_autoptr (GBytes) payload = NULL;

  nx_report_init (&report, node, 1);
  report.index = index;
  report.is_last = is_last;
  if (asks)
    g_array_append_val (report.asked, serial);
  if (value != 0)
    {
      g_autofree char *text = g_strdup_printf ("{\"v\":%d}", value);
      const NxReportAnswer answer = { serial, nx_message_new_text (text, -1) };

      g_array_append_val (report.answers, answer);
    }
  payload = nx_report_pack (&report);
  forge_direct (c, payload);
}

static void
test_forged_reports (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  Person *ada = crowd_join (&c->nodes[0], a);
  guint64 n_missed, n_rejected;

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*that is not ours was dropped*");
  ask (c, 0, a, "all?", NULL);
  run (c);
  forge_report (c, get_node (c, 0), 0, TRUE, 9, TRUE); /* as if we had said it */
  forge_report (c, 0xabc, 0, FALSE, 1, FALSE);         /* nobody who was asked */
  forge_report (c, 0xabc, 1, TRUE, 2, FALSE);
  forge_report (c, 0xabc, 1, TRUE, 3, FALSE); /* comes twice */
  forge_report (c, 0xabc, 2, TRUE, 4, FALSE); /* has answered */
  forge_report (c, 0xdef, 2, TRUE, 0, TRUE);  /* two are missing */
  forge_report (c, 0xdef, 3, TRUE, 5, FALSE); /* behind the last */
  g_test_assert_expected_messages ();
  answer (ada, "all?", 6);
  run (c);
  /* What a stranger makes up counts once, for nobody else, and ends nothing. */
  assert_answers (c, 0, "complete abc-1=2 %s=6 -def-1", ID (ada));
  g_object_get (c->backplanes[0], "n-missed", &n_missed, "n-rejected", &n_rejected, NULL);
  g_assert_cmpuint (n_missed, ==, 2);
  g_assert_cmpuint (n_rejected, ==, 3);
}

/* Octets of what was packed, cut and changed everywhere: nothing happens. */
static void
test_nonsense (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_auto (NxReport) report = { 0 };
  const guint64 serial = 1;
  const NxReportAnswer answer = { serial, nx_message_new_text ("{\"v\":1}", -1) };
  g_autoptr (NxMessage) message = nx_message_new_text ("?", -1);
  const NxQuery query = { .node = 0xabc, .number = 1, .timeout_ms = 5, .message = message };
  GBytes *packed[2];
  guint64 sequence = 0, n_rejected;

  crowd_join (&c->nodes[0], a);
  nx_report_init (&report, 0xabc, 1);
  g_array_append_val (report.asked, serial);
  g_array_append_val (report.answers, answer);
  packed[0] = nx_report_pack (&report);
  packed[1] = nx_query_pack (&query);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*that is not ours was dropped*");
  for (guint i = 0; i < G_N_ELEMENTS (packed); i++)
    for (gsize n = 1; n <= g_bytes_get_size (packed[i]) * 2; n++)
      {
        gsize size = g_bytes_get_size (packed[i]);
        g_autofree guint8 *octets = g_memdup2 (g_bytes_get_data (packed[i], NULL), size);
        NxBackplaneEnvelopeHeader header = { .node = 77, .sequence = ++sequence };
        g_autoptr (GBytes) payload = NULL;
        g_autoptr (GBytes) envelope = NULL;

        if (n > size)
          octets[n - size - 1] ^= 0xff;
        payload = g_bytes_new (octets, MIN (n, size));
        envelope = nx_backplane_envelope_close (&header, payload);
        hub_inject (&c->hub, "lobby", envelope);
        nx_backplane_received_direct (c->backplanes[0], envelope);
      }
  g_test_assert_expected_messages ();
  g_bytes_unref (packed[0]);
  g_bytes_unref (packed[1]);
  pass_time_for_all (c, 100);
  g_object_get (c->backplanes[0], "n-rejected", &n_rejected, NULL);
  g_assert_cmpuint (n_rejected, >, 40);
}

/* So many at once are asked, and no more; they take no longer than they say. */
static void
test_flood (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  Person *ada = crowd_join (&c->nodes[0], a);
  g_autoptr (NxMessage) message = nx_message_new_text ("?", -1);
  NxQuery query = { .node = 0xabc, .timeout_ms = 1000, .message = message };
  guint64 n_rejected;

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*that is not ours was dropped*");
  for (guint i = 0; i < 1030; i++)
    {
      const NxBackplaneEnvelopeHeader header = { .node = 77, .sequence = i + 1 };
      g_autoptr (GBytes) payload = NULL, envelope = NULL;

      query.number = i + 1;
      query.node = i < 1029 ? 0xabc : get_node (c, 0); /* which does not ask itself */
      payload = nx_query_pack (&query);
      envelope = nx_backplane_envelope_close (&header, payload);
      hub_inject (&c->hub, "lobby", envelope);
    }
  g_test_assert_expected_messages ();
  g_object_get (c->backplanes[0], "n-rejected", &n_rejected, NULL);
  g_assert_cmpuint (n_rejected, ==, 6);
  run (c);
  g_assert_cmpuint (ada->client->messages.length, ==, 1024);
  pass_time_for_all (c, 1100);
  g_assert_cmpuint (g_hash_table_size (a->groups->inquiries), ==, 0);
}

#define ADD_WITH(path, function, data)                                                             \
  g_test_add ("/group/remote-ask/" path, Cluster, data, set_up, function, tear_down)
#define ADD(path, function) ADD_WITH (path, function, NULL)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("all", test_all);
  ADD_WITH ("with-history", test_all, GUINT_TO_POINTER (10));
  ADD ("both-ask", test_both_ask);
  ADD ("from-outside", test_from_outside);
  ADD ("nobody", test_nobody);
  ADD ("large", test_large);
  ADD ("missing", test_missing);
  ADD ("late", test_late);
  ADD ("cancelled", test_cancelled);
  ADD ("hostile-member", test_hostile_member);
  ADD ("node-dies", test_node_dies);
  ADD ("leaves-backplane", test_leaves_backplane);
  ADD ("not-connected", test_not_connected);
  ADD ("lost-meanwhile", test_lost_meanwhile);
  ADD ("silent-engine", test_silent_engine);
  ADD ("forged-reports", test_forged_reports);
  ADD ("nonsense", test_nonsense);
  ADD ("flood", test_flood);
  return g_test_run ();
}
