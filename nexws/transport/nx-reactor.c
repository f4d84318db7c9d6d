/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-reactor-private.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <unistd.h>

/* How many descriptors, deadlines and tasks a turn serves at most. */
#define EVENTS_A_TURN 256
#define TIMERS_A_TURN 1024
#define TASKS_A_TURN 4096

/*
 * GLib serves a source of lower priority only in an iteration in which none of a higher one is ready. Under full load the
 * epoll descriptor always is, so after this many busy turns we are not for one iteration, and idle handlers get theirs.
 */
#define BUSY_TURNS_BEFORE_YIELD 8

struct _NxReactor
{
  GSource source;

  NxClock *clock;
  NxTimerWheel *wheel;
  gint64 now_us; /* of the running turn; 0 outside */

  int epoll_fd;
  /* Not by g_source_add_unix_fd(), with which GLib overrules a check() that says no. */
  GPollFD poll_fd;
  struct epoll_event events[EVENTS_A_TURN];
  guint n_events; /* of the running turn */
  guint next_event;

  NxTask tasks; /* list heads */
  NxTask flushes;
  GPtrArray *changing;  /* of NxWatch, whose interest the kernel has not heard of */
  gboolean timers_left; /* a turn ended with deadlines that are due */
  guint busy_turns;

  guint8 *buffer; /* for reading, and behind it as much for writing */
};

static gboolean
list_is_empty (const NxTask *head)
{
  return head->next == head;
}

static void
list_append (NxTask *head, NxTask *task)
{
  task->previous = head->previous;
  task->next = head;
  head->previous->next = task;
  head->previous = task;
}

static void
list_remove (NxTask *task)
{
  task->previous->next = task->next;
  task->next->previous = task->previous;
  task->previous = task->next = NULL;
}

static gboolean
is_stopped (NxReactor *self)
{
  return g_source_is_destroyed (&self->source);
}

static gboolean
has_work (NxReactor *self)
{
  return self->timers_left || !list_is_empty (&self->tasks) || !list_is_empty (&self->flushes);
}

static gboolean
has_due_timer (NxReactor *self)
{
  return nx_timer_wheel_get_next (self->wheel) <= nx_clock_get_now (self->clock);
}

/* Only says how long to sleep: check() alone decides, so that the turns are counted in one place. */
static gboolean
reactor_prepare (GSource *source, int *timeout_ms)
{
  NxReactor *self = (NxReactor *) source;
  gint64 next_us = nx_timer_wheel_get_next (self->wheel);

  /* Somebody's handler runs a main loop of its own, which must not wake up for us: no turn begins inside a turn. */
  if (self->now_us != 0)
    {
      self->poll_fd.events = 0;
      *timeout_ms = -1;
      return FALSE;
    }
  if (has_work (self) || has_due_timer (self))
    *timeout_ms = 0;
  else if (next_us == G_MAXINT64 || nx_clock_is_manual (self->clock))
    *timeout_ms = -1;
  else
    *timeout_ms = (int) MIN ((next_us - nx_clock_get_now (self->clock)) / 1000 + 1, G_MAXINT);
  return FALSE;
}

static gboolean
reactor_check (GSource *source)
{
  NxReactor *self = (NxReactor *) source;

  if (self->now_us != 0)
    return FALSE;
  if (self->poll_fd.revents == 0 && !has_work (self) && !has_due_timer (self))
    {
      self->busy_turns = 0;
      return FALSE;
    }
  if (self->busy_turns++ < BUSY_TURNS_BEFORE_YIELD)
    return TRUE;
  self->busy_turns = 0;
  return FALSE;
}

static void
serve_descriptors (NxReactor *self)
{
  int n = epoll_wait (self->epoll_fd, self->events, EVENTS_A_TURN, 0);

  self->n_events = MAX (n, 0);
  for (self->next_event = 0; self->next_event < self->n_events;)
    {
      struct epoll_event *event = &self->events[self->next_event++];
      NxWatch *watch = event->data.ptr;

      if (watch != NULL)
        watch->func (watch, event->events);
    }
  self->n_events = self->next_event = 0;
}

/* Tasks that are queued meanwhile wait for the next turn, so that a task which queues itself does not stop the world. */
static void
serve_tasks (NxReactor *self, NxTask *head)
{
  NxTask batch;

  if (list_is_empty (head))
    return;

  batch = *head;
  batch.next->previous = &batch;
  batch.previous->next = &batch;
  head->previous = head->next = head;

  for (guint n = 0; n < TASKS_A_TURN && !is_stopped (self) && !list_is_empty (&batch); n++)
    {
      NxTask *task = batch.next;

      list_remove (task);
      task->func (task);
    }
  while (!list_is_empty (&batch))
    {
      NxTask *task = batch.previous;

      list_remove (task);
      task->next = head->next;
      task->previous = head;
      head->next->previous = task;
      head->next = task;
    }
}

