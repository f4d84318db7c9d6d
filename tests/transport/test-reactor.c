/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a turn of a reactor does, and in which order; its time; its watches. */
#include "config.h"

#include "thing.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* -- A turn -- */

static void
test_order (Ground *g)
{
  Thing descriptor, timer, task, flush;

  thing_init (&flush, g, "flush", NULL);
  thing_init (&task, g, "task", NULL);
  thing_init (&timer, g, "timer", NULL);
  thing_init (&descriptor, g, "descriptor", drain_fd);
  nx_reactor_queue_flush (g->reactor, &flush.task);
  nx_reactor_queue_task (g->reactor, &task.task);
  nx_reactor_queue_task (g->reactor, &task.task); /* once is enough */
  nx_reactor_queue_flush (g->reactor, &task.task);
  start_timer (&timer, 0);
  nx_clock_advance (g->clock, NX_TIMER_TICK_US);
  watch_event_fd (&descriptor, TRUE, EPOLLIN);

  g_assert_true (turn ());
  assert_log (g, "descriptor timer task flush");
  g_assert_cmphex (descriptor.ready, ==, EPOLLIN);
  g_assert_false (turn ());
  assert_log (g, "");
  unwatch (&descriptor);
}

static void
flush_other (Thing *self)
{
  nx_reactor_queue_flush (self->ground->reactor, &self->other->task);
}

static void
test_queued_in_a_turn (Ground *g)
{
  Thing first, second, flush, late_flush, restless;

  thing_init (&first, g, "first", queue_other);
  thing_init (&second, g, "second", flush_other);
  thing_init (&flush, g, "flush", flush_other);
  thing_init (&late_flush, g, "late-flush", queue_other);
  thing_init (&restless, g, "restless", queue_other);
  first.other = &second;
  second.other = &flush;
  flush.other = &late_flush;
  late_flush.other = restless.other = &restless;

  nx_reactor_queue_task (g->reactor, &first.task);
  g_assert_true (turn ());
  assert_log (g, "first");
  g_assert_true (turn ());
  assert_log (g, "second flush");
  g_assert_true (turn ());
  assert_log (g, "late-flush");
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (turn ());
      assert_log (g, "restless");
    }
  g_assert_true (nx_task_is_queued (&restless.task));
  nx_reactor_cancel_task (g->reactor, &restless.task);
  nx_reactor_cancel_task (g->reactor, &restless.task);
  g_assert_false (nx_task_is_queued (&restless.task));
  g_assert_false (turn ());
}

static void
cancel_other (Thing *self)
{
  nx_reactor_cancel_task (self->ground->reactor, &self->other->task);
}

static void
test_cancelled_in_a_turn (Ground *g)
{
  Thing first, second, third;

  thing_init (&first, g, "first", cancel_other);
  thing_init (&second, g, "second", NULL);
  thing_init (&third, g, "third", NULL);
  first.other = &second;
  nx_reactor_queue_task (g->reactor, &first.task);
  nx_reactor_queue_task (g->reactor, &second.task);
  nx_reactor_queue_task (g->reactor, &third.task);
  g_assert_true (turn ());
  assert_log (g, "first third");
}

/* More than a turn serves: the rest keeps its place in front of what came meanwhile. */
static void
test_many_tasks (Ground *g)
{
  const guint n = 5000, a_turn = 4096;
  g_autofree Thing *things = g_new (Thing, n);
  Thing late;

  thing_init (&late, g, "late", NULL);
  for (guint i = 0; i < n; i++)
    {
      thing_init (&things[i], g, i == n - 1 ? "last" : NULL, i == 0 ? queue_other : NULL);
      nx_reactor_queue_task (g->reactor, &things[i].task);
    }
  things[0].other = &late;
  g_assert_true (turn ());
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (things[i].n_called, ==, i < a_turn);
  assert_log (g, "");
  g_assert_true (turn ());
  assert_log (g, "last late");
  g_assert_false (turn ());
}

