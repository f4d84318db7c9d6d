/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A thing of each kind that a reactor serves; it notes its name, and does what the test wants.
 */
#pragma once

#include "harness.h"

typedef struct _Thing Thing;
struct _Thing
{
  NxWatch watch;
  NxTimer timer;
  NxTask task;
  Ground *ground;
  const char *name; /* nullable */
  guint n_called;
  guint32 ready;
  void (*action) (Thing *self);
  Thing *other;
};

void watch_cb (NxWatch *watch, guint32 ready);
void thing_init (Thing *self, Ground *g, const char *name, void (*action) (Thing *self));
void watch_event_fd (Thing *self, gboolean is_ready, guint32 interest);
void unwatch (Thing *self);
void start_timer (Thing *self, gint64 after_us);
gboolean turn (void);
/* Actions. */
void drain_fd (Thing *self);
void queue_other (Thing *self);
