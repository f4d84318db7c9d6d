/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-settings-private.h"

static void
test_defaults (void)
{
  g_autoptr (NxSettings) settings = nx_settings_new ();

  g_assert_cmpuint (settings->receiver.max_message_size, ==, 1024 * 1024);
  g_assert_cmpuint (settings->receiver.max_fragments, ==, 1024);
  g_assert_cmpuint (settings->receiver.max_control_frames, ==, 64);
  g_assert_cmpuint (settings->ping_interval_ms, ==, 20 * 1000);
  g_assert_cmpuint (settings->pong_timeout_ms, ==, 20 * 1000);
  g_assert_cmpuint (settings->close_timeout_ms, ==, 5 * 1000);
  g_assert_cmpuint (settings->high_water_mark, ==, 1024 * 1024);
  g_assert_cmpuint (settings->low_water_mark, ==, 256 * 1024);
  g_assert_cmpint (settings->slow_policy, ==, NX_SLOW_POLICY_CLOSE);
  g_assert_cmpuint (settings->receive_queue_messages, ==, 16);
  g_assert_cmpuint (settings->receive_queue_size, ==, 64 * 1024);
  g_assert_cmpuint (settings->max_json_depth, ==, 128);
  g_assert_false (settings->compression);
  g_assert_false (settings->compression_takeover);
  g_assert_cmpuint (settings->compression_window_bits, ==, 12);
  g_assert_cmpuint (settings->compression_threshold, ==, 1024);
}

/* A copy goes its own way, and lives its own life. */
static void
test_copy (void)
{
  NxSettings *settings = nx_settings_new ();
  g_autoptr (NxSettings) copy = NULL;

  g_assert_true (nx_settings_ref (settings) == settings);
  settings->ping_interval_ms = 1;
  copy = nx_settings_copy (settings);
  settings->ping_interval_ms = 2;
  nx_settings_unref (settings);
  nx_settings_unref (settings);
  g_assert_cmpuint (copy->ping_interval_ms, ==, 1);
  g_assert_cmpuint (copy->high_water_mark, ==, 1024 * 1024);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/defaults", test_defaults);
  g_test_add_func ("/settings/copy", test_copy);
  return g_test_run ();
}
