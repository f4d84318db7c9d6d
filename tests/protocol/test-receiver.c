/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs cases/NAME.txt. Each case's octets come whole, one by one, and cut at every place; each
 * piece lies right before a page that must not be touched and is overwritten afterwards; the events
 * are the same every time.
 */
#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/nx-receiver-private.h"

#include "wire-case.h"

/* Inputs up to these lengths are cut at every place, and at every two places; of longer ones a
 * sample is. */
#define MAX_FOR_EVERY_CUT 400
#define MAX_FOR_EVERY_PAIR 40
#define N_SAMPLES 60
#define N_SAMPLES_OF_LARGE 8
#define LARGE 65536

typedef enum {
  DRAIN = 0,          /* next() until there is nothing, then hold() */
  DRAIN_WITHOUT_HOLD, /* as a caller whose buffer is its own */
  ONE_EVENT,          /* one event a piece; the rest is held, and comes at the end */
  HOLD_FIRST,         /* nothing is consumed before it was held */
  EVERY_OTHER, /* one piece is held unseen, the next comes behind it, and then all is taken */
  N_MANNERS,
} Manner;

/* Pieces of input in front of a guard page */

static guint8 *room;
static gsize room_size;

static guint8 *
place_before_guard (const guint8 *octets, gsize length)
{
  guint8 *place = room + room_size - length;

  g_assert_cmpuint (length, <=, room_size);
  if (length > 0)
    memcpy (place, octets, length);
  return place;
}

static void
make_room (gsize length)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);

  room_size = (length / page + 1) * page;
  room = mmap (NULL, room_size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_assert_true (room != MAP_FAILED);
  g_assert_no_errno (mprotect (room + room_size, page, PROT_NONE));
}

static void
drop_room (void)
{
  munmap (room, room_size + (gsize) sysconf (_SC_PAGESIZE));
}

/* One run of a case */

typedef struct
{
  const WireCase *wire_case;
  Manner manner;
  NxReceiver receiver;
  GString *log;
  gint64 now_us;
  guint fed;
  guint n_pieces;
} Run;

static void
check_frame (const NxEvent *event)
{
  g_autoptr (NxFrame) expected = nx_frame_new (event->opcode, event->data, event->length);
  gsize length, expected_length;
  gconstpointer octets;

  octets = nx_frame_get_payload (event->frame, &length);
  g_assert_true (octets == event->data);
  g_assert_cmpuint (length, ==, event->length);
  g_assert_cmpint (event->data[length], ==, '\0');

  octets = nx_frame_get_wire (event->frame, &length);
  g_assert_cmpmem (octets, length, nx_frame_get_wire (expected, &expected_length), expected_length);
}

static gboolean
pull (Run *run)
{
  NxEvent event;

  memset (&event, 0xEE, sizeof event);
  if (!nx_receiver_next (&run->receiver, &event))
    return FALSE;

  g_assert_nonnull (event.data);
  wire_log_event (run->log, &event);
  if (event.frame != NULL)
    {
      g_assert_cmpint (event.kind, ==, NX_EVENT_MESSAGE);
      check_frame (&event);
      nx_frame_unref (event.frame);
    }
  return TRUE;
}

static void
drain (Run *run)
{
  while (pull (run))
    ;
  g_assert_cmpuint (nx_receiver_get_pending (&run->receiver), ==, 0);
}

static void
feed_piece (Run *run, const guint8 *octets, gsize length)
{
  guint8 *place = place_before_guard (octets, length);

  nx_receiver_feed (&run->receiver, place, length, run->now_us);
  switch (run->manner)
    {
    case DRAIN:
      drain (run);
      nx_receiver_hold (&run->receiver);
      g_assert_null (run->receiver.held);
      break;

    case DRAIN_WITHOUT_HOLD:
      drain (run);
      break;

    case ONE_EVENT:
      pull (run);
      nx_receiver_hold (&run->receiver);
      nx_receiver_hold (&run->receiver);
      break;

    case HOLD_FIRST:
      nx_receiver_hold (&run->receiver);
      pull (run);
      nx_receiver_hold (&run->receiver);
      break;

    default:
      if (run->n_pieces++ % 2 == 1)
        drain (run);
      nx_receiver_hold (&run->receiver);
      break;
    }

  if (length > 0)
    memset (place, 0xEE, length);
}

/* Time passes between two pieces. What is still held then would be looked at too late, so it is
 * not: the clock is the feeder's, and the feeder looks at its events before it waits. */
