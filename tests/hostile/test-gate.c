/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Those who connect and dawdle, those who leave too early, and those who send more than was asked for. */
#include "hostile.h"

#include <string.h>

static void
test_silent (Fixture *f)
{
  Client *one = client_connect (f), *two;

  settle (f);
  pass_time (f, 9000);
  two = client_connect (f);
  settle (f);
  g_assert_false (one->is_ended);
  pass_time (f, 1100);
  g_assert_true (one->is_ended);
  g_assert_false (two->is_ended);
  pass_time (f, 9000);
  g_assert_true (two->is_ended);
  g_assert_cmpuint (one->head->len + two->head->len, ==, 0);
}

/* Beyond the limit the oldest goes, never the one that has just come. */
static void
test_too_many_silent (Fixture *f)
{
  Client *silent[5];
  Client *honest;

  serve_echo (f);
  g_object_set (f->app, "max-pending-handshakes", 3, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    {
      silent[i] = client_connect (f);
      settle (f);
    }
  honest = client_open (f, "/");
  client_send_text (honest, "hello");
  client_expect_text (honest, "hello");
  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    g_assert_cmpint (silent[i]->is_ended, ==, i < 3);
}

static void
test_dripping (Fixture *f)
{
  Client *client = client_connect (f);
  const char *head = HANDSHAKE;

  for (guint second = 0; second < 10; second++)
    {
      g_assert_false (client->is_ended);
      client_send_raw (client, head + second, 1);
      pass_time (f, 1000);
    }
  pass_time (f, 10);
  g_assert_true (client->is_ended);
}

/* We were away, not they: what came in time is served although the deadline has passed meanwhile. */
static void
test_deadline_while_we_were_stopped (Fixture *f)
{
  enum {
    N = 600
  };
  Client *clients[N];

  serve_echo (f);
  for (guint i = 0; i < N; i++)
    {
      clients[i] = client_connect (f);
      if (i % 50 == 0)
        settle (f);
    }
  settle (f);
  for (guint i = 0; i < N; i++)
    client_send_raw (clients[i], HANDSHAKE "\r\n", strlen (HANDSHAKE "\r\n"));
  nx_clock_advance (f->clock, 60 * G_USEC_PER_SEC);
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (client_wait_status (clients[i]), ==, 101);
}

/* -- More than one thing at once -- */

static void
test_early_frames (Fixture *f)
{
  enum {
    N = 1024,
    SIZE = 1024
  };
  Client *client = client_connect (f);
  g_autoptr (GByteArray) octets = g_byte_array_new ();
  guint8 payload[SIZE] = { 0 };

  serve_echo (f);
  g_object_set (f->app, "high-water-mark", (guint64) 4 * N * SIZE, NULL);
  g_byte_array_append (octets, (const guint8 *) HANDSHAKE "\r\n", strlen (HANDSHAKE "\r\n"));
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (NxFrame) frame = NULL;

      memcpy (payload, &i, sizeof i);
      frame = nx_frame_new (NX_OPCODE_BINARY, payload, SIZE);
      nx_sender_mask_into (octets, frame, 0x12345678);
    }
  client_send_raw (client, octets->data, octets->len);
  wait_until (f, client->messages.length == N);
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (GBytes) message = g_queue_pop_head (&client->messages);

      g_assert_cmpuint (g_bytes_get_size (message), ==, SIZE);
      g_assert_cmpint (memcmp (g_bytes_get_data (message, NULL), &i, sizeof i), ==, 0);
    }
}

static void
test_get_then_upgrade (Fixture *f)
{
  Client *client;

  serve_echo (f);
  client = say (f, "GET /nothing HTTP/1.1\r\n" HOST "\r\n" HANDSHAKE "\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 404);
  client_expect_end (client);
  g_assert_null (strstr (get_body (client), "HTTP/1.1"));
  assert_log (f, "");
}

static void
test_upgrade_then_get (Fixture *f)
{
  Client *client;

  serve_echo (f);
  client = say (f, HANDSHAKE "\r\n" GET_ROOT HOST "\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  client_expect_close (client, 1002);
  client_expect_end (client);
  assert_log (f, "connect gone:1002");
}

/* -- Leaving at every stage -- */

static const char *const stages[] = { "",
                                      "G",
                                      GET_ROOT,
                                      HANDSHAKE,
                                      HANDSHAKE "\r\n",
                                      HANDSHAKE "\r\n\x81",
                                      HANDSHAKE "\r\n\x81\x85xxxxh" };

static void
leave_at_every_stage (Fixture *f, void (*leave) (Client *client))
{
  serve_echo (f);
  for (guint i = 0; i < G_N_ELEMENTS (stages); i++)
    for (guint is_settled = 0; is_settled < 2; is_settled++)
      {
        Client *client = say (f, stages[i]);

        if (is_settled)
          settle (f);
        leave (client);
        settle (f);
      }
  wait_until (f, get_uint (f, "n-connections") == 0);
  wait_until (f, nx_gate_get_n_pending (nx_app_get_private (f->app)->gate) == 0);
  g_free (take_log (f));

  /* And the next one is served as ever. */
  client_open (f, "/");
  assert_log (f, "connect");
}

static void
test_fin (Fixture *f)
{
  leave_at_every_stage (f, client_shutdown);
}

static void
test_rst (Fixture *f)
{
  leave_at_every_stage (f, client_cut);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/gate/01-silent-tcp", test_silent);
  ADD_SCENARIO ("/gate/01-too-many-silent", test_too_many_silent);
  ADD_SCENARIO ("/gate/02-dripping-header", test_dripping);
  ADD_SCENARIO ("/gate/35-deadline-while-we-were-stopped", test_deadline_while_we_were_stopped);
  ADD_SCENARIO ("/gate/08-early-frames", test_early_frames);
  ADD_SCENARIO ("/gate/09-get-then-upgrade", test_get_then_upgrade);
  ADD_SCENARIO ("/gate/09-upgrade-then-get", test_upgrade_then_get);
  ADD_SCENARIO ("/gate/fin-at-every-stage", test_fin);
  ADD_SCENARIO ("/gate/rst-at-every-stage", test_rst);
  return g_test_run ();
}
