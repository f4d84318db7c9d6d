/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON that is meant to break its reader, by each way that a service takes JSON: the peer gets 1007, and the next one is served. */
#include "hostile.h"

#define HALF_MEGABYTE (512 * 1024)

static char *
make_deep (void)
{
  return g_strnfill (100000, '[');
}

static char *
make_deep_and_closed (void)
{
  g_autofree char *open = g_strnfill (100000, '[');
  g_autofree char *closed = g_strnfill (100000, ']');

  return g_strconcat (open, closed, NULL);
}

static char *
make_deep_objects (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 100000; i++)
    g_string_append (text, "{\"a\":");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
make_big_exponent (void)
{
  return g_strdup ("{\"type\": \"count\", \"number\": 1e999}");
}

/* A megabyte, less what a message may have. */
static char *
make_big_number (void)
{
  g_autofree char *digits = g_strnfill (2 * HALF_MEGABYTE - 100, '9');

  return g_strconcat ("{\"type\": \"count\", \"number\": ", digits, "}", NULL);
}

static char *
make_lone_surrogate (void)
{
  return g_strdup ("{\"type\": \"\\ud800\"}");
}

static char *
make_duplicate_keys (void)
{
  return g_strdup ("{\"type\": \"count\", \"number\": 1, \"number\": 2}");
}

static char *
make_cut_short (void)
{
  return g_strdup ("{\"type\": \"count\", \"num");
}

static char *
make_tail (void)
{
  return g_strdup ("{\"type\": \"count\", \"number\": 1} {");
}

static const struct
{
  const char *name;
  char *(*make) (void);
} texts[] = {
  { "36-depth", make_deep },
  { "36-depth-and-back", make_deep_and_closed },
  { "36-depth-of-objects", make_deep_objects },
  { "36-1e999", make_big_exponent },
  { "36-megabyte-of-digits", make_big_number },
  { "36-lone-surrogate", make_lone_surrogate },
  { "36-duplicate-keys", make_duplicate_keys },
  { "36-cut-short", make_cut_short },
  { "36-tail", make_tail },
};

/* -- Ways of taking it -- */

#define HOSTILE_TYPE_READER (reader_get_type ())
G_DECLARE_FINAL_TYPE (Reader, reader, HOSTILE, READER, NxController)

struct _Reader
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (Reader, reader, NX_TYPE_CONTROLLER)

static void
reader_on_receive (NxController *controller, NxWebSocket *ws, NxMessage *message, GError **error)
{
  if (nx_message_get_json (message, error) != NULL)
    nx_web_socket_send_text (ws, "taken", error);
}

static void
reader_class_init (ReaderClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive = reader_on_receive;
}

static void
reader_init (Reader *self)
{
}

static void
count (NxController *self, NxWebSocket *ws, GObject *message, gpointer data, GError **error)
{
  nx_web_socket_send_text (ws, "taken", error);
}

static void
received_cb (GObject *object, GAsyncResult *result, gpointer data)
{
  NxWebSocket *ws = NX_WEB_SOCKET (object);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = nx_web_socket_receive_json_finish (ws, result, &error);

  if (node != NULL)
    nx_web_socket_send_text (ws, "taken", NULL);
  nx_web_socket_end_handler (ws, error);
}

static void
pulls (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
  nx_web_socket_begin_handler (ws);
  nx_web_socket_receive_json_async (ws, NULL, received_cb, data);
}

static const char *const paths[] = { "/encoding", "/handler", "/action", "/pull" };

static void
serve (Fixture *f)
{
  g_autoptr (NxController) encoding =
      g_object_new (HOSTILE_TYPE_READER, "encoding", NX_ENCODING_JSON, NULL);
  g_autoptr (NxController) handler = g_object_new (HOSTILE_TYPE_READER, NULL);
  g_autoptr (NxController) action = g_object_new (HOSTILE_TYPE_READER, NULL);
  NxRouter *router = NX_ROUTER (f->app);

  nx_controller_add_action (action, "count", G_TYPE_NONE, count, NULL, NULL);
  nx_router_add_controller (router, "/encoding", encoding, NULL);
  nx_router_add_controller (router, "/handler", handler, NULL);
  nx_router_add_controller (router, "/action", action, NULL);
  nx_router_add_route (router, "/pull", pulls, f, NULL, NULL);
}

static void
check_text (Fixture *f)
{
  const guint *which = f->data;
  g_autofree char *text = texts[*which].make ();

  serve (f);
  /* Where the handler hands the error on: the first is a warning, and those that follow are not. */
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Connection *failed: *");
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      Client *client = client_open (f, paths[i]);

      client_send_text (client, text);
      client_expect_close (client, 1007);
      client = client_open (f, paths[i]);
      client_send_text (client, "{\"type\":\"count\"}");
      client_expect_text (client, "taken");
    }
  g_test_assert_expected_messages ();
}

/* U+0000 is no JSON as it is, and is a character when it is escaped. */
static void
test_nul (Fixture *f)
{
  static const char raw[] = "{\"type\":\"\0\"}";
  Client *client;

  serve (f);
  client = client_open (f, "/encoding");
  client_send_frame (client, NX_OPCODE_TEXT, raw, sizeof raw - 1);
  client_expect_close (client, 1007);
  client = client_open (f, "/pull");
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Connection *failed: *");
  client_send_text (client, "{\"type\":\"\\u0000\"}");
  client_expect_close (client, 1007);
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  static guint numbers[G_N_ELEMENTS (texts)];

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *path = g_strconcat ("/json/", texts[i].name, NULL);

      numbers[i] = i;
      fixture_add_case (path, check_text, &numbers[i]);
    }
  ADD_SCENARIO ("/json/36-nul", test_nul);
  return g_test_run ();
}
