/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON-RPC as text: what each message is taken for, and what is written. */
#include "messages/nx-rpc-wire-private.h"

#include <string.h>

#include "messages/nx-json-private.h"

#define MAX_DEPTH 16
#define MAX_BATCH 4

/* -- What a packet is, as a line -- */

static void
append_node (GString *line, const char *name, JsonNode *node)
{
  gsize length;
  g_autofree char *text = node != NULL ? nx_json_generate (node, &length, NULL) : NULL;

  if (text != NULL)
    g_string_append_printf (line, " %s=%s", name, text);
}

static void
append_item (GString *line, const NxRpcItem *item)
{
  static const char *const kinds[] = { "call", "result", "error", "bad-call", "bad-answer" };

  g_string_append (line, kinds[item->kind]);
  if (item->id != NULL)
    g_string_append_printf (line, " id=%s", item->id);
  if (item->method != NULL)
    g_string_append_printf (line, " method=%s", item->method);
  append_node (line, "value", item->value);
  if (item->kind == NX_RPC_ITEM_ERROR)
    g_string_append_printf (line, " code=%d", item->code);
  if (item->text != NULL)
    g_string_append_printf (line, " (%s)", item->text);
}

static char *
describe (const NxRpcPacket *packet)
{
  GString *line = g_string_new (packet->is_batch ? "batch: " : NULL);

  if (packet->fault != 0)
    g_string_append_printf (line, "fault %d (%s)", packet->fault, packet->why);
  else
    for (guint i = 0; i < packet->items->len; i++)
      {
        g_string_append (line, i > 0 ? "; " : "");
        append_item (line, g_ptr_array_index (packet->items, i));
      }
  return g_string_free (line, FALSE);
}

/* Behind the octets there is nothing that may be read. */
static char *
parse (const char *text, gsize length)
{
  g_autofree char *copy = g_memdup2 (text, MAX (length, 1));
  g_autoptr (NxRpcPacket) packet = nx_rpc_packet_parse (copy, length, MAX_DEPTH, MAX_BATCH);

  return describe (packet);
}

/* -- Reading -- */

#define CALL(rest) "{\"jsonrpc\":\"2.0\",\"method\":\"m\"" rest "}"
#define V "\"jsonrpc\":\"2.0\""
#define BAD_ID "id: a string, a number or null is wanted, of at most 1024 octets"

