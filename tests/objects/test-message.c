/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text or octets, once copied and never changed. */
#include "fixture.h"

#include "nx-message-private.h"

static void
assert_holds (NxMessage *message, const char *octets, gsize length)
{
  GBytes *bytes = nx_message_get_bytes (message);

  g_assert_cmpuint (nx_message_get_size (message), ==, length);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), octets, length);
  g_assert_true (nx_message_get_bytes (message) == bytes);
  {
    gsize n;
    const guint8 *data = nx_message_get_data (message, &n);

    g_assert_cmpmem (data, n, octets, length);
  }
}

static void
test_text (void)
{
  g_autoptr (NxMessage) whole = nx_message_new_text ("caf\xc3\xa9", -1);
  g_autoptr (NxMessage) part = nx_message_new_text ("caf\xc3\xa9", 3);
  g_autoptr (NxMessage) empty = nx_message_new_text ("", -1);

  g_assert_cmpint (nx_message_get_kind (whole), ==, NX_MESSAGE_TEXT);
  g_assert_cmpstr (nx_message_get_text (whole), ==, "caf\xc3\xa9");
  assert_holds (whole, "caf\xc3\xa9", 5);
  g_assert_cmpstr (nx_message_get_text (part), ==, "caf");
  assert_holds (part, "caf", 3);
  g_assert_cmpstr (nx_message_get_text (empty), ==, "");
  assert_holds (empty, "", 0);
}

static void
test_text_with_nul (void)
{
  g_autoptr (NxMessage) message = nx_message_new_text ("\0a\0", 3);

  assert_holds (message, "\0a\0", 3);
  g_assert_cmpstr (nx_message_get_text (message), ==, "");
}

static void
test_text_is_utf8 (void)
{
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "*nx_message_new_text*is_utf8*");
  g_assert_null (nx_message_new_text ("\xff", -1));
  g_test_assert_expected_messages ();
}

static void
test_text_from_bytes (void)
{
  const struct
  {
    const char *octets;
    gsize length;
    gboolean is_good;
  } cases[] = {
    { "", 0, TRUE },          { "a", 1, TRUE },          { "\0", 1, TRUE },
    { "a\0\0b", 4, TRUE },    { "\xc3\xa9", 2, TRUE },   { "\xc3", 1, FALSE },
    { "\xff", 1, FALSE },     { "a\0\xc3\0", 4, FALSE }, { "\0\xed\xa0\x80", 4, FALSE },
    { "a\0b\xc3", 4, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (cases[i].octets, cases[i].length);
      GError *error = NULL;
      g_autoptr (NxMessage) message = nx_message_new_text_from_bytes (bytes, &error);

      g_assert_cmpint (message != NULL, ==, cases[i].is_good);
      if (message != NULL)
        assert_holds (message, cases[i].octets, cases[i].length);
      else
        expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "UTF-8");
    }
}

static void
test_bytes (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\xff\0\x01", 3);
  g_autoptr (NxMessage) message = nx_message_new_bytes (bytes);

  g_assert_cmpint (nx_message_get_kind (message), ==, NX_MESSAGE_BINARY);
  g_assert_null (nx_message_get_text (message));
  assert_holds (message, "\xff\0\x01", 3);
}

/* The octets stay when the message goes. */
static void
test_bytes_outlive_it (void)
{
  NxMessage *message = nx_message_new_text ("abc", -1);
  g_autoptr (GBytes) bytes = g_bytes_ref (nx_message_get_bytes (message));

  nx_message_unref (message);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "abc", 3);
}

static void
test_boxed (void)
{
  g_autoptr (NxMessage) message = nx_message_new_text ("abc", -1);
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, NX_TYPE_MESSAGE);
  g_value_set_boxed (&value, message);
  g_assert_true (g_value_get_boxed (&value) == message);
}

/* What was received: in the receiver's buffer, or in a frame of its own that is taken as it is. */
static void
test_from_event (void)
{
  guint8 octets[] = "abc";
  g_autoptr (NxFrame) frame = nx_frame_new (NX_OPCODE_BINARY, "abc", 3);
  const NxEvent in_buffer = {
    .kind = NX_EVENT_MESSAGE, .opcode = NX_OPCODE_TEXT, .data = octets, .length = 3
  };
  const NxEvent in_frame = { .kind = NX_EVENT_MESSAGE, .opcode = NX_OPCODE_BINARY, .frame = frame };
  g_autoptr (NxMessage) text = nx_message_new_from_event (&in_buffer);
  g_autoptr (NxMessage) binary = nx_message_new_from_event (&in_frame);
  gsize length;

  g_assert_cmpstr (nx_message_get_text (text), ==, "abc");
  assert_holds (binary, "abc", 3);
  g_assert_true (g_bytes_get_data (nx_message_get_bytes (binary), NULL)
                 == nx_frame_get_payload (frame, &length));
}

/* -- JSON -- */

static void
test_new_json (void)
{
  g_autoptr (JsonNode) node = json_from_string ("{\"a\": [1, null]}", NULL);
  g_autoptr (NxMessage) message = nx_message_new_json (node);

  g_assert_cmpint (nx_message_get_kind (message), ==, NX_MESSAGE_TEXT);
  g_assert_cmpstr (nx_message_get_text (message), ==, "{\"a\":[1,null]}");
}

static void
test_new_json_is_json (void)
{
  g_autoptr (JsonNode) node = json_node_init_double (json_node_alloc (), G_MAXDOUBLE * 2);

  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "nx_message_new_json: *not finite*");
  g_assert_null (nx_message_new_json (node));
  g_test_assert_expected_messages ();
}

