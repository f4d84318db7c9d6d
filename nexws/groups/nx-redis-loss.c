/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to a Redis is lost, or given up: what hung on it is forgotten, and another try is due. */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#define FIRST_DELAY_MS 100
#define MAX_DOUBLINGS 16

void
nx_redis_clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

GSource *
nx_redis_start_timer (NxRedisBackplane *self, guint interval_ms, GSourceFunc func)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  GSource *source = g_timeout_source_new (interval_ms);

  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, context);
  return source;
}

void
nx_redis_link_disconnect (NxRedisBackplane *self)
{
  nx_redis_clear_source (&self->tick_source);
  if (self->run_id != NULL)
    {
      g_free (self->old_run_id);
      self->old_run_id = g_steal_pointer (&self->run_id);
      self->old_client_id = self->client_id;
    }
  self->has_commands = self->has_pushes = FALSE;
  g_clear_pointer (&self->commands, nx_redis_connection_close);
  g_clear_pointer (&self->pushes, nx_redis_connection_close);
  nx_redis_trim_clear (self);
  nx_redis_groups_clear (self);
  g_hash_table_remove_all (self->touched);
  g_hash_table_remove_all (self->deadlines);
  g_hash_table_remove_all (self->buried);
  nx_redis_own_lose (self);
}

/* Longer each time, and not the same for all who lost it at once. */
static guint
get_delay_ms (NxRedisBackplane *self)
{
  guint64 delay_ms = (guint64) FIRST_DELAY_MS << MIN (self->n_attempts, MAX_DOUBLINGS);

  delay_ms = self->is_refused ? self->max_delay_ms : MIN (delay_ms, self->max_delay_ms);
  return (guint) (delay_ms / 2 + g_random_double_range (0, (double) delay_ms / 2 + 1));
}

void
nx_redis_link_lose (NxRedisBackplane *self, const GError *error)
{
  NxBackplane *base = NX_BACKPLANE (self);
  g_autoptr (NxBackplane) kept = g_object_ref (base);

  nx_redis_link_disconnect (self);
  self->retry_source = nx_redis_start_timer (self, get_delay_ms (self), self->retry);
  self->n_attempts++;
  nx_backplane_report (base, error);
  if (nx_backplane_get_state (base) == NX_BACKPLANE_STATE_CONNECTED)
    nx_backplane_set_state (base, NX_BACKPLANE_STATE_LOST);
}