static const struct
{
  const char *text, *expected;
} cases[] = {
  /* Calls (section 4). */
  { CALL (",\"id\":1"), "call id=1 method=m" },
  { CALL (",\"id\":1,\"params\":[1,\"a\"]"), "call id=1 method=m value=[1,\"a\"]" },
  { CALL (",\"id\":1,\"params\":{\"id\":2}"), "call id=1 method=m value={\"id\":2}" },
  { CALL (",\"params\":[]"), "call method=m value=[]" },
  { " \t\r\n" CALL (" , \"id\" : 1 ") "\n", "call id=1 method=m" },
  { "{\"id\":5,\"method\":\"a\\u0062\\\"c\",\"jsonrpc\":\"2.0\"}", "call id=5 method=ab\"c" },
  /* An extension may add members. */
  { CALL (",\"id\":1,\"more\":{\"id\":[1]}"), "call id=1 method=m" },
  /* Ids stay as they came (section 4). */
  { CALL (",\"id\":1.0"), "call id=1.0 method=m" },
  { CALL (",\"id\":-0"), "call id=-0 method=m" },
  { CALL (",\"id\":1e2"), "call id=1e2 method=m" },
  { CALL (",\"id\":123456789012345678901234567890"),
    "call id=123456789012345678901234567890 method=m" },
  { CALL (",\"id\":9007199254740993"), "call id=9007199254740993 method=m" },
  { CALL (",\"id\":\"a\\u00e4\\n\\\"]}\""), "call id=\"a\\u00e4\\n\\\"]}\" method=m" },
  { CALL (",\"id\":\"\""), "call id=\"\" method=m" },
  { CALL (",\"id\":null"), "call id=null method=m" },
  { CALL (",\"\\u0069\\u0064\":7"), "call id=7 method=m" },
  { CALL (",\"\\u0069d\":7"), "call id=7 method=m" },
  { CALL (",\"i\\u0064\":7"), "call id=7 method=m" },
  { CALL (",\"\\u0069\\u0065\":7"), "call method=m" },
  { CALL (",\"id2\":7,\"i\":8,\"\":9,\"ID\":10"), "call method=m" },
  { "{\"x\":\"\\\\\",\"y\":[{\"id\":\"}\"},[\"]\"]],\"id\":8,\"method\":\"m\"," V "}",
    "call id=8 method=m" },
  /* Ids of other kinds. */
  { CALL (",\"id\":true"), "bad-call (" BAD_ID ")" },
  { CALL (",\"id\":[1]"), "bad-call (" BAD_ID ")" },
  { CALL (",\"id\":{}"), "bad-call (" BAD_ID ")" },
  /* No calls. */
  { "{\"method\":\"m\",\"id\":1}", "bad-call id=1 (jsonrpc: \"2.0\" is wanted)" },
  { "{\"jsonrpc\":2.0,\"method\":\"m\",\"id\":1}", "bad-call id=1 (jsonrpc: \"2.0\" is wanted)" },
  { "{\"jsonrpc\":\"1.0\",\"method\":\"m\"}", "bad-call (jsonrpc: \"2.0\" is wanted)" },
  { "{" V ",\"method\":1,\"id\":1}", "bad-call id=1 (method: a string is wanted)" },
  { "{" V ",\"id\":1}", "bad-call id=1 (method: a string is wanted)" },
  { "{" V ",\"method\":null,\"result\":1,\"id\":1}", "bad-call id=1 (method: a string is wanted)" },
  { CALL (",\"id\":1,\"params\":1"), "bad-call id=1 (params: an array or an object is wanted)" },
  { CALL (",\"id\":1,\"params\":null"), "bad-call id=1 (params: an array or an object is wanted)" },
  { CALL (",\"id\":1,\"params\":\"p\""),
    "bad-call id=1 (params: an array or an object is wanted)" },
  { "{}", "bad-call (jsonrpc: \"2.0\" is wanted)" },
  { "1", "bad-call (an object is wanted)" },
  { "null", "bad-call (an object is wanted)" },
  { "\"{}\"", "bad-call (an object is wanted)" },
  /* Answers (section 5). */
  { "{" V ",\"id\":1,\"result\":{\"a\":1}}", "result id=1 value={\"a\":1}" },
  { "{" V ",\"id\":1,\"result\":null}", "result id=1 value=null" },
  { "{" V ",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"no\"}}",
    "error id=1 code=-32601 (no)" },
  { "{" V ",\"id\":1,\"error\":{\"code\":7.0,\"message\":\"no\",\"data\":[1]}}",
    "error id=1 value=[1] code=7 (no)" },
  { "{" V ",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"\"}}",
    "error id=null code=-32700 ()" },
  /* No answers: never to be answered. */
  { "{\"id\":1,\"result\":1}", "bad-answer id=1 (jsonrpc: \"2.0\" is wanted)" },
  { "{" V ",\"id\":1,\"result\":1,\"error\":{\"code\":1,\"message\":\"\"}}",
    "bad-answer id=1 (either result or error is wanted)" },
  { "{" V ",\"id\":[],\"result\":1}", "bad-answer (" BAD_ID ")" },
#define BAD_ERROR "bad-answer id=1 (error: an object with code and message is wanted)"
  { "{" V ",\"id\":1,\"error\":null}", BAD_ERROR },
  { "{" V ",\"id\":1,\"error\":\"no\"}", BAD_ERROR },
  { "{" V ",\"id\":1,\"error\":{\"code\":1}}", BAD_ERROR },
  { "{" V ",\"id\":1,\"error\":{\"message\":\"no\"}}", BAD_ERROR },
  { "{" V ",\"id\":1,\"error\":{\"code\":\"1\",\"message\":\"no\"}}", BAD_ERROR },
  { "{" V ",\"id\":1,\"error\":{\"code\":1.5,\"message\":\"no\"}}", BAD_ERROR },
  { "{" V ",\"id\":1,\"error\":{\"code\":2147483648,\"message\":\"no\"}}", BAD_ERROR },
  { "{" V ",\"id\":1,\"error\":{\"code\":1e300,\"message\":\"no\"}}", BAD_ERROR },
  /* Batches (section 6). */
  { "[]", "batch: fault -32600 (a batch is empty)" },
  { " [ ] ", "batch: fault -32600 (a batch is empty)" },
  { "[1]", "batch: bad-call (an object is wanted)" },
  { "[1,[],\"]\"]",
    "batch: bad-call (an object is wanted); bad-call (an object is wanted); bad-call (an object is "
    "wanted)" },
  { "[" CALL (",\"id\":1") " , " CALL ("") ",{" V ",\"id\":2,\"result\":[]}]",
    "batch: call id=1 method=m; call method=m; result id=2 value=[]" },
  { "[1,2,3,4]", "batch: bad-call (an object is wanted); bad-call (an object is wanted); bad-call "
                 "(an object is wanted); bad-call (an object is wanted)" },
  { "[1,2,3,4,5]", "batch: fault -32600 (a batch has more than 4 elements)" },
  /* No JSON. */
  { "", "fault -32700 (octet 0: the end where a value is allowed)" },
  { "{", "fault -32700 (octet 1: the end where a string is allowed)" },
  { "[" CALL (",\"id\":1"), "batch: fault -32700 (octet 38: the end where ',' or ']' is allowed)" },
  { CALL ("") CALL (""), "fault -32700 (octet 30: '{' where the end is allowed)" },
  { "{\"id\":1,\"id\":2}", "fault -32700 (octet 12: a member's name that was there already)" },
  { "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
    "batch: fault -32700 (octet 17: nested too deeply; 16 levels are allowed)" },
  { "\"\xff\"", "fault -32700 (this is not UTF-8)" },
};

