/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of connections as properties: of the app for all, and of a route for its own. */
#include "app-fixture.h"

#include "nx-app-private.h"
#include "nx-web-socket-private.h"

#include "nx-route-private.h"
#include "nx-settings-properties-private.h"

#define K G_GUINT64_CONSTANT (1024)

typedef struct
{
  const char *name;
  GType type; /* 0: an NxSlowPolicy */
  guint64 normal;
  guint64 least;
  guint64 most;
} Expected;

/* What design and documentation promise. */
static const Expected expected[] = {
  { "max-message-size", G_TYPE_UINT64, K *K, 1, G_MAXSIZE / 2 },
  { "max-fragments", G_TYPE_UINT, 1024, 1, G_MAXUINT },
  { "max-control-frames", G_TYPE_UINT, 64, 0, G_MAXUINT },
  { "ping-interval", G_TYPE_UINT, 20000, 0, G_MAXINT },
  { "pong-timeout", G_TYPE_UINT, 20000, 1, G_MAXINT },
  { "close-timeout", G_TYPE_UINT, 5000, 1, G_MAXINT },
  { "high-water-mark", G_TYPE_UINT64, K *K, 1, G_MAXSIZE / 16 },
  { "low-water-mark", G_TYPE_UINT64, 256 * K, 0, G_MAXSIZE / 16 },
  { "slow-policy", 0, NX_SLOW_POLICY_CLOSE, NX_SLOW_POLICY_CLOSE, NX_SLOW_POLICY_KEEP },
  { "receive-queue-messages", G_TYPE_UINT, 16, 1, G_MAXUINT },
  { "receive-queue-size", G_TYPE_UINT64, 64 * K, 1, G_MAXSIZE / 2 },
  { "max-json-depth", G_TYPE_UINT, 128, 1, 1000 },
  { "compression", G_TYPE_BOOLEAN, FALSE, FALSE, TRUE },
  { "compression-context-takeover", G_TYPE_BOOLEAN, FALSE, FALSE, TRUE },
  { "compression-window-bits", G_TYPE_UINT, 12, 9, 15 },
  { "compression-threshold", G_TYPE_UINT64, 1024, 0, G_MAXSIZE / 2 },
};

static void
set_number (GValue *value, const Expected *property, guint64 number)
{
  g_value_init (value, property->type != 0 ? property->type : NX_TYPE_SLOW_POLICY);
  if (property->type == G_TYPE_UINT64)
    g_value_set_uint64 (value, number);
  else if (property->type == G_TYPE_UINT)
    g_value_set_uint (value, (guint) number);
  else if (property->type == G_TYPE_BOOLEAN)
    g_value_set_boolean (value, (gboolean) number);
  else
    g_value_set_enum (value, (int) number);
}

static guint64
get_number (const GValue *value)
{
  if (G_VALUE_HOLDS_UINT64 (value))
    return g_value_get_uint64 (value);
  if (G_VALUE_HOLDS_UINT (value))
    return g_value_get_uint (value);
  if (G_VALUE_HOLDS_BOOLEAN (value))
    return g_value_get_boolean (value);
  return g_value_get_enum (value);
}

static guint64
get (gpointer object, const Expected *property)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_object_get_property (object, property->name, &value);
  return get_number (&value);
}

static void
set (gpointer object, const Expected *property, guint64 number)
{
  g_auto (GValue) value = G_VALUE_INIT;

  set_number (&value, property, number);
  g_object_set_property (object, property->name, &value);
}

/* Whether a value is taken as it is. */
static gboolean
is_allowed (GParamSpec *pspec, const Expected *property, guint64 number)
{
  g_auto (GValue) value = G_VALUE_INIT;

  set_number (&value, property, number);
  return !g_param_value_validate (pspec, &value);
}

static void
check_range (GParamSpec *pspec, const Expected *property)
{
  g_assert_cmpuint (get_number (g_param_spec_get_default_value (pspec)), ==, property->normal);
  if (property->type == G_TYPE_BOOLEAN)
    return;
  g_assert_true (is_allowed (pspec, property, property->least));
  g_assert_true (is_allowed (pspec, property, property->most));
  if (property->least > 0)
    g_assert_false (is_allowed (pspec, property, property->least - 1));
  if (property->most != G_MAXUINT)
    g_assert_false (is_allowed (pspec, property, property->most + 1));
}

static void
check_object (gpointer object)
{
  for (guint i = 0; i < NX_N_SETTINGS; i++)
    {
      const Expected *property = &expected[i];
      GParamSpec *pspec =
          g_object_class_find_property (G_OBJECT_GET_CLASS (object), property->name);

      check_range (pspec, property);
      g_assert_cmpuint (get (object, property), ==, property->normal);
      set (object, property, property->most);
      g_assert_cmpuint (get (object, property), ==, property->most);
      set (object, property, property->least);
      g_assert_cmpuint (get (object, property), ==, property->least);
    }
  /* None was overwritten by its neighbours. */
  for (guint i = 0; i < NX_N_SETTINGS; i++)
    g_assert_cmpuint (get (object, &expected[i]), ==, expected[i].least);
}

static NxRoute *
add_route (NxApp *app)
{
  return nx_router_add_route (NX_ROUTER (app), "/", accept_func, NULL, NULL, NULL);
}

static void
test_app (void)
{
  g_autoptr (NxApp) app = nx_app_new ();

  g_assert_cmpuint (G_N_ELEMENTS (expected), ==, NX_N_SETTINGS);
  check_object (app);
}

static void
test_route (void)
{
  g_autoptr (NxApp) app = nx_app_new ();

  check_object (add_route (app));
}

/* A route that sets one has that one, and of the others what the app has. */
static void
test_override (void)
{
  for (guint i = 0; i < NX_N_SETTINGS; i++)
    {
      g_autoptr (NxApp) app = nx_app_new ();
      NxRoute *route = add_route (app);
      g_autoptr (NxSettings) settings = NULL;

      for (guint j = 0; j < NX_N_SETTINGS; j++)
        set (app, &expected[j], expected[j].least);
      set (route, &expected[i], expected[i].most);
      settings = nx_route_dup_settings (route, nx_app_get_private (app)->settings);
      for (guint j = 0; j < NX_N_SETTINGS; j++)
        {
          g_auto (GValue) value = G_VALUE_INIT;

          set_number (&value, &expected[j], 0);
          nx_settings_get_property (settings, j, &value);
          g_assert_cmpuint (get_number (&value), ==, j == i ? expected[j].most : expected[j].least);
        }
    }
}

/* Settings are snapshots: what changes is for those who come later. */
static void
test_snapshot (Fixture *f)
{
  NxWebSocket *ws;
  NxSettings *before;

  add_route (f->app);
  must (open, f->client, "/");
  ws = get_websocket (f);
  before = ws->settings;
  g_object_set (f->app, "max-message-size", G_GUINT64_CONSTANT (5), NULL);
  g_assert_true (ws->settings == before);
  g_assert_cmpuint (ws->settings->receiver.max_message_size, ==, K * K);
  must (open, add_client (f), "/");
  ws = nx_connection_list_peek (nx_app_get_private (f->app)->connections, 1);
  g_assert_cmpuint (ws->settings->receiver.max_message_size, ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/app", test_app);
  g_test_add_func ("/settings/route", test_route);
  g_test_add_func ("/settings/override", test_override);
  ADD_TEST ("/settings/snapshot", test_snapshot);
  return g_test_run ();
}
