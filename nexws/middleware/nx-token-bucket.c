/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "middleware/nx-token-bucket-private.h"

#include <math.h>

/* A third and two thirds may be less than one by as much. */
#define ROUNDING 1e-6

/* So that it fits, whatever the rate; who waited for as long asks again. */
#define MAX_DEBT_US (3600 * (double) G_USEC_PER_SEC)

static double
get_burst (const NxRate *rate)
{
  return rate->burst > 0 ? rate->burst : MAX (rate->per_second, 1);
}

static void
refill (NxTokenBucket *self, const NxRate *rate, gint64 now_us)
{
  double elapsed_s = (double) MAX (now_us - self->at_us, 0) / G_USEC_PER_SEC;

  self->level = MIN (self->level + elapsed_s * rate->per_second, get_burst (rate));
  self->at_us = now_us;
}

void
nx_token_bucket_init (NxTokenBucket *self, const NxRate *rate, gint64 now_us)
{
  self->level = get_burst (rate);
  self->at_us = now_us;
}

gboolean
nx_token_bucket_has (NxTokenBucket *self, const NxRate *rate, double cost, gint64 now_us)
{
  if (rate->per_second == 0)
    return TRUE;
  refill (self, rate, now_us);
  return self->level + ROUNDING >= MIN (cost, get_burst (rate));
}

void
nx_token_bucket_take (NxTokenBucket *self, const NxRate *rate, double cost, gint64 now_us)
{
  if (rate->per_second == 0)
    return;
  refill (self, rate, now_us);
  self->level -= cost;
}

gint64
nx_token_bucket_get_debt (NxTokenBucket *self, const NxRate *rate, gint64 now_us)
{
  if (rate->per_second == 0)
    return 0;
  refill (self, rate, now_us);
  if (self->level > -ROUNDING)
    return 0;
  return (gint64) ceil (MIN (-self->level / rate->per_second * G_USEC_PER_SEC, MAX_DEBT_US));
}
