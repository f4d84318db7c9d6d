/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "thing.h"

#include <sys/eventfd.h>
#include <unistd.h>

static void
called (Thing *self)
{
  self->n_called++;
  if (self->name != NULL)
    note (self->ground, "%s", self->name);
  if (self->action != NULL)
    self->action (self);
}

void
watch_cb (NxWatch *watch, guint32 ready)
{
  Thing *self = (Thing *) ((guint8 *) watch - G_STRUCT_OFFSET (Thing, watch));

  self->ready = ready;
  called (self);
}

static void
timer_cb (NxTimer *timer)
{
  called ((Thing *) ((guint8 *) timer - G_STRUCT_OFFSET (Thing, timer)));
}

static void
task_cb (NxTask *task)
{
  called ((Thing *) ((guint8 *) task - G_STRUCT_OFFSET (Thing, task)));
}

void
thing_init (Thing *self, Ground *g, const char *name, void (*action) (Thing *self))
{
  *self = (Thing){ .ground = g, .name = name, .action = action, .watch.fd = -1 };
  nx_timer_init (&self->timer, timer_cb);
  nx_task_init (&self->task, task_cb);
}

/* Ready to be written always, and to be read if @is_ready. */
void
watch_event_fd (Thing *self, gboolean is_ready, guint32 interest)
{
  int fd = eventfd (is_ready, EFD_NONBLOCK | EFD_CLOEXEC);

  g_assert_true (
      nx_reactor_add_watch (self->ground->reactor, &self->watch, fd, interest, watch_cb));
}

void
unwatch (Thing *self)
{
  int fd = self->watch.fd;

  nx_reactor_remove_watch (self->ground->reactor, &self->watch);
  if (fd >= 0)
    close (fd);
}

void
start_timer (Thing *self, gint64 after_us)
{
  nx_reactor_start_timer (self->ground->reactor, &self->timer,
                          nx_reactor_get_now (self->ground->reactor) + after_us);
}

gboolean
turn (void)
{
  return g_main_context_iteration (NULL, FALSE);
}

void
drain_fd (Thing *self)
{
  guint64 count;

  g_assert_cmpint (read (self->watch.fd, &count, sizeof count), ==, sizeof count);
}

void
queue_other (Thing *self)
{
  nx_reactor_queue_task (self->ground->reactor, &self->other->task);
}
