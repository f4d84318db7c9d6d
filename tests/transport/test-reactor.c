/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness.h"

/* A thing of each kind that a reactor serves; it notes its name, and does what the test wants. */
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

static void
called (Thing *self)
{
  self->n_called++;
  if (self->name != NULL)
    note (self->ground, "%s", self->name);
  if (self->action != NULL)
    self->action (self);
}

static void
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

static void
thing_init (Thing *self, Ground *g, const char *name, void (*action) (Thing *self))
{
  *self = (Thing){ .ground = g, .name = name, .action = action, .watch.fd = -1 };
  nx_timer_init (&self->timer, timer_cb);
  nx_task_init (&self->task, task_cb);
}

/* Ready to be written always, and to be read if @is_ready. */
static void
watch_event_fd (Thing *self, gboolean is_ready, guint32 interest)
{
  int fd = eventfd (is_ready, EFD_NONBLOCK | EFD_CLOEXEC);

  g_assert_true (
      nx_reactor_add_watch (self->ground->reactor, &self->watch, fd, interest, watch_cb));
}

static void
unwatch (Thing *self)
{
  int fd = self->watch.fd;

  nx_reactor_remove_watch (self->ground->reactor, &self->watch);
  if (fd >= 0)
    close (fd);
}

static void
start_timer (Thing *self, gint64 after_us)
{
  nx_reactor_start_timer (self->ground->reactor, &self->timer,
                          nx_reactor_get_now (self->ground->reactor) + after_us);
}

static gboolean
turn (void)
{
  return g_main_context_iteration (NULL, FALSE);
}

/* -- A turn -- */

