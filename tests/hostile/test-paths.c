/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths of handshakes: decoded once and by segment, or refused; no handler sees what is not what it says. */
#include "hostile.h"

static const struct
{
  const char *name;
  const char *target;
  guint status;
  const char *room; /* what the handler gets; NULL: none is called */
} rows[] = {
  { "plain", "/rooms/kitchen", 101, "kitchen" },
  { "encoded", "/rooms/caf%C3%A9%20bar", 101, "café bar" },
  { "encoded-slash-is-data", "/rooms/a%2Fb", 101, "a/b" },
  { "encoded-once", "/rooms/%252e%252e", 101, "%2e%2e" },
  { "encoded-name-of-the-route", "/%72ooms/kitchen", 101, "kitchen" },
  { "encoded-question-mark", "/rooms/a%3Fb?c", 101, "a?b" },
  { "query-is-no-path", "/rooms/kitchen?/../%00", 101, "kitchen" },
  { "plus-is-a-plus", "/rooms/a+b", 101, "a+b" },
  { "encoded-slash-leads-nowhere-else", "/rooms%2Fkitchen", 404, NULL },
  { "empty-parameter", "/rooms/", 404, NULL },
  { "nul", "/rooms/a%00b", 400, NULL },
  { "not-utf8", "/rooms/%ff", 400, NULL },
  { "overlong-slash", "/rooms/%c0%af", 400, NULL },
  { "surrogate", "/rooms/%ed%a0%80", 400, NULL },
  { "half-an-encoding", "/rooms/%4", 400, NULL },
  { "no-encoding", "/rooms/%zz", 400, NULL },
  { "dot", "/./rooms/kitchen", 400, NULL },
  { "dot-dot", "/rooms/../rooms/kitchen", 400, NULL },
  { "encoded-dot-dot", "/rooms/%2e%2E", 400, NULL },
  { "empty-segment", "//rooms/kitchen", 400, NULL },
  { "backslash", "/rooms\\kitchen", 400, NULL },
  { "fragment", "/rooms/kitchen#x", 400, NULL },
};

static void
room_func (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *room = nx_web_socket_get_path_param (ws, "room");

  note (data, "%s", room);
  nx_web_socket_accept (ws, error);
  nx_web_socket_send_text (ws, room, error);
}

static void
check_row (Fixture *f)
{
  const guint *which = f->data;
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/rooms/{room}", room_func, f, NULL, NULL);
  client = client_new (f, rows[*which].target, "");
  g_assert_cmpuint (client_wait_status (client), ==, rows[*which].status);
  if (rows[*which].room != NULL)
    client_expect_text (client, rows[*which].room);
  assert_log (f, rows[*which].room != NULL ? rows[*which].room : "");
}

int
main (int argc, char **argv)
{
  static guint numbers[G_N_ELEMENTS (rows)];

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/paths/", rows[i].name, NULL);

      numbers[i] = i;
      fixture_add_case (path, check_row, &numbers[i]);
    }
  return g_test_run ();
}
