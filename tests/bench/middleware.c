/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-middleware bare|full N: N handshakes over memory, one after the other, each accepted and cut. `bare` has no middleware, and goes
 * to /ws; `full` has three, and goes to /rooms/{room}, whose handler reads the parameter. Counted, not timed: tests/bench/run middleware
 * runs both twice under callgrind, and takes what the second thousand costs.
 */
#include "config.h"

#include <nexws.h>
#include <stdlib.h>
#include <string.h>

#include "nx-app-private.h"
#include "transport/nx-memory-stream-private.h"

#define HEAD                                                                                       \
  "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

#define TYPE_GUARD (guard_get_type ())
G_DECLARE_FINAL_TYPE (Guard, guard, BENCH, GUARD, NxMiddleware)

struct _Guard
{
  NxMiddleware parent_instance;
  guint n_seen;
};

G_DEFINE_FINAL_TYPE (Guard, guard, NX_TYPE_MIDDLEWARE)

static NxVerdict
guard_handshake (NxMiddleware *self, NxWebSocket *ws)
{
  BENCH_GUARD (self)->n_seen++;
  return NX_VERDICT_PASS;
}

static void
guard_class_init (GuardClass *klass)
{
  NX_MIDDLEWARE_CLASS (klass)->handshake = guard_handshake;
}

static void
guard_init (Guard *self)
{
}

static void
bare_func (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
}

static void
room_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_assert_cmpstr (nx_web_socket_get_path_param (ws, "room"), ==, "42");
  nx_web_socket_accept (ws, error);
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
shake_hands (NxApp *app, const char *head, GByteArray *answer)
{
  g_autoptr (NxMemoryPeer) peer = NULL;

  nx_app_take_stream (app, nx_memory_stream_new (nx_app_get_private (app)->reactor, &peer));
  nx_memory_peer_send (peer, head, strlen (head));
  settle ();
  nx_memory_peer_take (peer, answer);
  g_assert_cmpint (memcmp (answer->data, "HTTP/1.1 101", 12), ==, 0);
  g_byte_array_set_size (answer, 0);
  nx_memory_peer_cut (peer);
  settle ();
}

int
main (int argc, char **argv)
{
  gboolean is_full = argc > 1 && strcmp (argv[1], "full") == 0;
  guint n = argc > 2 ? (guint) atoi (argv[2]) : 1000;
  g_autofree char *head = g_strdup_printf (HEAD, is_full ? "/rooms/42" : "/ws");
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  g_autoptr (NxApp) app = nx_app_new ();

  for (guint i = 0; is_full && i < 3; i++)
    {
      g_autoptr (NxMiddleware) guard = g_object_new (TYPE_GUARD, NULL);

      nx_router_add_middleware (NX_ROUTER (app), guard);
    }
  nx_router_add_route (NX_ROUTER (app), "/ws", bare_func, NULL, NULL, NULL);
  nx_router_add_route (NX_ROUTER (app), "/rooms/{room}", room_func, NULL, NULL, NULL);
  for (guint i = 0; i < n; i++)
    shake_hands (app, head, answer);
  return 0;
}
