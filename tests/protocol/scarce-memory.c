/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>

#include "scarce-memory.h"

static guint fail_at;
static guint n_requests;
static gsize largest;

void
scarce_memory_fail_at (guint nth)
{
  fail_at = nth;
  n_requests = 0;
  largest = 0;
}

guint
scarce_memory_get_requests (void)
{
  return n_requests;
}

gsize
scarce_memory_get_largest (void)
{
  return largest;
}

static gboolean
is_granted (gsize size)
{
  n_requests++;
  largest = MAX (largest, size);
  return fail_at == 0 || n_requests < fail_at;
}

gpointer
g_try_realloc (gpointer block, gsize size)
{
  return is_granted (size) ? realloc (block, size) : NULL;
}

gpointer
g_try_malloc_n (gsize n_blocks, gsize size)
{
  return is_granted (n_blocks * size) ? calloc (n_blocks, size) : NULL;
}
