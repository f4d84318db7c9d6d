/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that a peer has the server ask for, and that is not there: that peer's connection ends, and no other. */
#include "hostile.h"

#include "protocol/scarce-memory.h"

#define SIZE (256 * 1024)

static void
send_in_two (Client *client, NxOpcode opcode)
{
  g_autofree guint8 *payload = g_malloc0 (SIZE);
  guint8 header[14] = {
    (guint8) opcode, 0x80 | 127, 0, 0, 0, 0, 0, SIZE >> 17, SIZE / 2 >> 8 & 0xff
  };

  client_send_raw (client, header, sizeof header);
  client_send_raw (client, payload, SIZE / 2);
  header[0] = 0x80;
  client_send_raw (client, header, sizeof header);
  client_send_raw (client, payload, SIZE / 2);
}

static void
test_message (Fixture *f)
{
  Client *honest, *victim = NULL;
  guint n_failures = 0;

  serve_echo (f);
  honest = client_open (f, "/");
  for (guint fail_at = 1; victim == NULL || victim->messages.length == 0; fail_at++)
    {
      victim = client_open (f, "/");
      /* Our own client lives in the same memory. */
      client_set_reading (victim, FALSE);
      scarce_memory_fail_at (fail_at);
      send_in_two (victim, NX_OPCODE_BINARY);
      settle (f);
      scarce_memory_fail_at (0);
      client_set_reading (victim, TRUE);
      wait_until (f, victim->close_code != 0 || victim->messages.length > 0);
      if (victim->close_code != 0)
        {
          g_assert_cmpuint (victim->close_code, ==, 1011);
          client_expect_end (victim);
          n_failures++;
        }
      client_send_text (honest, "still here");
      client_expect_text (honest, "still here");
    }
  g_assert_cmpuint (n_failures, >, 0);
  g_free (take_log (f));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/scarce/33-message-in-pieces", test_message);
  return g_test_run ();
}
