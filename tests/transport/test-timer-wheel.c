/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-timer-wheel-private.h"

#define START_US (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC + 4711)
#define HORIZON_US ((G_GINT64_CONSTANT (1) << 24) * NX_TIMER_TICK_US)

typedef struct _Model Model;

typedef struct
{
  NxTimer timer;
  Model *model;
  gboolean is_started; /* as the model has it */
  gint64 due_us;
  guint n_fired;
} Entry;

/* What a wheel should do, as simple as can be: look at every timer. */
struct _Model
{
  NxTimerWheel *wheel;
  gint64 now_us;
  Entry *entries;
  guint n_entries;
  GRand *rand;
  gboolean meddles; /* callbacks start, move and stop others */
  guint n_fired;
};

static void
model_start (Model *self, Entry *entry, gint64 due_us)
{
  nx_timer_wheel_start (self->wheel, &entry->timer, due_us);
  entry->is_started = TRUE;
  entry->due_us = due_us;
}

static void
model_stop (Model *self, Entry *entry)
{
  nx_timer_wheel_stop (self->wheel, &entry->timer);
  entry->is_started = FALSE;
}

/* Of every order of magnitude, from the past to beyond the horizon. */
static gint64
random_span (Model *self)
{
  guint bits = (guint) g_rand_int_range (self->rand, 0, 40);
  gint64 span = (gint64) g_rand_int (self->rand) << 16 | (g_rand_int (self->rand) & 0xffff);

  span &= (G_GINT64_CONSTANT (1) << bits) - 1;
  return g_rand_int_range (self->rand, 0, 10) == 0 ? -span : span;
}

static gint64
random_wait (Model *self)
{
  gint64 span = random_span (self);

  return MAX (span, -span);
}

static void
meddle (Model *self)
{
  Entry *entry = &self->entries[g_rand_int_range (self->rand, 0, (gint32) self->n_entries)];

  if (g_rand_boolean (self->rand))
    model_start (self, entry, self->now_us + random_span (self));
  else
    model_stop (self, entry);
}

static void
fired_cb (NxTimer *timer)
{
  Entry *entry = (Entry *) timer;
  Model *self = entry->model;

  g_assert_true (entry->is_started);
  g_assert_cmpint (entry->due_us, <=, self->now_us);
  g_assert_false (nx_timer_is_started (timer));
  entry->is_started = FALSE;
  entry->n_fired++;
  self->n_fired++;
  if (self->meddles && self->n_fired % 3 != 0)
    meddle (self);
}

static void
model_init (Model *self, guint n_entries, guint seed)
{
  *self = (Model){ .now_us = START_US, .n_entries = n_entries };
  self->wheel = nx_timer_wheel_new (START_US);
  self->entries = g_new0 (Entry, n_entries);
  self->rand = g_rand_new_with_seed (seed);
  for (guint i = 0; i < n_entries; i++)
    {
      self->entries[i].model = self;
      nx_timer_init (&self->entries[i].timer, fired_cb);
    }
}

static void
model_clear (Model *self)
{
  nx_timer_wheel_free (self->wheel);
  for (guint i = 0; i < self->n_entries; i++)
    g_assert_false (nx_timer_is_started (&self->entries[i].timer));
  g_free (self->entries);
  g_rand_free (self->rand);
}

/* Nothing is overdue by more than a tick, and the next turn is not put off beyond that. */
static void
model_check (Model *self)
{
  gint64 nearest_us = G_MAXINT64;

  for (guint i = 0; i < self->n_entries; i++)
    {
      Entry *entry = &self->entries[i];

      g_assert_cmpint (nx_timer_is_started (&entry->timer), ==, entry->is_started);
      if (entry->is_started)
        nearest_us = MIN (nearest_us, entry->due_us);
    }
  g_assert_cmpint (nearest_us, >, self->now_us - NX_TIMER_TICK_US);
  if (nearest_us != G_MAXINT64)
    g_assert_cmpint (nx_timer_wheel_get_next (self->wheel), <,
                     MAX (nearest_us, self->now_us) + NX_TIMER_TICK_US);
}

/* A callback may start what is due at once, which waits for the turn after. */
static void
model_turn (Model *self)
{
  for (guint i = 0; nx_timer_wheel_turn (self->wheel, self->now_us, G_MAXUINT); i++)
    g_assert_cmpuint (i, <, 1000);
}

static void
test_against_a_model (gconstpointer data)
{
  Model model;

  model_init (&model, 2000, 1);
  model.meddles = data != NULL;
  for (guint step = 0; step < 4000; step++)
    {
      for (guint i = g_rand_int_range (model.rand, 0, 20); i > 0; i--)
        meddle (&model);
      model.now_us += random_wait (&model) / (step % 4 == 0 ? 1 : 4096);
      model_turn (&model);
      if (step % 4 == 0)
        model_check (&model);
    }
  g_assert_cmpuint (model.n_fired, >, 5000);
  model_clear (&model);
}

