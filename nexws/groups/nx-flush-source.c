/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-flush-source-private.h"

typedef struct
{
  GSource base;
  gboolean is_ready;
} FlushSource;

static gboolean
check (GSource *source)
{
  return ((FlushSource *) source)->is_ready;
}

static gboolean
prepare (GSource *source, int *timeout_ms)
{
  *timeout_ms = -1;
  return check (source);
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

static GSourceFuncs funcs = { .prepare = prepare, .check = check, .dispatch = dispatch };

GSource *
nx_flush_source_new (void)
{
  return g_source_new (&funcs, sizeof (FlushSource));
}

void
nx_flush_source_set_ready (GSource *source, gboolean ready)
{
  ((FlushSource *) source)->is_ready = ready;
}