static void
feed_until (Run *run, guint end)
{
  const GArray *pauses = run->wire_case->pauses;
  const guint8 *octets = run->wire_case->input->data;

  for (guint i = 0; i < pauses->len; i++)
    {
      const WirePause *pause = &g_array_index (pauses, WirePause, i);

      if (pause->offset < run->fed || pause->offset >= end)
        continue;
      feed_piece (run, octets + run->fed, pause->offset - run->fed);
      drain (run);
      run->fed = pause->offset;
      run->now_us += pause->length_us;
    }

  feed_piece (run, octets + run->fed, end - run->fed);
  run->fed = end;
}

static void
check_end (Run *run)
{
  const gboolean is_over = strstr (run->wire_case->expected->str, "fail ") != NULL
                           || strstr (run->wire_case->expected->str, "close ") != NULL;
  guint8 ping[] = { 0x89, 0x80, 0, 0, 0, 0 };
  const gsize logged = run->log->len;

  drain (run);
  g_assert_cmpint (nx_receiver_is_inside_message (&run->receiver), ==, run->wire_case->ends_inside);
  if (!is_over)
    return;

  nx_receiver_feed (&run->receiver, ping, sizeof ping, run->now_us);
  drain (run);
  g_assert_cmpuint (run->log->len, ==, logged);
  g_assert_null (run->receiver.message);
  g_assert_null (run->receiver.inflater);
  g_assert_null (run->receiver.held);
}

static void
run_with_cuts (const WireCase *wire_case, Manner manner, const guint *cuts, guint n_cuts)
{
  g_autoptr (GString) log = g_string_new (NULL);
  Run run = { .wire_case = wire_case, .manner = manner, .log = log };

  nx_receiver_init (&run.receiver, wire_case->side, &wire_case->limits,
                    wire_case->has_deflate ? &wire_case->deflate : NULL);
  for (guint i = 0; i < n_cuts; i++)
    feed_until (&run, cuts[i]);
  feed_until (&run, wire_case->input->len);
  drain (&run);

  /* One case that fails does not hide the others. */
  if (g_str_equal (log->str, wire_case->expected->str))
    check_end (&run);
  else if (!g_test_failed ())
    {
      g_test_message ("in manner %d with %u cuts, the first at %u:\n%sinstead of:\n%s", manner,
                      n_cuts, n_cuts > 0 ? cuts[0] : 0, log->str, wire_case->expected->str);
      g_test_fail ();
    }
  nx_receiver_clear (&run.receiver);
}

static void
run_octet_by_octet (const WireCase *wire_case, Manner manner)
{
  const guint n = wire_case->input->len;
  g_autofree guint *cuts = g_new (guint, n + 1);

  for (guint i = 0; i < n; i++)
    cuts[i] = i;
  run_with_cuts (wire_case, manner, cuts, n);
}

static void
run_cut_everywhere (const WireCase *wire_case, Manner manner)
{
  const guint n = wire_case->input->len;

  for (guint i = 1; i < n; i++)
    {
      run_with_cuts (wire_case, manner, &i, 1);
      for (guint j = i + 1; n <= MAX_FOR_EVERY_PAIR && j < n; j++)
        run_with_cuts (wire_case, manner, (guint[]){ i, j }, 2);
    }
}

static void
run_cut_here_and_there (const WireCase *wire_case, Manner manner)
{
  const guint n = wire_case->input->len;
  const guint n_samples = n < LARGE ? N_SAMPLES : N_SAMPLES_OF_LARGE;
  g_autoptr (GRand) rand = g_rand_new_with_seed (n);

  for (guint i = 0; i < n_samples; i++)
    {
      /* Often near an end, where the headers are. */
      const guint from_end = (guint) g_rand_int_range (rand, 1, i % 3 == 0 ? (gint32) n : 32);
      const guint cut = i % 3 == 1 ? n - from_end : from_end;
      const guint other = cut + (guint) g_rand_int_range (rand, 0, (gint32) (n - cut) + 1);

      run_with_cuts (wire_case, manner, (guint[]){ cut, other }, 2);
    }
}

static void
test_case (gconstpointer data)
{
  const WireCase *wire_case = data;

  make_room (wire_case->input->len);
  for (Manner manner = DRAIN; manner < N_MANNERS; manner++)
    {
      run_with_cuts (wire_case, manner, NULL, 0);
      if (wire_case->input->len < LARGE || manner <= DRAIN_WITHOUT_HOLD)
        run_octet_by_octet (wire_case, manner);
      if (wire_case->input->len <= MAX_FOR_EVERY_CUT)
        run_cut_everywhere (wire_case, manner);
      else
        run_cut_here_and_there (wire_case, manner);
    }
  drop_room ();
}

/* What a case cannot say */

static const NxReceiverLimits limits = { .max_message_size = 1 << 20,
                                         .max_fragments = 1024,
                                         .max_control_frames = 64 };

