/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-settings-private.h"

NxSettings *
nx_settings_new (void)
{
  NxSettings *self = g_new0 (NxSettings, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->receiver.max_message_size = 1024 * 1024;
  self->receiver.max_fragments = 1024;
  self->receiver.max_control_frames = 64;
  self->ping_interval_ms = 20 * 1000;
  self->pong_timeout_ms = 20 * 1000;
  self->close_timeout_ms = 5 * 1000;
  self->high_water_mark = 1024 * 1024;
  self->low_water_mark = 256 * 1024;
  self->slow_policy = NX_SLOW_POLICY_CLOSE;
  self->receive_queue_messages = 16;
  self->receive_queue_size = 64 * 1024;
  self->max_json_depth = 128;
  self->compression_window_bits = 12;
  self->compression_threshold = 1024;
  return self;
}

NxSettings *
nx_settings_copy (const NxSettings *self)
{
  NxSettings *copy = g_memdup2 (self, sizeof *self);

  g_atomic_ref_count_init (&copy->ref_count);
  return copy;
}

NxSettings *
nx_settings_ref (NxSettings *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
nx_settings_unref (NxSettings *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}