static void
test_many_timers (Ground *g)
{
  const guint n = 1500, a_turn = 1024;
  g_autofree Thing *things = g_new (Thing, n);
  guint n_called = 0;

  for (guint i = 0; i < n; i++)
    {
      thing_init (&things[i], g, NULL, NULL);
      start_timer (&things[i], 0);
    }
  nx_clock_advance (g->clock, NX_TIMER_TICK_US);
  g_assert_true (turn ());
  for (guint i = 0; i < n; i++)
    n_called += things[i].n_called;
  g_assert_cmpuint (n_called, ==, a_turn);
  g_assert_true (turn ());
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (things[i].n_called, ==, 1);
  g_assert_false (turn ());
}

static void
test_many_descriptors (Ground *g)
{
  const guint n = 400;
  g_autofree Thing *things = g_new (Thing, n);

  for (guint i = 0; i < n; i++)
    {
      thing_init (&things[i], g, NULL, drain_fd);
      watch_event_fd (&things[i], TRUE, EPOLLIN);
    }
  g_assert_true (turn ());
  g_assert_true (turn ());
  g_assert_false (turn ());
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpuint (things[i].n_called, ==, 1);
      unwatch (&things[i]);
    }
}

/* -- Time -- */

static void
look_at_time (Thing *self)
{
  gint64 now_us = nx_reactor_get_now (self->ground->reactor);

  nx_clock_advance (self->ground->clock, 1000);
  g_assert_cmpint (nx_reactor_get_now (self->ground->reactor), ==, now_us);
}

static void
test_time_stands_still_in_a_turn (Ground *g)
{
  gint64 now_us = nx_reactor_get_now (g->reactor);
  Thing task;

  thing_init (&task, g, NULL, look_at_time);
  nx_reactor_queue_task (g->reactor, &task.task);
  g_assert_true (turn ());
  g_assert_cmpint (nx_reactor_get_now (g->reactor), ==, now_us + 1000);
}

static void
test_stopped_timer (Ground *g)
{
  Thing timer;

  thing_init (&timer, g, "timer", NULL);
  start_timer (&timer, 1000);
  nx_reactor_stop_timer (g->reactor, &timer.timer);
  pass_time (g, 100);
  assert_log (g, "");
  start_timer (&timer, 1000);
  pass_time (g, 100);
  assert_log (g, "timer");
}

/* With a clock that nobody turns, the loop sleeps as long as it should. */
static void
test_life (void)
{
  Ground ground = { .clock = nx_clock_new_monotonic (), .log = g_string_new (NULL) };
  gint64 due_us;
  Thing timer, far;

  ground.reactor = nx_reactor_new (ground.clock, NULL);
  thing_init (&timer, &ground, NULL, NULL);
  thing_init (&far, &ground, NULL, NULL);
  start_timer (&timer, 20 * 1000);
  start_timer (&far, G_GINT64_CONSTANT (10000000) * G_USEC_PER_SEC);
  due_us = timer.timer.due_us;
  while (timer.n_called == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time (), >=, due_us);
  g_assert_cmpuint (far.n_called, ==, 0);
  nx_reactor_stop_timer (ground.reactor, &far.timer);
  while (turn ())
    ;
  nx_reactor_stop (ground.reactor);
  nx_reactor_unref (ground.reactor);
  nx_clock_unref (ground.clock);
  g_string_free (ground.log, TRUE);
}

/* -- Watches -- */

/* The other's event is on its way already; its descriptor's number goes to somebody else at once. */
static Thing heir;

static void
replace_other (Thing *self)
{
  int fd = self->other->watch.fd;

  unwatch (self->other);
  watch_event_fd (&heir, FALSE, EPOLLIN);
  g_assert_cmpint (heir.watch.fd, ==, fd);
}

static void
test_removed_while_queued (Ground *g)
{
  Thing one, two, third;

  thing_init (&third, g, "third", drain_fd);
  thing_init (&one, g, "ready", replace_other);
  thing_init (&two, g, "ready", replace_other);
  thing_init (&heir, g, "heir", NULL);
  watch_event_fd (&one, TRUE, EPOLLIN);
  watch_event_fd (&two, TRUE, EPOLLIN);
  one.other = &two;
  two.other = &one;
  watch_event_fd (&third, TRUE, EPOLLIN);
  /* Whichever comes first replaces the one behind it. */
  g_assert_true (turn ());
  assert_log (g, "ready third");
  unwatch (&third);
  unwatch (&one);
  unwatch (&two);
  unwatch (&heir);
}

