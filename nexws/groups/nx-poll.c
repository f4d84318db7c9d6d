/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-poll-private.h"

#include "groups/nx-sending-private.h"
#include "messages/nx-keyed-hash-private.h"

/* What somebody else may have us keep who writes to the engine. */
#define MAX_MEMBERS (1024 * 1024)
#define MAX_NODES 4096

typedef struct
{
  guint64 node;
  guint n_reports;
  gboolean is_broken; /* a report is missing: it may have told of more members */
  gboolean is_over;
} Node;

static const gboolean has_answered = TRUE, has_not_answered = FALSE;

/* -- Its end -- */

static void
list_missing (NxPoll *self)
{
  GHashTableIter iter;
  gpointer id;
  const gboolean *answered;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, &id, (gpointer *) &answered))
    if (!*answered)
      g_ptr_array_add (self->missing, g_strdup (id));
}

static void
stop (NxPoll *self)
{
  nx_reactor_stop_timer (self->groups->reactor, &self->timer);
  if (self->number != 0)
    g_hash_table_remove (self->groups->polls, GUINT_TO_POINTER (self->number));
}

void
nx_poll_end (NxPoll *self)
{
  if (self->is_ending)
    return;
  self->is_ending = TRUE;
  stop (self);
  if (self->here != NULL)
    nx_question_end (self->here);
  list_missing (self);
  self->func (self, self->data);
}

static gboolean
has_heard_all (NxPoll *self)
{
  return self->is_asking_others && self->n_receivers >= 0
         && self->n_heard >= (guint) self->n_receivers;
}

static void
end_if_complete (NxPoll *self)
{
  if (self->here != NULL || (self->is_asking_others && !has_heard_all (self)))
    return;
  self->is_complete = self->number == 0 || has_heard_all (self);
  nx_poll_end (self);
}

static void
timer_cb (NxTimer *timer)
{
  nx_poll_end ((NxPoll *) ((guint8 *) timer - G_STRUCT_OFFSET (NxPoll, timer)));
}

/* -- Here -- */

static void
add_answer (NxPoll *self, const char *id, NxMessage *answer)
{
  g_ptr_array_add (self->ids, g_strdup (id));
  g_ptr_array_add (self->answers, nx_message_ref (answer));
}

static void
answered_cb (NxQuestion *question, NxWebSocket *ws, NxMessage *answer, gpointer self)
{
  add_answer (self, nx_web_socket_get_id (ws), answer);
}

static void
here_ended_cb (NxQuestion *question, gpointer data)
{
  NxPoll *self = data;

  g_ptr_array_extend_and_steal (self->missing, g_steal_pointer (&question->missing));
  question->missing = g_ptr_array_new ();
  self->here = NULL;
  nx_question_free (question);
  end_if_complete (self);
}

/* -- It -- */

NxPoll *
nx_poll_new (NxGroups *groups, NxPollFunc func, gpointer data)
{
  NxPoll *self = g_new0 (NxPoll, 1);

  self->groups = nx_groups_ref (groups);
  nx_timer_init (&self->timer, timer_cb);
  self->members = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free, NULL);
  self->nodes = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->n_receivers = -1;
  self->ids = g_ptr_array_new_with_free_func (g_free);
  self->answers = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_message_unref);
  self->missing = g_ptr_array_new_with_free_func (g_free);
  self->func = func;
  self->data = data;
  self->here = nx_question_new (groups->reactor, answered_cb, here_ended_cb, self);
  return self;
}

void
nx_poll_free (NxPoll *self)
{
  stop (self);
  g_clear_pointer (&self->here, nx_question_free);
  g_hash_table_unref (self->members);
  g_hash_table_unref (self->nodes);
  g_ptr_array_unref (self->ids);
  g_ptr_array_unref (self->answers);
  g_ptr_array_unref (self->missing);
  nx_groups_unref (self->groups);
  g_free (self);
}