static void
test_get_json (void)
{
  g_autoptr (NxMessage) message = nx_message_new_text ("[7]", -1);
  GError *error = NULL;
  JsonNode *node = nx_message_get_json (message, &error);

  g_assert_no_error (error);
  g_assert_cmpint (json_array_get_int_element (json_node_get_array (node), 0), ==, 7);
  g_assert_true (nx_message_get_json (message, NULL) == node);
}

static void
test_get_json_fails (void)
{
  g_autoptr (NxMessage) text = nx_message_new_text ("[7", -1);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("[7]", 3);
  g_autoptr (NxMessage) binary = nx_message_new_bytes (bytes);
  GError *error = NULL;

  g_assert_null (nx_message_get_json (text, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_DATA, "Not JSON: octet 2: the end");
  g_assert_null (nx_message_get_json (text, NULL)); /* what a peer sent is no mistake of ours */
  g_assert_null (nx_message_get_json (binary, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_DATA, "binary");
}

static void
test_json_depth (void)
{
  g_autoptr (NxMessage) message = nx_message_new_text ("[[[1]]]", -1);
  GError *error = NULL;

  g_assert_null (nx_message_parse_json (message, 2, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_DATA, "2 levels are allowed");
  g_assert_nonnull (nx_message_parse_json (message, 3, NULL));
}

/* -- Frames -- */

static NxSender *
new_sender (guint8 window_bits, gboolean takeover)
{
  NxDeflateParams params = { .server_no_context_takeover = !takeover,
                             .client_no_context_takeover = !takeover,
                             .server_max_window_bits = window_bits,
                             .client_max_window_bits = 15 };
  NxSender *sender = g_new0 (NxSender, 1);

  nx_sender_init (sender, NX_SIDE_SERVER, window_bits > 0 ? &params : NULL);
  return sender;
}

static void
sender_free (NxSender *sender)
{
  nx_sender_clear (sender);
  g_free (sender);
}

/* What @sender would send; compared by address only. */
static gconstpointer
frame_for (NxMessage *message, NxSender *sender, gsize threshold)
{
  g_autoptr (NxFrame) frame = nx_message_dup_frame (message, sender, threshold);

  return frame;
}

static NxMessage *
new_compressible (void)
{
  g_autofree char *text = g_strnfill (4000, 'x');

  return nx_message_new_text (text, -1);
}

static void
test_frame_plain (void)
{
  g_autoptr (NxMessage) message = new_compressible ();
  NxSender *plain = new_sender (0, FALSE);
  NxSender *deflating = new_sender (12, FALSE);
  gconstpointer own = frame_for (message, plain, 0);

  g_assert_true (frame_for (message, plain, 0) == own);
  g_assert_true (frame_for (message, deflating, 4001) == own);
  g_assert_false (frame_for (message, deflating, 4000) == own);
  sender_free (plain);
  sender_free (deflating);
}

/* One compression for all that agreed to the same window. */
static void
test_frame_shared (void)
{
  g_autoptr (NxMessage) message = new_compressible ();
  NxSender *one = new_sender (12, FALSE);
  NxSender *same = new_sender (12, FALSE);
  NxSender *other = new_sender (9, FALSE);
  gconstpointer frame = frame_for (message, one, 0);

  g_assert_true (frame_for (message, same, 0) == frame);
  frame_for (message, other, 0);
  g_assert_nonnull (frame_for (message, same, 0));
  sender_free (one);
  sender_free (same);
  sender_free (other);
}

/* That it does not get smaller is found once. */
static void
test_frame_incompressible (void)
{
  g_autoptr (NxMessage) message = nx_message_new_text ("x", -1);
  NxSender *plain = new_sender (0, FALSE);
  NxSender *one = new_sender (12, FALSE);
  gconstpointer own = frame_for (message, plain, 0);

  g_assert_true (frame_for (message, one, 0) == own);
  g_assert_true (frame_for (message, one, 0) == own);
  sender_free (plain);
  sender_free (one);
}

/* With memory from one message to the next, no frame is like another. */
static void
test_frame_takeover (void)
{
  g_autoptr (NxMessage) message = new_compressible ();
  NxSender *sender = new_sender (12, TRUE);
  g_autoptr (NxFrame) first = nx_message_dup_frame (message, sender, 0);
  g_autoptr (NxFrame) second = nx_message_dup_frame (message, sender, 0);
  gsize first_size, second_size;

  nx_frame_get_payload (first, &first_size);
  nx_frame_get_payload (second, &second_size);
  g_assert_true (first != second);
  g_assert_cmpuint (second_size, <, first_size);
  sender_free (sender);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/text", test_text);
  g_test_add_func ("/message/text/nul", test_text_with_nul);
  g_test_add_func ("/message/text/utf8", test_text_is_utf8);
  g_test_add_func ("/message/text/from-bytes", test_text_from_bytes);
  g_test_add_func ("/message/bytes", test_bytes);
  g_test_add_func ("/message/bytes/outlive-it", test_bytes_outlive_it);
  g_test_add_func ("/message/from-event", test_from_event);
  g_test_add_func ("/message/boxed", test_boxed);
  g_test_add_func ("/message/json/new", test_new_json);
  g_test_add_func ("/message/json/new-fails", test_new_json_is_json);
  g_test_add_func ("/message/json/get", test_get_json);
  g_test_add_func ("/message/json/get-fails", test_get_json_fails);
  g_test_add_func ("/message/json/depth", test_json_depth);
  g_test_add_func ("/message/frame/plain", test_frame_plain);
  g_test_add_func ("/message/frame/shared", test_frame_shared);
  g_test_add_func ("/message/frame/incompressible", test_frame_incompressible);
  g_test_add_func ("/message/frame/takeover", test_frame_takeover);
  return g_test_run ();
}