/* A child that was forked and has not become another program yet keeps the socket itself alive. */
static void
test_removed_while_duplicated (Ground *g)
{
  Thing thing;
  int copy;

  thing_init (&thing, g, "stale", NULL);
  watch_event_fd (&thing, TRUE, EPOLLIN);
  copy = dup (thing.watch.fd);
  unwatch (&thing);
  g_assert_false (turn ());
  assert_log (g, "");
  close (copy);
  nx_reactor_remove_watch (g->reactor, &thing.watch);
}

static void
want_nothing (Thing *self)
{
  nx_reactor_change_watch (self->ground->reactor, &self->watch, 0);
}

static void
test_interest_outside_of_a_turn (Ground *g)
{
  Thing thing;

  thing_init (&thing, g, "ready", want_nothing);
  watch_event_fd (&thing, FALSE, EPOLLIN);
  g_assert_false (turn ());
  nx_reactor_change_watch (g->reactor, &thing.watch, EPOLLOUT);
  nx_reactor_change_watch (g->reactor, &thing.watch, EPOLLOUT);
  g_assert_true (turn ());
  assert_log (g, "ready");
  g_assert_cmphex (thing.ready, ==, EPOLLOUT);
  /* It has changed its mind inside. */
  g_assert_false (turn ());
  assert_log (g, "");
  unwatch (&thing);
}

static void
change_there_and_back (Thing *self)
{
  nx_reactor_change_watch (self->ground->reactor, &self->watch, 0);
  nx_reactor_change_watch (self->ground->reactor, &self->watch, EPOLLIN);
  nx_reactor_change_watch (self->ground->reactor, &self->watch, EPOLLOUT);
}

static void
change_and_go (Thing *self)
{
  change_there_and_back (self);
  want_nothing (self);
  unwatch (self);
}

static void
test_interest_inside_of_a_turn (Ground *g)
{
  Thing thing;

  thing_init (&thing, g, "ready", change_there_and_back);
  watch_event_fd (&thing, FALSE, EPOLLOUT);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (turn ());
      assert_log (g, "ready");
    }
  thing.action = change_and_go;
  g_assert_true (turn ());
  assert_log (g, "ready");
  g_assert_false (turn ());
  /* Nobody has touched it since it went. */
  g_assert_cmphex (thing.watch.applied, ==, EPOLLOUT);
}

static void
test_refused_watch (Ground *g)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("nexws-XXXXXX", &path, NULL);
  NxWatch watch;

  /* epoll knows no ordinary files. */
  g_assert_false (nx_reactor_add_watch (g->reactor, &watch, fd, EPOLLIN, watch_cb));
  close (fd);
  unlink (path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/reactor/order", OVER_MEMORY, test_order);
  add_scenario ("/reactor/queued-in-a-turn", OVER_MEMORY, test_queued_in_a_turn);
  add_scenario ("/reactor/cancelled-in-a-turn", OVER_MEMORY, test_cancelled_in_a_turn);
  add_scenario ("/reactor/many-tasks", OVER_MEMORY, test_many_tasks);
  add_scenario ("/reactor/many-timers", OVER_MEMORY, test_many_timers);
  add_scenario ("/reactor/many-descriptors", OVER_MEMORY, test_many_descriptors);
  add_scenario ("/reactor/time-stands-still-in-a-turn", OVER_MEMORY,
                test_time_stands_still_in_a_turn);
  add_scenario ("/reactor/stopped-timer", OVER_MEMORY, test_stopped_timer);
  g_test_add_func ("/reactor/life", test_life);
  add_scenario ("/reactor/removed-while-queued", OVER_MEMORY, test_removed_while_queued);
  add_scenario ("/reactor/removed-while-duplicated", OVER_MEMORY, test_removed_while_duplicated);
  add_scenario ("/reactor/interest-outside-of-a-turn", OVER_MEMORY,
                test_interest_outside_of_a_turn);
  add_scenario ("/reactor/interest-inside-of-a-turn", OVER_MEMORY, test_interest_inside_of_a_turn);
  add_scenario ("/reactor/refused-watch", OVER_MEMORY, test_refused_watch);
  return g_test_run ();
}
