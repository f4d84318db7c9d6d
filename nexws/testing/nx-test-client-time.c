/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The app's time, stood still and moved by hand. It is reached through the client because that is what a test has, and
 * because it takes no more than two functions; it is the app's time all the same, for all its clients.
 */
#include "config.h"

#include "testing/nx-test-client-private.h"

#include "nx-app-private.h"

/* So often in a row nothing else was to be done, and then nothing is: an answer may take a turn or two to be taken. */
#define QUIET_TURNS 3

typedef struct
{
  NxReactor *reactor;
  gint64 target_us;  /* of the app's time */
  gint64 give_up_us; /* of real time */
  guint n_quiet;
} Advance;

static void
advance_free (Advance *self)
{
  nx_reactor_unref (self->reactor);
  g_free (self);
}

/* One deadline after another, so that each finds the time that it was set for, and what it sets off can set the next. */
static gboolean
step (Advance *self)
{
  NxClock *clock = nx_reactor_get_clock (self->reactor);
  gint64 now_us = nx_clock_get_now (clock);
  gint64 next_us = MIN (nx_reactor_get_next_deadline (self->reactor), self->target_us);

  /* What is due at the very target is, though a service's own clock would come by a tick later. */
  if (now_us >= self->target_us)
    return nx_clock_is_manual (clock) && nx_reactor_expire_timers (self->reactor);
  nx_clock_advance (clock, MAX (next_us - now_us, 1));
  return TRUE;
}

/* Of the lowest priority: called when nothing else is ready, or the reactor gave way for a moment. */
static gboolean
idle_cb (gpointer data)
{
  g_autoptr (GTask) task = g_object_ref (data);
  Advance *self = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task))
    return G_SOURCE_REMOVE;
  if (g_get_monotonic_time () > self->give_up_us)
    {
      g_task_return_new_error (
          task, NX_ERROR, NX_ERROR_TIMEOUT, "The app did not come to rest in time%s",
          nx_reactor_is_turning (self->reactor)
              ? " (called from inside a handler of the app, which cannot go on meanwhile)"
              : "");
      return G_SOURCE_REMOVE;
    }
  self->n_quiet = nx_reactor_is_idle (self->reactor) ? self->n_quiet + 1 : 0;
  if (self->n_quiet < QUIET_TURNS)
    return G_SOURCE_CONTINUE;
  self->n_quiet = 0;
  if (step (self))
    return G_SOURCE_CONTINUE;
  g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

/* Takes @task. */
static void
begin (NxTestClient *self, GTask *task, gint64 by_us)
{
  Advance *advance = g_new0 (Advance, 1);
  g_autoptr (GSource) source = g_idle_source_new ();

  advance->reactor = nx_reactor_ref (nx_app_get_private (self->app)->reactor);
  advance->target_us = nx_clock_get_now (nx_reactor_get_clock (advance->reactor)) + by_us;
  advance->give_up_us = g_get_monotonic_time () + self->timeout_ms * G_GINT64_CONSTANT (1000);
  g_task_set_task_data (task, advance, (GDestroyNotify) advance_free);
  g_source_set_priority (source, G_PRIORITY_LOW);
  g_source_set_callback (source, idle_cb, task, g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

/**
 * nx_test_client_settle_async:
 * @self: a client
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when nothing is left to be done
 * @user_data: data for @callback
 *
 * Lets everything happen that can happen without time passing, as [method@TestClient.settle] does.
 *
 * Since: 0.1
 */
void
nx_test_client_settle_async (NxTestClient *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_settle_async);
  /* Also of a time that was not stood still: what is due by now is, and nothing has to be moved. */
  begin (self, task, 0);
}

/**
 * nx_test_client_settle_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.settle_async].
 *
 * Returns: %FALSE with %NX_ERROR_TIMEOUT when the app does not come to rest, or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_test_client_settle_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * nx_test_client_settle:
 * @self: a client
 * @error: return location for an error
 *
 * Lets everything happen that can happen without time passing: what was sent arrives, handlers are called, and what they send
 * comes back. Before a look at what the app has done of which the client hears nothing. Unlike
 * [method@TestClient.advance_time] it leaves the app's time going, if it goes.
 *
 * Returns: as [method@TestClient.settle_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_settle (NxTestClient *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);

  nx_test_client_settle_async (self, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_settle_finish (self, result, error);
}

/**
 * nx_test_client_get_time:
 * @self: a client
 *
 * The app's time: that of `g_get_monotonic_time()` until it is stood still or moved. For handlers under test that measure how
 * long something takes.
 *
 * Returns: microseconds since some moment in the past
 *
 * Since: 0.1
 */
gint64
nx_test_client_get_time (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), 0);

  return nx_clock_get_now (nx_reactor_get_clock (nx_app_get_private (self->app)->reactor));
}

/**
 * nx_test_client_freeze_time:
 * @self: a client
 *
 * Stands the app's time still, for all its clients and until its end: no deadline comes nearer, and no ping is due. Only
 * [method@TestClient.advance_time] moves it from now on. What the service times by itself, such as with g_timeout_add(), goes on by
 * the clock.
 *
 * How long the client's own functions wait is real time, as before.
 *
 * Since: 0.1
 */
void
nx_test_client_freeze_time (NxTestClient *self)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  nx_clock_freeze (nx_reactor_get_clock (nx_app_get_private (self->app)->reactor));
}

/**
 * nx_test_client_advance_time_async:
 * @self: a client
 * @ms: milliseconds
 * @cancellable: (nullable): a cancellable, which leaves the time where it has got to
 * @callback: (scope async) (closure user_data): called when the app has come to rest at the new time
 * @user_data: data for @callback
 *
 * Moves the app's time, which stands still from then on.
 *
 * It goes from deadline to deadline, and at each lets everything happen that can happen then, so that an hour with its 180
 * pings and pongs passes as it would, in a moment.
 *
 * Since: 0.1
 */
void
nx_test_client_advance_time_async (NxTestClient *self,
                                   guint ms,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  GTask *task;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  nx_test_client_freeze_time (self);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_advance_time_async);
  begin (self, task, ms * G_GINT64_CONSTANT (1000));
}

/**
 * nx_test_client_advance_time_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.advance_time_async].
 *
 * Returns: %FALSE with %NX_ERROR_TIMEOUT when the app did not come to rest within [property@TestClient:timeout] of real time, or
 *   with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_test_client_advance_time_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * nx_test_client_advance_time:
 * @self: a client
 * @ms: milliseconds
 * @error: return location for an error
 *
 * Moves the app's time, which stands still from then on, and lets everything happen on the way, what is due at the very end
 * included. With 0, everything that can happen now.
 *
 * Returns: as [method@TestClient.advance_time_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_advance_time (NxTestClient *self, guint ms, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);

  nx_test_client_advance_time_async (self, ms, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_advance_time_finish (self, result, error);
}