static void
test_whole_message_is_a_slice (void)
{
  guint8 octets[] = { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58 };
  NxReceiver receiver;
  NxEvent event;

  nx_receiver_init (&receiver, NX_SIDE_SERVER, &limits, NULL);
  nx_receiver_feed (&receiver, octets, sizeof octets, 0);
  g_assert_true (nx_receiver_next (&receiver, &event));
  g_assert_null (event.frame);
  g_assert_true (event.data == octets + 6);
  g_assert_cmpmem (event.data, event.length, "Hello", 5);
  nx_receiver_clear (&receiver);
}

static void
test_pending (void)
{
  guint8 pings[] = { 0x89, 0x00, 0x89, 0x00, 0x89 };
  guint8 rest[] = { 0x00, 0x89 };
  NxReceiver receiver;
  NxEvent event;

  nx_receiver_init (&receiver, NX_SIDE_CLIENT, &limits, NULL);
  g_assert_cmpuint (nx_receiver_get_pending (&receiver), ==, 0);
  nx_receiver_feed (&receiver, pings, sizeof pings, 0);
  g_assert_cmpuint (nx_receiver_get_pending (&receiver), ==, 5);
  g_assert_true (nx_receiver_next (&receiver, &event));
  g_assert_cmpuint (nx_receiver_get_pending (&receiver), ==, 3);
  nx_receiver_hold (&receiver);
  g_assert_cmpuint (nx_receiver_get_pending (&receiver), ==, 3);
  nx_receiver_feed (&receiver, rest, sizeof rest, 0);
  g_assert_cmpuint (nx_receiver_get_pending (&receiver), ==, 5);
  g_assert_true (nx_receiver_next (&receiver, &event));
  nx_receiver_hold (&receiver);
  g_assert_cmpuint (nx_receiver_get_pending (&receiver), ==, 3);
  g_assert_true (nx_receiver_next (&receiver, &event));
  g_assert_false (nx_receiver_next (&receiver, &event));
  g_assert_cmpuint (nx_receiver_get_pending (&receiver), ==, 0);
  nx_receiver_clear (&receiver);
}

static void
test_idle_owns_nothing (void)
{
  const NxDeflateParams deflate = {
    .server_no_context_takeover = TRUE,
    .client_no_context_takeover = TRUE,
    .server_max_window_bits = 15,
    .client_max_window_bits = 15,
  };
  /* A compressed message in two frames, and a ping too long for the scrap, all cut in pieces. */
  guint8 octets[] = { 0x41, 0x03, 0xf2, 0x48, 0xcd, 0x80, 0x04,
                      0xc9, 0xc9, 0x07, 0x00, 0x89, 40,   [53] = 0 };
  NxReceiver receiver;
  NxEvent event;

  g_assert_cmpuint (sizeof (NxReceiver), <, 160);

  nx_receiver_init (&receiver, NX_SIDE_CLIENT, &limits, &deflate);
  for (gsize i = 0; i < sizeof octets; i++)
    {
      nx_receiver_feed (&receiver, octets + i, 1, 0);
      while (nx_receiver_next (&receiver, &event))
        g_clear_pointer (&event.frame, nx_frame_unref);
      nx_receiver_hold (&receiver);
    }
  g_assert_null (receiver.message);
  g_assert_null (receiver.inflater);
  g_assert_null (receiver.held);
  g_assert_null (receiver.long_control);
  nx_receiver_clear (&receiver);
}

static void
test_limits_are_read_at_each_use (void)
{
  NxReceiverLimits changing = limits;
  guint8 octets[] = { 0x02, 0x04, 1, 2, 3, 4, 0x80, 0x00 };
  NxReceiver receiver;
  NxEvent event;

  nx_receiver_init (&receiver, NX_SIDE_CLIENT, &changing, NULL);
  nx_receiver_feed (&receiver, octets, 6, 0);
  g_assert_false (nx_receiver_next (&receiver, &event));

  /* What was assembled is already more than what may be now. */
  changing.max_message_size = 3;
  nx_receiver_feed (&receiver, octets + 6, 2, 0);
  g_assert_true (nx_receiver_next (&receiver, &event));
  g_assert_cmpint (event.fault, ==, NX_FAULT_MESSAGE_TOO_BIG);
  nx_receiver_clear (&receiver);
}

