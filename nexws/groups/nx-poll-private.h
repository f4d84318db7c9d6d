/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxPoll: a question to all members of a group, wherever they are. Those of this process are asked by an NxQuestion; each other process asks its own
 * (NxInquiry), and reports whom, and what they have answered.
 *
 * How many processes there are is known when the backplane says how many have got the question. One of them may be this one, which gets its own back:
 * it counts then, as if it had reported. Without that number, and when a report is missing, it is over when the time has passed.
 */
#pragma once

#include "groups/nx-group-private.h"
#include "groups/nx-question-private.h"
#include "groups/nx-report-private.h"

G_BEGIN_DECLS

typedef struct _NxPoll NxPoll;
/* The last call, from the loop or from inside what ended it. */
typedef void (*NxPollFunc) (NxPoll *self, gpointer data);

struct _NxPoll
{
  NxGroups *groups;
  guint number;     /* 0: this process alone is asked */
  NxQuestion *here; /* NULL: it is over */
  NxTimer timer;
  GHashTable
      *members;      /* whether they have answered, by the ids of those who were asked elsewhere */
  GHashTable *nodes; /* of those who report, by their numbers */
  guint n_heard;     /* processes that have said all */
  int n_receivers;   /* that have got the question; -1: it is not known */
  gboolean is_asking_others;
  gboolean is_ending;
  gboolean is_complete; /* in the end: all processes have said all */
  GPtrArray *ids;       /* of those who have answered, in the order in which that came … */
  GPtrArray *answers;   /* … and what: of NxMessage */
  GPtrArray *missing; /* ids: who has left without an answer, and in the end who has not answered */
  NxPollFunc func;
  gpointer data;
};

/* Under which name a task keeps that, also when the rest has been taken. */
#define NX_POLL_IS_COMPLETE "nx-poll-is-complete"

NxPoll *nx_poll_new (NxGroups *groups, NxPollFunc func, gpointer data);
void nx_poll_free (NxPoll *self);
/* (transfer full): what is to be sent for it. */
NxSending *nx_poll_start (NxPoll *self,
                          NxGroup *group,
                          NxMessage *message,
                          guint timeout_ms,
                          NxWebSocket *excluding);
void nx_poll_end (NxPoll *self);

NxPoll *nx_poll_find (NxGroups *groups, guint64 number); /* (nullable) */
/* So many processes have got it. -1: that is not known. */
void nx_poll_set_n_receivers (NxPoll *self, int n);
/* This process has got it as well. */
void nx_poll_take_own (NxPoll *self);
/* The others cannot be asked, or not any more. */
void nx_poll_go_alone (NxPoll *self);
/* FALSE: that is none of those that we await. @n_missed: how many are missing in front of it. */
gboolean nx_poll_take_report (NxPoll *self, const NxReport *report, guint *n_missed);

G_END_DECLS
