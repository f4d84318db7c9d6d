/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-inquiry-private.h"

#include "groups/nx-group-private.h"
#include "groups/nx-question-private.h"
#include "groups/nx-sending-private.h"

/* What one report has at most, about. */
#define MAX_ASKED (32 * 1024)
#define MAX_OCTETS (1024 * 1024)

typedef struct
{
  NxGroups *groups;
  guint64 asking_node;
  NxQuestion *question; /* NULL: it is over */
  NxReport report;      /* what is to be told next */
  gsize n_octets;       /* of its answers */
  GQueue packed;        /* of GBytes: what is to be told before */
  NxTask told_task;     /* the turn's end */
} NxInquiry;

static void
clear (gpointer data)
{
  NxInquiry *self = data;

  nx_report_clear (&self->report);
  g_queue_clear_full (&self->packed, (GDestroyNotify) g_bytes_unref);
  nx_groups_unref (self->groups);
}

static void
inquiry_unref (gpointer self)
{
  g_rc_box_release_full (self, clear);
}

/* Takes the reference of the table. */
static void
end (NxInquiry *self)
{
  nx_reactor_cancel_task (self->groups->reactor, &self->told_task);
  g_clear_pointer (&self->question, nx_question_free);
  inquiry_unref (self);
}

static void
pack (NxInquiry *self)
{
  g_queue_push_tail (&self->packed, nx_report_pack (&self->report));
  self->report.index++;
  g_array_set_size (self->report.asked, 0);
  g_array_set_size (self->report.answers, 0);
  self->n_octets = 0;
}

/* Whoever hears that the engine has gone may do away with it, and so with us. */
static void
tell (NxInquiry *self)
{
  NxInquiry *kept = g_rc_box_acquire (self);
  GBytes *packed;

  nx_reactor_cancel_task (self->groups->reactor, &self->told_task);
  pack (self);
  while ((packed = g_queue_pop_head (&self->packed)) != NULL)
    {
      nx_groups_report (self->groups, self->asking_node, packed);
      g_bytes_unref (packed);
    }
  inquiry_unref (kept);
}

static void
told_task_cb (NxTask *task)
{
  tell ((NxInquiry *) ((guint8 *) task - G_STRUCT_OFFSET (NxInquiry, told_task)));
}

static void
answered_cb (NxQuestion *question, NxWebSocket *ws, NxMessage *message, gpointer data)
{
  NxInquiry *self = data;
  const NxReportAnswer answer = { .serial = ws->serial, .message = nx_message_ref (message) };
  gsize size = nx_message_get_size (message);

  if (size > NX_REPORT_ANSWER_MAX)
    {
      nx_message_unref (message);
      return;
    }
  if (self->n_octets > 0 && self->n_octets + size > MAX_OCTETS)
    pack (self);
  g_array_append_val (self->report.answers, answer);
  self->n_octets += size;
  nx_reactor_queue_flush (self->groups->reactor, &self->told_task);
}

static void
ended_cb (NxQuestion *question, gpointer data)
{
  NxInquiry *self = data;

  g_hash_table_steal (self->groups->inquiries, self);
  self->report.is_last = TRUE;
  tell (self);
  end (self);
}

static void
list_whom_we_ask (NxInquiry *self, GPtrArray *receivers)
{
  for (guint i = 0; i < receivers->len; i++)
    {
      NxWebSocket *ws = g_ptr_array_index (receivers, i);

      if (self->report.asked->len == MAX_ASKED)
        pack (self);
      g_array_append_val (self->report.asked, ws->serial);
    }
}

static NxInquiry *
inquiry_new (NxGroups *groups, const NxQuery *query)
{
  NxInquiry *self = g_rc_box_new0 (NxInquiry);

  self->groups = nx_groups_ref (groups);
  self->asking_node = query->node;
  self->question = nx_question_new (groups->reactor, answered_cb, ended_cb, self);
  nx_report_init (&self->report, groups->app_handle->node, query->number);
  nx_task_init (&self->told_task, told_task_cb);
  return self;
}

/* (transfer full) */
static NxSending *
ask (NxInquiry *self, NxGroup *group, const NxQuery *query, GPtrArray *receivers)
{
  g_autoptr (NxMessage) wrapped = nx_question_wrap (self->question, query->message);
  NxSending *sending = nx_sending_new (group, wrapped, NULL);

  sending->kind = NX_SENDING_HERE;
  sending->is_volatile = TRUE;
  sending->receivers = g_ptr_array_ref (receivers);
  g_hash_table_add (self->groups->inquiries, self);
  nx_question_start (self->question, query->timeout_ms);
  return sending;
}

gboolean
nx_inquiry_begin (NxGroups *groups, NxGroup *group, const NxQuery *query)
{
  NxInquiry *self;
  g_autoptr (GPtrArray) receivers = NULL;
  NxSending *sending = NULL;

  if (g_hash_table_size (groups->inquiries) >= NX_INQUIRIES_MAX)
    return FALSE;
  self = inquiry_new (groups, query);
  receivers = group != NULL ? nx_question_expect_all (self->question, group->members, NULL)
                            : g_ptr_array_new ();
  list_whom_we_ask (self, receivers);
  if (receivers->len > 0)
    sending = ask (self, group, query, receivers);
  else
    self->report.is_last = TRUE;
  tell (self);
  if (sending != NULL)
    nx_groups_send (groups, sending);
  else
    end (self);
  return TRUE;
}

void
nx_inquiry_end_all (NxGroups *groups)
{
  g_autoptr (GList) all = g_hash_table_get_keys (groups->inquiries);

  g_hash_table_remove_all (groups->inquiries);
  g_list_free_full (g_steal_pointer (&all), (GDestroyNotify) end);
}
