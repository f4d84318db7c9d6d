/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "middleware/nx-origin-filter.h"

#include "nx-web-socket-private.h"
#include "protocol/nx-authority-private.h"

#include <string.h>

/**
 * NxOriginFilter:
 *
 * Middleware that lets in the pages of certain sites alone; others get 403.
 *
 * It narrows a router down. What the whole app lets in is decided before, by [property@App:allowed-origins], which is to name
 * every origin that any of its routers allows.
 *
 * A client without an Origin is no browser: it passes, unless [property@OriginFilter:require-origin] is set.
 *
 * Since: 0.1
 */
struct _NxOriginFilter
{
  NxMiddleware parent_instance;

  char **allowed_origins; /* nullable */
  gboolean require_origin;
};

enum {
  PROP_0,
  PROP_ALLOWED_ORIGINS,
  PROP_REQUIRE_ORIGIN,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (NxOriginFilter, nx_origin_filter, NX_TYPE_MIDDLEWARE)

static gboolean
is_host_octet (char octet)
{
  return g_ascii_isalnum (octet) || octet == '.' || octet == '-';
}

/* @star: where the name of the host begins with `*.`: any name below the rest, however deep, but not itself. */
static gboolean
matches_below (const char *allowed, const char *star, const char *origin)
{
  gsize n_before = star - allowed;
  gsize n_behind = strlen (star + 1);
  gsize length = strlen (origin);

  if (length <= n_before + n_behind || g_ascii_strncasecmp (origin, allowed, n_before) != 0
      || g_ascii_strcasecmp (origin + length - n_behind, star + 1) != 0)
    return FALSE;
  for (const char *at = origin + n_before; at < origin + length - n_behind; at++)
    if (!is_host_octet (*at))
      return FALSE;
  return TRUE;
}

static gboolean
matches (const char *allowed, const char *origin)
{
  const char *below = strstr (allowed, "://*.");

  if (strcmp (allowed, "*") == 0)
    return TRUE;
  if (below != NULL)
    return matches_below (allowed, below + strlen ("://"), origin);
  return g_ascii_strcasecmp (allowed, origin) == 0;
}

static gboolean
is_allowed (NxOriginFilter *self, const char *origin)
{
  if (origin == NULL)
    return !self->require_origin;
  for (guint i = 0; self->allowed_origins != NULL && self->allowed_origins[i] != NULL; i++)
    if (matches (self->allowed_origins[i], origin))
      return TRUE;
  return FALSE;
}

static NxVerdict
nx_origin_filter_handshake (NxMiddleware *middleware, NxWebSocket *ws)
{
  NxOriginFilter *self = NX_ORIGIN_FILTER (middleware);
  const char *origin = nx_web_socket_get_origin (ws);

  if (is_allowed (self, origin))
    return NX_VERDICT_PASS;
  g_message ("Connection %s: refused origin \"%.128s\" with 403: not in the filter's "
             "allowed-origins",
             nx_web_socket_get_id (ws), origin != NULL ? origin : "");
  if (nx_web_socket_get_state (ws) == NX_STATE_CONNECTING)
    nx_web_socket_refuse (ws, 403, NULL);
  return NX_VERDICT_REFUSE;
}

static void
nx_origin_filter_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxOriginFilter *self = NX_ORIGIN_FILTER (object);

  switch (id)
    {
    case PROP_ALLOWED_ORIGINS:
      g_value_set_boxed (value, self->allowed_origins);
      break;
    case PROP_REQUIRE_ORIGIN:
      g_value_set_boolean (value, self->require_origin);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* The name may begin with `*.`, which stands for a label. */
static void
check_entries (char **origins)
{
  for (guint i = 0; origins != NULL && origins[i] != NULL; i++)
    {
      const char *star = strstr (origins[i], "://*.");
      g_autofree char *plain =
          star != NULL
              ? g_strdup_printf ("%.*s://%s", (int) (star - origins[i]), origins[i], star + 5)
              : g_strdup (origins[i]);

      if (strcmp (origins[i], "*") != 0
          && (strchr (plain, '*') != NULL || !nx_origin_is_well_formed (plain)))
        g_warning (
            "allowed-origins: \"%s\" matches nothing; allowed: SCHEME://HOST[:PORT] without a "
            "path, SCHEME://*.HOST for all names below one, or * alone for any",
            origins[i]);
    }
}

static void
nx_origin_filter_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxOriginFilter *self = NX_ORIGIN_FILTER (object);

  switch (id)
    {
    case PROP_ALLOWED_ORIGINS:
      g_strfreev (self->allowed_origins);
      self->allowed_origins = g_value_dup_boxed (value);
      check_entries (self->allowed_origins);
      break;
    case PROP_REQUIRE_ORIGIN:
      self->require_origin = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_origin_filter_finalize (GObject *object)
{
  g_strfreev (NX_ORIGIN_FILTER (object)->allowed_origins);
  G_OBJECT_CLASS (nx_origin_filter_parent_class)->finalize (object);
}

static void
nx_origin_filter_class_init (NxOriginFilterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = nx_origin_filter_get_property;
  object_class->set_property = nx_origin_filter_set_property;
  object_class->finalize = nx_origin_filter_finalize;
  NX_MIDDLEWARE_CLASS (klass)->handshake = nx_origin_filter_handshake;

  /**
   * NxOriginFilter:allowed-origins:
   *
   * Which pages may connect, as `SCHEME://HOST[:PORT]`; `*` for any. A HOST such as `*.example.org` stands for all names below
   * that one.
   *
   * Since: 0.1
   */
  properties[PROP_ALLOWED_ORIGINS] =
      g_param_spec_boxed ("allowed-origins", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * NxOriginFilter:require-origin:
   *
   * Whether clients without an Origin, which are no browsers, are refused as well.
   *
   * The default is %FALSE.
   *
   * Since: 0.1
   */
  properties[PROP_REQUIRE_ORIGIN] =
      g_param_spec_boolean ("require-origin", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
nx_origin_filter_init (NxOriginFilter *self)
{
}

/**
 * nx_origin_filter_new:
 * @allowed_origins: (nullable) (array zero-terminated=1): see [property@OriginFilter:allowed-origins]
 *
 * Makes a filter for the pages of certain sites.
 *
 * Returns: (transfer full): the filter
 *
 * Since: 0.1
 */
NxOriginFilter *
nx_origin_filter_new (const char *const *allowed_origins)
{
  return g_object_new (NX_TYPE_ORIGIN_FILTER, "allowed-origins", allowed_origins, NULL);
}
