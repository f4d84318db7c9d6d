/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxSettings: what one connection may do and must endure. A snapshot that connections share by reference: a property that
 * changes later holds for the connections that come later.
 */
#pragma once

#include "nx-enums.h"
#include "protocol/nx-receiver-private.h"

G_BEGIN_DECLS

typedef struct
{
  gatomicrefcount ref_count;

  NxReceiverLimits receiver;

  guint ping_interval_ms; /* 0: no pings */
  guint pong_timeout_ms;
  guint close_timeout_ms;

  gsize high_water_mark;
  gsize low_water_mark; /* more than the high one counts as that */
  NxSlowPolicy slow_policy;

  guint receive_queue_messages;
  gsize receive_queue_size;
  guint max_json_depth;

  gboolean compression;
  gboolean compression_takeover;
  guint compression_window_bits;
  gsize compression_threshold;

  gboolean has_told_marks; /* that they are the wrong way round */
} NxSettings;

/* The defaults. */
NxSettings *nx_settings_new (void);
NxSettings *nx_settings_copy (const NxSettings *self);
NxSettings *nx_settings_ref (NxSettings *self);
void nx_settings_unref (NxSettings *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxSettings, nx_settings_unref)

G_END_DECLS
