/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reactor in the application's loop, and its end. */
#include "config.h"

#include "thing.h"

#include <gio/gio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

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