/* Whoever sleeps until get_next() is in time for each. */
static void
test_driven_by_next (void)
{
  Model model;

  model_init (&model, 3000, 2);
  g_assert_cmpint (nx_timer_wheel_get_next (model.wheel), ==, G_MAXINT64);
  for (guint i = 0; i < model.n_entries; i++)
    model_start (&model, &model.entries[i], START_US + random_wait (&model));
  for (guint turns = 0; model.n_fired < model.n_entries; turns++)
    {
      gint64 next_us = nx_timer_wheel_get_next (model.wheel);

      g_assert_cmpuint (turns, <, 4 * model.n_entries + 1000);
      model.now_us = MAX (model.now_us, next_us);
      g_assert_false (nx_timer_wheel_turn (model.wheel, model.now_us, G_MAXUINT));
      if (turns % 64 == 0)
        model_check (&model);
    }
  g_assert_cmpint (nx_timer_wheel_get_next (model.wheel), ==, G_MAXINT64);
  model_clear (&model);
}

static void
check_span (gint64 start_us, gint64 span_us)
{
  Model model;

  model_init (&model, 1, 3);
  model.now_us = start_us;
  nx_timer_wheel_turn (model.wheel, start_us, 1);
  model_start (&model, model.entries, start_us + span_us);
  while (model.n_fired == 0)
    {
      gint64 next_us = nx_timer_wheel_get_next (model.wheel);

      g_assert_cmpint (next_us, <, start_us + span_us + NX_TIMER_TICK_US);
      model.now_us = next_us;
      nx_timer_wheel_turn (model.wheel, next_us, 1);
    }
  g_assert_cmpint (model.now_us, >=, start_us + span_us);
  model_clear (&model);
}

/* At the edges of every level, from places at the edges of every level. */
static void
test_spans (void)
{
  for (guint level = 0; level <= 4; level++)
    for (guint at = 0; at <= 4; at++)
      for (int around = -2; around <= 2; around++)
        {
          gint64 span = ((G_GINT64_CONSTANT (1) << (6 * level)) + around) * NX_TIMER_TICK_US;
          gint64 start = ((G_GINT64_CONSTANT (1) << (6 * at)) - 1) * NX_TIMER_TICK_US;

          check_span (START_US + start, MAX (span, 1));
          check_span (START_US / NX_TIMER_TICK_US * NX_TIMER_TICK_US + start, MAX (span, 0));
        }
  check_span (START_US, 3 * HORIZON_US + 12345);
}

/* The process was stopped for long: everything is due, nothing else fires. */
static void
test_far_jump (void)
{
  Model model;

  model_init (&model, 1000, 4);
  for (guint i = 0; i < model.n_entries; i++)
    model_start (&model, &model.entries[i], START_US + (gint64) i * G_USEC_PER_SEC * 300);
  model.now_us = START_US + G_GINT64_CONSTANT (500) * 300 * G_USEC_PER_SEC;
  g_assert_false (nx_timer_wheel_turn (model.wheel, model.now_us, G_MAXUINT));
  for (guint i = 0; i < model.n_entries; i++)
    if (i != 500) /* due this very moment: a tick later is early enough */
      g_assert_cmpuint (model.entries[i].n_fired, ==, i < 500);
  model.now_us += 100 * HORIZON_US;
  g_assert_false (nx_timer_wheel_turn (model.wheel, model.now_us, G_MAXUINT));
  g_assert_cmpuint (model.n_fired, ==, model.n_entries);
  model_check (&model);
  model_clear (&model);
}

static void
test_bounded_batches (void)
{
  const guint n = 100 * 1000;
  Model model;
  guint turns = 1;

  model_init (&model, n, 5);
  for (guint i = 0; i < n; i++)
    model_start (&model, &model.entries[i], START_US + 20 * G_USEC_PER_SEC);
  model.now_us = START_US + 21 * G_USEC_PER_SEC;
  for (; nx_timer_wheel_turn (model.wheel, model.now_us, 1024); turns++)
    {
      g_assert_cmpuint (model.n_fired, ==, turns * 1024);
      g_assert_cmpint (nx_timer_wheel_get_next (model.wheel), <=, model.now_us);
    }
  g_assert_cmpuint (turns, ==, (n + 1023) / 1024);
  g_assert_cmpuint (model.n_fired, ==, n);
  model_clear (&model);
}

/* What waits for the rest of its batch can still be moved and stopped. */
static void
test_due_and_not_served (void)
{
  Model model;

  model_init (&model, 3, 6);
  for (guint i = 0; i < 3; i++)
    model_start (&model, &model.entries[i], START_US - NX_TIMER_TICK_US - i);
  g_assert_true (nx_timer_wheel_turn (model.wheel, START_US, 1));
  g_assert_cmpuint (model.entries[0].n_fired, ==, 1);
  model_start (&model, &model.entries[1], START_US + 5 * G_USEC_PER_SEC);
  model_stop (&model, &model.entries[2]);
  model_stop (&model, &model.entries[2]);
  g_assert_false (nx_timer_wheel_turn (model.wheel, START_US, 1));
  model.now_us = START_US + 6 * G_USEC_PER_SEC;
  g_assert_false (nx_timer_wheel_turn (model.wheel, model.now_us, 1));
  g_assert_cmpuint (model.entries[1].n_fired, ==, 1);
  g_assert_cmpuint (model.entries[2].n_fired, ==, 0);
  model_clear (&model);
}

