/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxQuery: a question as one process asks the others, over the channel of a group. NxReport: what one of them sends back, to the process alone that
 * has asked: whom it has asked, who has answered what, and at last that no more will come. What comes is checked, since anybody may write to a Redis.
 */
#pragma once

#include "nx-message.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 node;   /* who asks … */
  guint64 number; /* … and which of its questions it is */
  guint timeout_ms;
  NxMessage *message; /* owned: as the application gave it */
} NxQuery;

GBytes *nx_query_pack (const NxQuery *self);
/* Whether it says that it is one: then it is nothing else. */
gboolean nx_query_is_one (GBytes *bytes);
/* FALSE: it is none; then there is nothing to clear. */
gboolean nx_query_unpack (NxQuery *self, GBytes *bytes);
void nx_query_clear (NxQuery *self);

/* A larger answer is not carried. */
#define NX_REPORT_ANSWER_MAX (8 * 1024 * 1024)

typedef struct
{
  guint64 serial;
  NxMessage *message; /* owned */
} NxReportAnswer;

typedef struct
{
  guint64 node; /* who reports … */
  guint64 number;
  guint index; /* … for how manieth time, from 0 */
  gboolean is_last;
  GArray *asked;   /* of guint64: who was asked, as far as that was not said before */
  GArray *answers; /* of NxReportAnswer */
} NxReport;

void nx_report_init (NxReport *self, guint64 node, guint64 number);
void nx_report_clear (NxReport *self);
GBytes *nx_report_pack (const NxReport *self);
gboolean nx_report_is_one (GBytes *bytes);
/* FALSE: it is none; then there is nothing to clear. */
gboolean nx_report_unpack (NxReport *self, GBytes *bytes);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NxQuery, nx_query_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NxReport, nx_report_clear)

G_END_DECLS