static void
drain_fd (Thing *self)
{
  guint64 count;

  g_assert_cmpint (read (self->watch.fd, &count, sizeof count), ==, sizeof count);
}

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
queue_other (Thing *self)
{
  nx_reactor_queue_task (self->ground->reactor, &self->other->task);
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

/* -- In the application's loop -- */

static gboolean
count_cb (gpointer data)
{
  (*(guint *) data)++;
  return G_SOURCE_CONTINUE;
}

static guint n_polls;

static int
counting_poll (GPollFD *fds, guint n_fds, int timeout_ms)
{
  n_polls++;
  return g_poll (fds, n_fds, timeout_ms);
}

static gboolean
quit_cb (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* A loop that waits, although our descriptor is ready, sleeps. */
static void
wait_in_inner_loop (void)
{
  gboolean is_over = FALSE;

  g_main_context_set_poll_func (NULL, counting_poll);
  n_polls = 0;
  g_timeout_add (20, quit_cb, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (n_polls, <, 10);
  g_main_context_set_poll_func (NULL, NULL);
}

static void
run_inner_loop (Thing *self)
{
  guint n_idle = 0;
  guint id = g_idle_add (count_cb, &n_idle);

  queue_other (self);
  for (guint i = 0; i < 50; i++)
    turn ();
  g_source_remove (id);
  g_assert_cmpuint (n_idle, ==, 50);
  wait_in_inner_loop ();
  /* The descriptor is ready and a task waits, but not for this loop. */
  g_assert_false (g_main_context_pending (NULL));
  g_assert_cmpuint (self->n_called, ==, 1);
  self->action = drain_fd;
  drain_fd (self);
}

static void
test_loop_inside_a_turn (Ground *g)
{
  Thing descriptor, task, timer;

  thing_init (&descriptor, g, "descriptor", run_inner_loop);
  thing_init (&task, g, "task", NULL);
  thing_init (&timer, g, "timer", NULL);
  descriptor.other = &task;
  start_timer (&timer, 0);
  nx_clock_advance (g->clock, NX_TIMER_TICK_US);
  watch_event_fd (&descriptor, TRUE, EPOLLIN);
  g_assert_true (turn ());
  assert_log (g, "descriptor timer task");
  /* And it hears again afterwards. */
  g_assert_cmpint (write (descriptor.watch.fd, &(guint64){ 1 }, 8), ==, 8);
  g_assert_true (turn ());
  assert_log (g, "descriptor");
  unwatch (&descriptor);
}

static void
stop_in_inner_loop (Thing *self)
{
  turn ();
  nx_reactor_stop (self->ground->reactor);
}

static void
test_stop_with_a_loop_inside (Ground *g)
{
  Thing task;

  thing_init (&task, g, "task", stop_in_inner_loop);
  nx_reactor_queue_task (g->reactor, &task.task);
  g_assert_true (turn ());
  assert_log (g, "task");
  g_assert_false (turn ());
}

static void
test_fairness (Ground *g)
{
  guint n_idle = 0, n_timeout = 0;
  guint idle = g_idle_add (count_cb, &n_idle);
  guint timeout = g_timeout_add_full (G_PRIORITY_LOW, 0, count_cb, &n_timeout, NULL);
  Thing thing;

  thing_init (&thing, g, NULL, NULL);
  watch_event_fd (&thing, FALSE, EPOLLOUT);
  for (guint i = 0; i < 900; i++)
    g_assert_true (turn ());
  g_assert_cmpuint (thing.n_called, ==, 800);
  g_assert_cmpuint (n_idle, ==, 100);
  g_source_remove (idle);
  for (guint i = 0; i < 90; i++)
    turn ();
  g_assert_cmpuint (n_timeout, >, 0);
  g_source_remove (timeout);
  unwatch (&thing);
}

static void
test_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (Ground) g = NULL;
  Thing task;

  g_main_context_push_thread_default (context);
  g = ground_new (OVER_MEMORY);
  g_main_context_pop_thread_default (context);
  thing_init (&task, g, "task", NULL);
  nx_reactor_queue_task (g->reactor, &task.task);
  g_assert_false (turn ());
  assert_log (g, "");
  g_assert_true (g_main_context_iteration (context, FALSE));
  assert_log (g, "task");
}

/* -- The end -- */

static void
stop (Thing *self)
{
  nx_reactor_stop (self->ground->reactor);
  nx_reactor_unref (self->ground->reactor);
}

/* Whatever stage of the turn it happens in, it is the last. */
static void
check_stop_in (guint stage)
{
  static const char *const expected[] = { "descriptor", "descriptor timer", "descriptor timer task",
                                          "descriptor timer task flush" };
  Ground *g = ground_new (OVER_MEMORY);
  Thing things[8]; /* two a stage: the first of the chosen stage stops */

  nx_reactor_ref (g->reactor);
  for (guint i = 0; i < 8; i++)
    thing_init (&things[i], g,
                g_strrstr (expected[i / 2], " ") ? g_strrstr (expected[i / 2], " ") + 1
                                                 : expected[i / 2],
                i / 2 == stage ? stop
                : i / 2 == 0   ? drain_fd
                               : NULL);
  for (guint i = 0; i < 2; i++)
    {
      watch_event_fd (&things[i], i == 0 || stage == 0, EPOLLIN);
      start_timer (&things[2 + i], stage == 1 || i == 0 ? 0 : G_USEC_PER_SEC);
    }
  for (guint i = 0; i < (stage == 2 ? 2 : 1); i++)
    nx_reactor_queue_task (g->reactor, &things[4 + i].task);
  for (guint i = 0; i < (stage == 3 ? 2 : 1); i++)
    nx_reactor_queue_flush (g->reactor, &things[6 + i].task);
  nx_clock_advance (g->clock, NX_TIMER_TICK_US);
  g_assert_true (turn ());
  assert_log (g, expected[stage]);
  nx_clock_advance (g->clock, 2 * G_USEC_PER_SEC);
  g_assert_false (turn ());
  assert_log (g, "");
  for (guint i = 0; i < 2; i++)
    unwatch (&things[i]);
  ground_free (g);
}

static void
test_stop_inside_a_turn (void)
{
  for (guint stage = 0; stage < 4; stage++)
    check_stop_in (stage);
}

/* A turn holds its reactor. */
static void
test_last_reference_inside_a_turn (void)
{
  Ground ground = { .clock = nx_clock_new_manual (1), .log = g_string_new (NULL) };
  Thing task, timer;

  ground.reactor = nx_reactor_new (ground.clock, NULL);
  thing_init (&task, &ground, "task", stop);
  thing_init (&timer, &ground, "timer", NULL);
  nx_reactor_queue_task (ground.reactor, &task.task);
  start_timer (&timer, G_USEC_PER_SEC);
  g_assert_true (turn ());
  assert_log (&ground, "task");
  g_assert_false (turn ());
  g_assert_false (nx_timer_is_started (&timer.timer));
  nx_clock_unref (ground.clock);
  g_string_free (ground.log, TRUE);
}

static void
test_buffers (Ground *g)
{
  guint8 *buffer = nx_reactor_get_buffer (g->reactor);
  guint8 *write_buffer = nx_reactor_get_write_buffer (g->reactor);

  g_assert_true (write_buffer >= buffer + NX_REACTOR_BUFFER_SIZE);
  memset (buffer, 1, NX_REACTOR_BUFFER_SIZE);
  memset (write_buffer, 2, NX_REACTOR_BUFFER_SIZE);
  g_assert_cmpint (buffer[NX_REACTOR_BUFFER_SIZE - 1], ==, 1);
}

static void
test_out_of_descriptors (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (NxClock) clock = nx_clock_new_manual (1);
      g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
      g_autoptr (GError) error = NULL;
      struct rlimit limit;
      rlim_t before;

      g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
      before = limit.rlim_cur;
      limit.rlim_cur = 0;
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
      g_assert_null (nx_reactor_new (clock, &error));
      limit.rlim_cur = before;
      g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
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
  add_scenario ("/reactor/loop-inside-a-turn", OVER_MEMORY, test_loop_inside_a_turn);
  add_scenario ("/reactor/stop-with-a-loop-inside", OVER_MEMORY, test_stop_with_a_loop_inside);
  add_scenario ("/reactor/fairness", OVER_MEMORY, test_fairness);
  g_test_add_func ("/reactor/context", test_context);
  g_test_add_func ("/reactor/stop-inside-a-turn", test_stop_inside_a_turn);
  g_test_add_func ("/reactor/last-reference-inside-a-turn", test_last_reference_inside_a_turn);
  add_scenario ("/reactor/buffers", OVER_MEMORY, test_buffers);
  g_test_add_func ("/reactor/out-of-descriptors", test_out_of_descriptors);
  return g_test_run ();
}