typedef struct
{
  NxTimer timer;
  NxTimerWheel *wheel;
  guint n_fired;
} Restless;

static void
restart_cb (NxTimer *timer)
{
  Restless *self = (Restless *) timer;

  self->n_fired++;
  nx_timer_wheel_start (self->wheel, timer, START_US - NX_TIMER_TICK_US);
}

/* A timer that starts itself again in the past fires once a turn, and does not stop the world. */
static void
test_past_waits_for_the_next_turn (void)
{
  Restless restless = { .wheel = nx_timer_wheel_new (START_US) };

  nx_timer_init (&restless.timer, restart_cb);
  nx_timer_wheel_start (restless.wheel, &restless.timer, 0);
  for (guint turn = 1; turn <= 5; turn++)
    {
      g_assert_true (nx_timer_wheel_turn (restless.wheel, START_US, 1024));
      g_assert_cmpuint (restless.n_fired, ==, turn);
    }
  nx_timer_wheel_stop (restless.wheel, &restless.timer);
  g_assert_false (nx_timer_wheel_turn (restless.wheel, START_US, 1024));
  nx_timer_wheel_free (restless.wheel);
}

static void
clear_cb (NxTimer *timer)
{
  nx_timer_wheel_clear (((Restless *) timer)->wheel);
}

/* Not even what is due together with the one that stopped them all. */
static void
test_clear_in_a_callback (void)
{
  Restless stopper = { .wheel = nx_timer_wheel_new (START_US) };
  NxTimer others[2];

  nx_timer_init (&stopper.timer, clear_cb);
  nx_timer_wheel_start (stopper.wheel, &stopper.timer, 0);
  for (guint i = 0; i < 2; i++)
    {
      nx_timer_init (&others[i], NULL);
      nx_timer_wheel_start (stopper.wheel, &others[i], i * START_US * 2);
    }
  g_assert_false (nx_timer_wheel_turn (stopper.wheel, START_US, 1024));
  for (guint i = 0; i < 2; i++)
    g_assert_false (nx_timer_is_started (&others[i]));
  g_assert_cmpint (nx_timer_wheel_get_next (stopper.wheel), >, START_US);
  g_assert_false (nx_timer_wheel_turn (stopper.wheel, 3 * START_US, 1024));
  nx_timer_wheel_free (stopper.wheel);
}

/* A clock that stands still has what is due at that very time, and nothing else, on whichever level it lies. */
static void
test_expire (void)
{
  Model model;
  guint n_found = 0;

  model_init (&model, 64, 11);
  for (guint round = 0; round < 20000; round++)
    {
      Entry *entry = &model.entries[round % model.n_entries];
      gint64 exact_us = model.now_us + random_wait (&model);

      model_start (&model, entry, exact_us);
      if (round % 3 == 0)
        model.now_us = exact_us;
      else
        model.now_us += random_wait (&model) % (100 * NX_TIMER_TICK_US);
      n_found += nx_timer_wheel_expire (model.wheel, model.now_us);
      g_assert_false (nx_timer_wheel_expire (model.wheel, model.now_us));
      g_assert_false (nx_timer_wheel_turn (model.wheel, model.now_us, 1024));
      for (guint i = 0; i < model.n_entries; i++)
        g_assert_true (!model.entries[i].is_started || model.entries[i].due_us > model.now_us);
      model_check (&model);
    }
  g_assert_cmpuint (n_found, >, 1000);
  model_clear (&model);
}

static void
test_free_abandons (void)
{
  Model model;

  model_init (&model, 3, 7);
  model_start (&model, &model.entries[0], START_US);
  model_start (&model, &model.entries[1], START_US + G_USEC_PER_SEC);
  model_start (&model, &model.entries[2], START_US + 10 * HORIZON_US);
  model_clear (&model);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/timer-wheel/against-a-model", NULL, test_against_a_model);
  g_test_add_data_func ("/timer-wheel/changes-in-callbacks", "meddles", test_against_a_model);
  g_test_add_func ("/timer-wheel/driven-by-next", test_driven_by_next);
  g_test_add_func ("/timer-wheel/spans", test_spans);
  g_test_add_func ("/timer-wheel/far-jump", test_far_jump);
  g_test_add_func ("/timer-wheel/bounded-batches", test_bounded_batches);
  g_test_add_func ("/timer-wheel/due-and-not-served", test_due_and_not_served);
  g_test_add_func ("/timer-wheel/past-waits-for-the-next-turn", test_past_waits_for_the_next_turn);
  g_test_add_func ("/timer-wheel/clear-in-a-callback", test_clear_in_a_callback);
  g_test_add_func ("/timer-wheel/expire", test_expire);
  g_test_add_func ("/timer-wheel/free-abandons", test_free_abandons);
  return g_test_run ();
}
