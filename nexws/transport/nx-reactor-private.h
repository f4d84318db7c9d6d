/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxReactor: one epoll descriptor in one GSource for all connections of an app, with one timer wheel and one read
 * buffer. A turn: descriptors that are ready, deadlines that are due, tasks, and at last the flushes, so that
 * whatever was sent during a turn leaves in one system call a connection.
 *
 * It lives in the GMainContext that was the thread's default when it was made and must be used from there only.
 */
#pragma once

#include <glib.h>

#include "transport/nx-clock-private.h"
#include "transport/nx-timer-wheel-private.h"

G_BEGIN_DECLS

typedef struct _NxReactor NxReactor;
typedef struct _NxWatch NxWatch;
typedef struct _NxTask NxTask;

/* @ready: EPOLL* bits. */
typedef void (*NxWatchFunc) (NxWatch *watch, guint32 ready);

typedef void (*NxTaskFunc) (NxTask *task);

/* Something to do once, later in this turn or in the next; embedded in its owner. */
struct _NxTask
{
  NxTask *previous; /* NULL while not queued */
  NxTask *next;
  NxTaskFunc func;
};

/* A descriptor that the reactor looks after; embedded in its owner. */
struct _NxWatch
{
  NxWatchFunc func;
  int fd;
  guint32 interest; /* EPOLL* bits asked for */
  guint32 applied;  /* those that the kernel knows of */
  gboolean is_changing;
};

/* Shared by all streams of a reactor while one of them is read. */
#define NX_REACTOR_BUFFER_SIZE (64 * 1024)

NxReactor *nx_reactor_new (NxClock *clock, GError **error);
NxReactor *nx_reactor_ref (NxReactor *self);
void nx_reactor_unref (NxReactor *self);
/* Leaves its context: nothing is called any more, not even in the turn that runs. */
void nx_reactor_stop (NxReactor *self);

/* FALSE (errno says why) when the kernel refuses the descriptor. */
gboolean nx_reactor_add_watch (NxReactor *self,
                               NxWatch *watch,
                               int fd,
                               guint32 interest,
                               NxWatchFunc func);
/* Inside a turn, the kernel hears of it at the turn's end: by then most have changed their mind. */
void nx_reactor_change_watch (NxReactor *self, NxWatch *watch, guint32 interest);
/* Before the descriptor is closed. An event that is already on its way to the watch is forgotten. */
void nx_reactor_remove_watch (NxReactor *self, NxWatch *watch);

void nx_task_init (NxTask *task, NxTaskFunc func);
gboolean nx_task_is_queued (const NxTask *task);
void nx_reactor_queue_task (NxReactor *self, NxTask *task);
/* Runs behind all tasks of its turn. */
void nx_reactor_queue_flush (NxReactor *self, NxTask *task);
void nx_reactor_cancel_task (NxReactor *self, NxTask *task);

void nx_reactor_start_timer (NxReactor *self, NxTimer *timer, gint64 due_us);
void nx_reactor_stop_timer (NxReactor *self, NxTimer *timer);

/* The time at which this turn began: what is cheap enough to ask for at every read. Outside of a turn, now. */
gint64 nx_reactor_get_now (NxReactor *self);
/* For tests that turn the clock: it, when the next deadline is (G_MAXINT64: none), and whether there is nothing to do before. */
NxClock *nx_reactor_get_clock (NxReactor *self);
gint64 nx_reactor_get_next_deadline (NxReactor *self);
/* TRUE when it made timers due that would have fired a tick later only. */
gboolean nx_reactor_expire_timers (NxReactor *self);
gboolean nx_reactor_is_idle (NxReactor *self);
/* Whether a turn is running: the caller is called from inside it. */
gboolean nx_reactor_is_turning (NxReactor *self);
guint8 *nx_reactor_get_buffer (NxReactor *self);
/* Of the same size: for whoever puts octets together for one system call. */
guint8 *nx_reactor_get_write_buffer (NxReactor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxReactor, nx_reactor_unref)

G_END_DECLS