static void
apply_interest (NxReactor *self, NxWatch *watch)
{
  struct epoll_event event = { .events = watch->interest, .data.ptr = watch };

  if (watch->applied == watch->interest)
    return;
  watch->applied = watch->interest;
  epoll_ctl (self->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

static void
apply_changes (NxReactor *self)
{
  for (guint i = 0; i < self->changing->len; i++)
    {
      NxWatch *watch = g_ptr_array_index (self->changing, i);

      watch->is_changing = FALSE;
      apply_interest (self, watch);
    }
  g_ptr_array_set_size (self->changing, 0);
}

static gboolean
reactor_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  NxReactor *self = (NxReactor *) source;

  self->now_us = nx_clock_get_now (self->clock);
  serve_descriptors (self);
  self->timers_left = nx_timer_wheel_turn (self->wheel, self->now_us, TIMERS_A_TURN);
  serve_tasks (self, &self->tasks);
  serve_tasks (self, &self->flushes);
  apply_changes (self);
  self->now_us = 0;
  self->poll_fd.events = G_IO_IN;
  return G_SOURCE_CONTINUE;
}

static void
reactor_finalize (GSource *source)
{
  NxReactor *self = (NxReactor *) source;

  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  g_clear_pointer (&self->wheel, nx_timer_wheel_free);
  g_clear_pointer (&self->clock, nx_clock_unref);
  g_ptr_array_unref (self->changing);
  g_free (self->buffer);
}

static GSourceFuncs reactor_funcs = {
  .prepare = reactor_prepare,
  .check = reactor_check,
  .dispatch = reactor_dispatch,
  .finalize = reactor_finalize,
};

NxReactor *
nx_reactor_new (NxClock *clock, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  NxReactor *self = (NxReactor *) g_source_new (&reactor_funcs, sizeof (NxReactor));

  g_source_set_static_name (&self->source, "nexws reactor");
  g_source_set_can_recurse (&self->source, TRUE);
  self->clock = nx_clock_ref (clock);
  self->wheel = nx_timer_wheel_new (nx_clock_get_now (clock));
  self->tasks.previous = self->tasks.next = &self->tasks;
  self->flushes.previous = self->flushes.next = &self->flushes;
  self->changing = g_ptr_array_new ();
  self->buffer = g_malloc (2 * NX_REACTOR_BUFFER_SIZE);

  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->epoll_fd < 0)
    {
      int saved_errno = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
                   "Cannot make an epoll descriptor: %s", g_strerror (saved_errno));
      g_source_unref (&self->source);
      return NULL;
    }
  self->poll_fd = (GPollFD){ .fd = self->epoll_fd, .events = G_IO_IN };
  g_source_add_poll (&self->source, &self->poll_fd);
  g_source_attach (&self->source, context);
  return self;
}

NxReactor *
nx_reactor_ref (NxReactor *self)
{
  g_source_ref (&self->source);
  return self;
}

void
nx_reactor_unref (NxReactor *self)
{
  g_source_unref (&self->source);
}

void
nx_reactor_stop (NxReactor *self)
{
  /* The running turn ends here as well. */
  self->n_events = self->next_event = 0;
  nx_timer_wheel_clear (self->wheel);
  g_source_destroy (&self->source);
}

gboolean
nx_reactor_add_watch (NxReactor *self, NxWatch *watch, int fd, guint32 interest, NxWatchFunc func)
{
  struct epoll_event event = { .events = interest, .data.ptr = watch };

  watch->func = func;
  watch->fd = fd;
  watch->interest = watch->applied = interest;
  watch->is_changing = FALSE;
  return epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void
nx_reactor_change_watch (NxReactor *self, NxWatch *watch, guint32 interest)
{
  if (watch->interest == interest)
    return;
  watch->interest = interest;
  if (self->now_us == 0)
    apply_interest (self, watch);
  else if (!watch->is_changing)
    {
      watch->is_changing = TRUE;
      g_ptr_array_add (self->changing, watch);
    }
}

void
nx_reactor_remove_watch (NxReactor *self, NxWatch *watch)
{
  if (watch->fd < 0)
    return;
  /* Closing would not do: a child between fork and exec may hold the same socket, or systemd the listening one, and its events
   * would go on to come here. */
  epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  watch->fd = -1;
  if (watch->is_changing)
    g_ptr_array_remove_fast (self->changing, watch);
  for (guint i = self->next_event; i < self->n_events; i++)
    if (self->events[i].data.ptr == watch)
      self->events[i].data.ptr = NULL;
}

void
nx_task_init (NxTask *task, NxTaskFunc func)
{
  task->previous = task->next = NULL;
  task->func = func;
}

gboolean
nx_task_is_queued (const NxTask *task)
{
  return task->previous != NULL;
}

void
nx_reactor_queue_task (NxReactor *self, NxTask *task)
{
  if (!nx_task_is_queued (task))
    list_append (&self->tasks, task);
}

void
nx_reactor_queue_flush (NxReactor *self, NxTask *task)
{
  if (!nx_task_is_queued (task))
    list_append (&self->flushes, task);
}

void
nx_reactor_cancel_task (NxReactor *self, NxTask *task)
{
  if (nx_task_is_queued (task))
    list_remove (task);
}

void
nx_reactor_start_timer (NxReactor *self, NxTimer *timer, gint64 due_us)
{
  nx_timer_wheel_start (self->wheel, timer, due_us);
}

void
nx_reactor_stop_timer (NxReactor *self, NxTimer *timer)
{
  nx_timer_wheel_stop (self->wheel, timer);
}

gint64
nx_reactor_get_now (NxReactor *self)
{
  return self->now_us != 0 ? self->now_us : nx_clock_get_now (self->clock);
}

NxClock *
nx_reactor_get_clock (NxReactor *self)
{
  return self->clock;
}

gint64
nx_reactor_get_next_deadline (NxReactor *self)
{
  return nx_timer_wheel_get_next (self->wheel);
}

gboolean
nx_reactor_expire_timers (NxReactor *self)
{
  return nx_timer_wheel_expire (self->wheel, nx_clock_get_now (self->clock));
}

gboolean
nx_reactor_is_idle (NxReactor *self)
{
  return !has_work (self) && !has_due_timer (self);
}

gboolean
nx_reactor_is_turning (NxReactor *self)
{
  return self->now_us != 0;
}

guint8 *
nx_reactor_get_buffer (NxReactor *self)
{
  return self->buffer;
}

guint8 *
nx_reactor_get_write_buffer (NxReactor *self)
{
  return self->buffer + NX_REACTOR_BUFFER_SIZE;
}