/* The others hear of it when its turn in the order of sendings comes. */
static void
ask_others (NxPoll *self, NxSending *sending, NxMessage *message, guint timeout_ms)
{
  NxGroups *groups = self->groups;
  NxQuery query = { .timeout_ms = timeout_ms, .message = message };

  while (self->number == 0
         || g_hash_table_contains (groups->polls, GUINT_TO_POINTER (self->number)))
    self->number = ++groups->n_polls;
  g_hash_table_insert (groups->polls, GUINT_TO_POINTER (self->number), self);
  query.node = groups->app_handle->node;
  query.number = self->number;
  sending->query = nx_query_pack (&query);
  sending->poll = self->number;
  self->is_asking_others = TRUE;
  nx_reactor_start_timer (groups->reactor, &self->timer,
                          nx_reactor_get_now (groups->reactor)
                              + timeout_ms * G_GINT64_CONSTANT (1000));
}

NxSending *
nx_poll_start (NxPoll *self,
               NxGroup *group,
               NxMessage *message,
               guint timeout_ms,
               NxWebSocket *excluding)
{
  g_autoptr (NxMessage) wrapped = nx_question_wrap (self->here, message);
  NxSending *sending = nx_sending_new (group, wrapped, excluding);

  sending->kind = NX_SENDING_HERE;
  sending->is_volatile = TRUE;
  sending->receivers = nx_question_expect_all (self->here, group->members, excluding);
  if (self->groups->backplane != NULL)
    ask_others (self, sending, message, timeout_ms);
  nx_question_start (self->here, timeout_ms);
  return sending;
}

/* -- Elsewhere -- */

NxPoll *
nx_poll_find (NxGroups *groups, guint64 number)
{
  return number <= G_MAXUINT ? g_hash_table_lookup (groups->polls, GUINT_TO_POINTER (number))
                             : NULL;
}

void
nx_poll_set_n_receivers (NxPoll *self, int n)
{
  self->n_receivers = n;
  end_if_complete (self);
}

void
nx_poll_take_own (NxPoll *self)
{
  self->n_heard++;
  end_if_complete (self);
}

void
nx_poll_go_alone (NxPoll *self)
{
  self->is_asking_others = FALSE;
  end_if_complete (self);
}

/* (nullable): it cannot be one of ours. */
static Node *
ensure_node (NxPoll *self, guint64 number)
{
  Node *node = g_hash_table_lookup (self->nodes, &number);

  if (node != NULL || number == self->groups->app_handle->node
      || g_hash_table_size (self->nodes) >= MAX_NODES)
    return node;
  node = g_new0 (Node, 1);
  node->node = number;
  g_hash_table_insert (self->nodes, &node->node, node);
  return node;
}

static void
take_members (NxPoll *self, const NxReport *report)
{
  for (guint i = 0; i < report->asked->len && g_hash_table_size (self->members) < MAX_MEMBERS; i++)
    {
      char *id = nx_app_handle_format_id (report->node, g_array_index (report->asked, guint64, i));

      if (g_hash_table_contains (self->members, id))
        g_free (id);
      else
        g_hash_table_insert (self->members, id, (gpointer) &has_not_answered);
    }
}

/* Each of those who were asked has one. */
static void
take_answers (NxPoll *self, const NxReport *report)
{
  for (guint i = 0; i < report->answers->len; i++)
    {
      const NxReportAnswer *answer = &g_array_index (report->answers, NxReportAnswer, i);
      g_autofree char *id = nx_app_handle_format_id (report->node, answer->serial);
      const gboolean *answered = g_hash_table_lookup (self->members, id);

      if (answered == NULL || *answered)
        continue;
      add_answer (self, id, answer->message);
      g_hash_table_insert (self->members, g_steal_pointer (&id), (gpointer) &has_answered);
    }
}

gboolean
nx_poll_take_report (NxPoll *self, const NxReport *report, guint *n_missed)
{
  Node *node = ensure_node (self, report->node);

  *n_missed = 0;
  if (node == NULL || node->is_over || report->index < node->n_reports)
    return FALSE;
  *n_missed = report->index - node->n_reports;
  node->is_broken |= *n_missed > 0;
  node->n_reports = report->index + 1;
  node->is_over = report->is_last;
  take_members (self, report);
  take_answers (self, report);
  if (node->is_over && !node->is_broken)
    self->n_heard++;
  end_if_complete (self);
  return TRUE;
}
