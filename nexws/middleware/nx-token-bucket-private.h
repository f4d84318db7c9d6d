/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxTokenBucket: how much may still come. It fills at a rate up to a burst, and may owe. Time is an argument. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  double per_second; /* 0: no limit */
  double burst;      /* what may come at once; 0: what one second brings, and at least one */
} NxRate;

typedef struct
{
  double level; /* below 0 it owes */
  gint64 at_us; /* when that was so */
} NxTokenBucket;

/* Full. */
void nx_token_bucket_init (NxTokenBucket *self, const NxRate *rate, gint64 now_us);
/* Whether @cost may come now; what is larger than the burst needs a full bucket. */
gboolean nx_token_bucket_has (NxTokenBucket *self, const NxRate *rate, double cost, gint64 now_us);
void nx_token_bucket_take (NxTokenBucket *self, const NxRate *rate, double cost, gint64 now_us);
/* Microseconds until it owes nothing. */
gint64 nx_token_bucket_get_debt (NxTokenBucket *self, const NxRate *rate, gint64 now_us);

G_END_DECLS
