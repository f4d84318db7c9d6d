/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-turn-watch.h"

/*
 * GLib prepares sources in the order of their priorities, and none below the first that is ready. So there are two: one just above the
 * priority that is watched, which is always prepared, and one just below, which is not when what is dispatched in that turn is watched.
 */
typedef struct
{
  GSource source;
  gint64 began_us;       /* when this turn began */
  gboolean is_of_others; /* nothing that is watched is ready in it */
  guint limit_ms;
  guint elapsed_ms;
  GSource *below; /* owned */
} Watch;

typedef struct
{
  GSource source;
  Watch *watch; /* which owns this */
} Below;

static gboolean
watch_prepare (GSource *source, int *timeout)
{
  Watch *self = (Watch *) source;
  gint64 now = g_get_monotonic_time ();
  gint64 elapsed_ms = (now - self->began_us) / 1000;
  gboolean is_late = !self->is_of_others && elapsed_ms > self->limit_ms;

  *timeout = -1;
  self->began_us = now;
  /* The turn in which that is told is none of theirs. */
  self->is_of_others = is_late;
  if (is_late)
    self->elapsed_ms = MIN (elapsed_ms, G_MAXINT);
  return is_late;
}

static gboolean
watch_dispatch (GSource *source, GSourceFunc func, gpointer data)
{
  ((NxTurnFunc) (void (*) (void)) func) (((Watch *) source)->elapsed_ms, data);
  return G_SOURCE_CONTINUE;
}

static void
watch_finalize (GSource *source)
{
  Watch *self = (Watch *) source;

  g_source_destroy (self->below);
  g_source_unref (self->below);
}

static gboolean
below_prepare (GSource *source, int *timeout)
{
  *timeout = -1;
  ((Below *) source)->watch->is_of_others = TRUE;
  return FALSE;
}

static gboolean
below_dispatch (GSource *source, GSourceFunc func, gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs watch_funcs = {
  .prepare = watch_prepare,
  .dispatch = watch_dispatch,
  .finalize = watch_finalize,
};

static GSourceFuncs below_funcs = {
  .prepare = below_prepare,
  .dispatch = below_dispatch,
};

/**
 * nx_watch_turns:
 * @priority: of the sources that are watched; neither the lowest nor the highest there is
 * @limit_ms: for so long they may hold the main loop, in milliseconds
 * @func: (scope notified) (closure user_data) (destroy destroy): hears of it when it was longer
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 *
 * Watches whether sources of one priority hold the thread's default main context for too long in one turn of it. @func is called before anything
 * else is done. It is for languages whose promises are served by a source of a priority of its own, such as GJS, and costs a look at the clock a turn.
 *
 * Returns: for [func@GLib.Source.remove]
 *
 * Since: 0.1
 */
guint
nx_watch_turns (int priority,
                guint limit_ms,
                NxTurnFunc func,
                gpointer user_data,
                GDestroyNotify destroy)
{
  GMainContext *context = g_main_context_get_thread_default ();
  GSource *source, *below;
  Watch *self;
  guint id;

  g_return_val_if_fail (priority > G_MININT && priority < G_MAXINT, 0);
  g_return_val_if_fail (func != NULL, 0);

  source = g_source_new (&watch_funcs, sizeof (Watch));
  below = g_source_new (&below_funcs, sizeof (Below));
  self = (Watch *) source;
  self->is_of_others = TRUE;
  self->limit_ms = limit_ms;
  self->below = below;
  ((Below *) below)->watch = self;
  g_source_set_static_name (source, "nexws: watches turns");
  g_source_set_static_name (below, "nexws: watches turns");
  g_source_set_priority (source, priority - 1);
  g_source_set_priority (below, priority + 1);
  g_source_set_callback (source, (GSourceFunc) (void (*) (void)) func, user_data, destroy);
  g_source_attach (below, context);
  id = g_source_attach (source, context);
  g_source_unref (source);
  return id;
}