static void
test_read (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *line = parse (cases[i].text, strlen (cases[i].text));

      g_assert_cmpstr (line, ==, cases[i].expected);
    }
}

/* Every beginning of everything, and everything with an octet that is another, is taken for something. */
static void
test_broken (void)
{
  static const char octets[] = "{}[]\":,\\0 \x01\xff";

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize at = 0; at < strlen (cases[i].text); at++)
      for (guint k = 0; k < sizeof octets; k++)
        {
          g_autofree char *text = g_strdup (cases[i].text);
          g_autofree char *line = NULL;

          text[at] = octets[k];
          line = parse (text, strlen (cases[i].text));
          g_free (line);
          line = parse (text, at);
        }
}

static void
test_long_id (void)
{
  for (guint excess = 0; excess < 2; excess++)
    {
      g_autofree char *digits = g_strnfill (NX_RPC_ID_MAX - 2 + excess, 'x');
      g_autofree char *text = g_strdup_printf (CALL (",\"id\":\"%s\""), digits);
      g_autofree char *line = parse (text, strlen (text));
      g_autofree char *good = g_strdup_printf ("call id=\"%s\" method=m", digits);

      g_assert_cmpstr (line, ==, excess == 0 ? good : "bad-call (" BAD_ID ")");
    }
}

/* What is kept of a message does not lean on what is not. */
static void
test_kept (void)
{
  g_autoptr (NxRpcPacket) packet =
      nx_rpc_packet_parse (CALL (",\"params\":{\"a\":[1]}"),
                           strlen (CALL (",\"params\":{\"a\":[1]}")), MAX_DEPTH, MAX_BATCH);
  g_autoptr (JsonNode) params =
      json_node_ref (((NxRpcItem *) g_ptr_array_index (packet->items, 0))->value);

  g_clear_pointer (&packet, nx_rpc_packet_free);
  g_assert_null (json_node_get_parent (params));
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (json_node_get_object (params), "a")), ==,
      1);
}

/* -- Writing -- */

static void
test_write (void)
{
  g_autoptr (JsonNode) params = json_from_string ("[1,\"a\"]", NULL);
  g_autofree char *call = nx_rpc_write_call (G_MAXUINT64, "a\"b", params, NULL);
  g_autofree char *bare = nx_rpc_write_call (1, "m", NULL, NULL);
  g_autofree char *notification = nx_rpc_write_call (0, "m", NULL, NULL);
  g_autofree char *result = nx_rpc_write_result ("1.0", params, NULL);
  g_autofree char *nothing = nx_rpc_write_result ("\"x\"", NULL, NULL);
  g_autofree char *error = nx_rpc_write_error (NULL, -32700, "Parse\n", params, NULL);
  g_autofree char *plain = nx_rpc_write_error ("7", 1, "no", NULL, NULL);

  g_assert_cmpstr (call, ==,
                   "{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615,\"method\":\"a\\\"b\","
                   "\"params\":[1,\"a\"]}");
  g_assert_cmpstr (bare, ==, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}");
  g_assert_cmpstr (notification, ==, "{\"jsonrpc\":\"2.0\",\"method\":\"m\"}");
  g_assert_cmpstr (result, ==, "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"result\":[1,\"a\"]}");
  g_assert_cmpstr (nothing, ==, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":null}");
  g_assert_cmpstr (error, ==,
                   "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":"
                   "\"Parse\\n\",\"data\":[1,\"a\"]}}");
  g_assert_cmpstr (plain, ==,
                   "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":1,\"message\":\"no\"}}");
}

static void
test_unwritable (void)
{
  g_autoptr (JsonNode) infinite = json_node_init_double (json_node_alloc (), G_MAXDOUBLE * 2);
  g_autoptr (GError) error = NULL;

  g_assert_null (nx_rpc_write_call (1, "\xff", NULL, &error));
  g_clear_error (&error);
  g_assert_null (nx_rpc_write_call (1, "m", infinite, &error));
  g_clear_error (&error);
  g_assert_null (nx_rpc_write_result ("1", infinite, &error));
  g_clear_error (&error);
  g_assert_null (nx_rpc_write_error ("1", 1, "no", infinite, &error));
  g_clear_error (&error);
  g_assert_null (nx_rpc_write_error ("1", 1, "\xff", NULL, &error));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rpc-wire/read", test_read);
  g_test_add_func ("/rpc-wire/broken", test_broken);
  g_test_add_func ("/rpc-wire/long-id", test_long_id);
  g_test_add_func ("/rpc-wire/kept", test_kept);
  g_test_add_func ("/rpc-wire/write", test_write);
  g_test_add_func ("/rpc-wire/unwritable", test_unwritable);
  return g_test_run ();
}