static void
test_clear_in_the_middle (void)
{
  const NxDeflateParams deflate = { .client_max_window_bits = 15, .server_max_window_bits = 15 };
  guint8 octets[] = { 0x41, 0x03, 0xf2, 0x48, 0xcd, 0x89, 0x64, 1, 2, 3 };
  guint8 more[] = { 4, 5, 6 };
  NxReceiver receiver;
  NxEvent event;

  nx_receiver_init (&receiver, NX_SIDE_CLIENT, &limits, &deflate);
  nx_receiver_feed (&receiver, octets, sizeof octets, 0);
  g_assert_false (nx_receiver_next (&receiver, &event));
  g_assert_nonnull (receiver.message);
  g_assert_nonnull (receiver.inflater);
  g_assert_nonnull (receiver.long_control);
  nx_receiver_feed (&receiver, more, sizeof more, 0);
  nx_receiver_hold (&receiver);
  g_assert_nonnull (receiver.held);
  nx_receiver_clear (&receiver);
  g_assert_null (receiver.message);
  g_assert_null (receiver.inflater);
  g_assert_null (receiver.long_control);
  g_assert_null (receiver.held);
  g_assert_cmpuint (nx_receiver_get_pending (&receiver), ==, 0);
  nx_receiver_clear (&receiver);
}

static void
test_feeding_before_holding_is_a_mistake (void)
{
  guint8 octets[] = { 0x89, 0x00, 0x89, 0x00 };
  NxReceiver receiver;

  if (g_test_subprocess ())
    {
      nx_receiver_init (&receiver, NX_SIDE_CLIENT, &limits, NULL);
      nx_receiver_feed (&receiver, octets, sizeof octets, 0);
      nx_receiver_feed (&receiver, octets, sizeof octets, 0);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

/* --verbose -m perf: what sixteen small text messages in one read cost. */
static void
test_speed (void)
{
  enum {
    N_FRAMES = 16,
    FRAME = 6 + 64,
    ROUNDS = 1000000
  };
  guint8 frame[FRAME] = { 0x81, 0xC0, 0x37, 0xfa, 0x21, 0x3d };
  guint8 pristine[N_FRAMES * FRAME], octets[N_FRAMES * FRAME];
  gsize n_octets = 0;
  NxReceiver receiver;
  NxEvent event;
  double seconds;

  for (guint i = 6; i < FRAME; i++)
    frame[i] = 'x' ^ frame[2 + (i - 6) % 4];
  for (guint i = 0; i < N_FRAMES; i++)
    memcpy (pristine + i * FRAME, frame, FRAME);

  nx_receiver_init (&receiver, NX_SIDE_SERVER, &limits, NULL);
  g_test_timer_start ();
  for (guint round = 0; round < ROUNDS / N_FRAMES; round++)
    {
      memcpy (octets, pristine, sizeof octets);
      nx_receiver_feed (&receiver, octets, sizeof octets, 0);
      while (nx_receiver_next (&receiver, &event))
        n_octets += event.length;
      nx_receiver_hold (&receiver);
    }
  seconds = g_test_timer_elapsed ();
  g_assert_cmpuint (n_octets, ==, ROUNDS * 64);
  g_test_minimized_result (seconds * 1e9 / ROUNDS, "%.1f ns a message", seconds * 1e9 / ROUNDS);
  nx_receiver_clear (&receiver);
}

/* Registration */

static GPtrArray *
load_all (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "protocol", "cases", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  guint n_cases = 0;

  g_assert_nonnull (dir);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_autofree char *stem = g_strndup (name, strcspn (name, "."));
      GPtrArray *cases;

      if (!g_str_has_suffix (name, ".txt"))
        continue;

      cases = wire_cases_load (file);
      for (guint i = 0; i < cases->len; i++)
        {
          const WireCase *wire_case = g_ptr_array_index (cases, i);
          g_autofree char *slug = g_strdup (wire_case->name);
          g_autofree char *test = NULL;

          g_strcanon (slug, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS, '-');
          test = g_strdup_printf ("/receiver/%s/%s", stem, slug);
          g_test_add_data_func (test, wire_case, test_case);
        }
      n_cases += cases->len;
      g_ptr_array_add (all, cases);
    }

  /* A folder that is not found, or read only in part, must not look like success. */
  g_assert_cmpuint (n_cases, >=, 150);
  return all;
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) all = NULL;

  g_test_init (&argc, &argv, NULL);
  all = load_all ();
  g_test_add_func ("/receiver/whole-message-is-a-slice", test_whole_message_is_a_slice);
  g_test_add_func ("/receiver/pending", test_pending);
  g_test_add_func ("/receiver/idle-owns-nothing", test_idle_owns_nothing);
  g_test_add_func ("/receiver/limits-are-read-at-each-use", test_limits_are_read_at_each_use);
  g_test_add_func ("/receiver/clear-in-the-middle", test_clear_in_the_middle);
  g_test_add_func ("/receiver/feeding-before-holding-is-a-mistake",
                   test_feeding_before_holding_is_a_mistake);
  if (g_test_perf ())
    g_test_add_func ("/receiver/speed", test_speed);

  return g_test_run ();
}
