/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxHistoryLimits: how much of what was sent to a group is kept, in a process and behind a backplane. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint size;    /* messages; 0: none are kept */
  guint age_ms;  /* 0: any */
  gsize n_bytes; /* of memory; behind a backplane, of what it carries */
} NxHistoryLimits;

G_END_DECLS
