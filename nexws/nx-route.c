/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-route-private.h"

#include "nx-controller-private.h"
#include "nx-error-private.h"
#include "nx-web-socket-private.h"
#include "nx-settings-properties-private.h"

/**
 * NxRoute:
 *
 * A pattern for paths, with what handles the connections that match it, and limits of its own.
 *
 * Since: 0.1
 */
struct _NxRoute
{
  GObject parent_instance;

  NxPattern *pattern;
  char *name; /* nullable */

  /* One of these handles connections. */
  NxRouteFunc func;
  NxController *controller;
  GType type; /* with a factory: what it is told to make */
  NxControllerFactory factory;
  gpointer data;
  GDestroyNotify destroy;
  gboolean gives_sample; /* the factory makes one for nobody */

  NxSettings *own;       /* of which overridden ones count */
  guint overridden;      /* a bit a setting */
  NxSettings *effective; /* made of the app's and our own … */
  NxSettings *base;      /* … as long as the app's are these */
};

enum {
  PROP_0,
  PROP_PATTERN,
  PROP_NAME,
  PROP_CONTROLLER_TYPE,
  PROP_FIRST_SETTING,
  N_PROPS = PROP_FIRST_SETTING
};

static GParamSpec *properties[N_PROPS];
static guint error_signal;

G_DEFINE_FINAL_TYPE (NxRoute, nx_route, G_TYPE_OBJECT)

static void
forget_effective (NxRoute *self)
{
  g_clear_pointer (&self->effective, nx_settings_unref);
  g_clear_pointer (&self->base, nx_settings_unref);
}

static void
nx_route_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxRoute *self = NX_ROUTE (object);

  switch (id)
    {
    case PROP_PATTERN:
      g_value_set_string (value, nx_route_get_pattern (self));
      break;
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_CONTROLLER_TYPE:
      g_value_set_gtype (value, nx_route_get_controller_type (self));
      break;
    default:
      if (id >= PROP_FIRST_SETTING && id < PROP_FIRST_SETTING + NX_N_SETTINGS)
        nx_settings_get_property (self->own, id - PROP_FIRST_SETTING, value);
      else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_route_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxRoute *self = NX_ROUTE (object);

  if (id == PROP_NAME)
    nx_route_set_name (self, g_value_get_string (value));
  else if (id == PROP_CONTROLLER_TYPE)
    nx_route_set_controller_type (self, g_value_get_gtype (value));
  else if (id >= PROP_FIRST_SETTING && id < PROP_FIRST_SETTING + NX_N_SETTINGS)
    {
      nx_settings_set_property (self->own, id - PROP_FIRST_SETTING, value);
      self->overridden |= 1u << (id - PROP_FIRST_SETTING);
      forget_effective (self);
    }
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
nx_route_finalize (GObject *object)
{
  NxRoute *self = NX_ROUTE (object);

  if (self->destroy != NULL)
    self->destroy (self->data);
  g_clear_object (&self->controller);
  g_clear_pointer (&self->pattern, nx_pattern_unref);
  g_clear_pointer (&self->own, nx_settings_unref);
  forget_effective (self);
  g_free (self->name);
  G_OBJECT_CLASS (nx_route_parent_class)->finalize (object);
}

static void
nx_route_class_init (NxRouteClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_route_get_property;
  object_class->set_property = nx_route_set_property;
  object_class->finalize = nx_route_finalize;

  /**
   * NxRoute:pattern: (getter get_pattern)
   *
   * Which paths it is for.
   *
   * Since: 0.1
   */
  properties[PROP_PATTERN] =
      g_param_spec_string ("pattern", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * NxRoute:name: (getter get_name) (setter set_name)
   *
   * What it is called, if anything.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] =
      g_param_spec_string ("name", NULL, NULL, NULL,
                           G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  /**
   * NxRoute:controller-type: (getter get_controller_type) (setter set_controller_type)
   *
   * The type of the controllers that handle it. Of a factory's it is known when it is set.
   *
   * Since: 0.1
   */
  properties[PROP_CONTROLLER_TYPE] =
      g_param_spec_gtype ("controller-type", NULL, NULL, NX_TYPE_CONTROLLER,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  nx_settings_install_properties (object_class, PROP_FIRST_SETTING);

  /**
   * NxRoute::error:
   * @self: the route
   * @ws: on whose behalf
   * @error: what went wrong
   *
   * The function of [method@Router.add_route], or of [method@Router.add_controller_factory], failed.
   *
   * When no handler is connected, it goes on to [signal@Router::error], and then to the log. When none has ended the connection, that is closed with 1011, or before the
   * handshake is decided refused with HTTP 500; a few errors have a code of their own ([Errors](errors.html)). Nothing of the error
   * is told to the peer.
   *
   * Since: 0.1
   */
  error_signal = g_signal_new ("error", NX_TYPE_ROUTE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 2, NX_TYPE_WEB_SOCKET, G_TYPE_ERROR);
}

static void
nx_route_init (NxRoute *self)
{
  self->own = nx_settings_new ();
}

static NxRoute *
route_new (NxPattern *pattern)
{
  NxRoute *self = g_object_new (NX_TYPE_ROUTE, NULL);

  self->pattern = nx_pattern_ref (pattern);
  return self;
}

NxRoute *
nx_route_new_func (NxPattern *pattern, NxRouteFunc func, gpointer data, GDestroyNotify destroy)
{
  NxRoute *self = route_new (pattern);

  self->func = func;
  self->data = data;
  self->destroy = destroy;
  return self;
}

NxRoute *
nx_route_new_controller (NxPattern *pattern, NxController *controller)
{
  NxRoute *self = route_new (pattern);

  self->controller = g_object_ref (controller);
  return self;
}

NxRoute *
nx_route_new_type (NxPattern *pattern, GType type)
{
  NxRoute *self = route_new (pattern);

  self->type = type;
  return self;
}

NxRoute *
nx_route_new_factory (NxPattern *pattern,
                      NxControllerFactory factory,
                      gpointer data,
                      GDestroyNotify destroy)
{
  NxRoute *self = route_new (pattern);

  self->factory = factory;
  self->data = data;
  self->destroy = destroy;
  return self;
}

NxPattern *
nx_route_get_parsed_pattern (NxRoute *self)
{
  return self->pattern;
}

char *
nx_route_describe_handler (NxRoute *self)
{
  if (self->func != NULL)
    return g_strdup ("a function");
  if (self->controller != NULL)
    return g_strdup (G_OBJECT_TYPE_NAME (self->controller));
  if (self->type != 0)
    return g_strdup_printf ("%s, one a connection", g_type_name (self->type));
  return g_strdup ("a factory's controller, one a connection");
}

NxSettings *
nx_route_dup_settings (NxRoute *self, NxSettings *base)
{
  if (self->overridden == 0)
    return nx_settings_ref (base);
  if (self->base != base)
    {
      forget_effective (self);
      self->base = nx_settings_ref (base);
      self->effective = nx_settings_copy (base);
      nx_settings_override (self->effective, self->own, self->overridden);
    }
  return nx_settings_ref (self->effective);
}

static NxController *
make_controller (NxRoute *self, NxWebSocket *ws, GError **error)
{
  if (self->controller != NULL)
    return g_object_ref (self->controller);
  if (self->factory != NULL)
    return self->factory (ws, self->data, error);
  return g_object_new (self->type, NULL);
}

NxController *
nx_route_dup_sample (NxRoute *self)
{
  g_autoptr (GError) error = NULL;
  NxController *controller;

  if (self->func != NULL || (self->factory != NULL && !self->gives_sample))
    return NULL;
  controller = make_controller (self, NULL, &error);
  if (error != NULL)
    g_clear_object (&controller); /* it is described by its type alone */
  return controller;
}

void
nx_route_connect (NxRoute *self, NxWebSocket *ws, NxController **controller, GError **error)
{
  if (self->func != NULL)
    {
      self->func (ws, self->data, error);
      return;
    }
  *controller = make_controller (self, ws, error);
  if (*controller != NULL && error != NULL && *error != NULL)
    g_clear_object (controller); /* a factory that failed has made none */
  else if (*controller != NULL)
    nx_controller_connect (*controller, ws, error);
  else if (error != NULL && *error == NULL && ws->state < NX_STATE_CLOSING)
    g_set_error (error, NX_ERROR, NX_ERROR_INVALID_STATE,
                 "The factory of route %s made no controller, and set no error",
                 nx_route_get_pattern (self));
}

void
nx_route_fail (NxRoute *self, NxWebSocket *ws, GError *error)
{
  if (!g_signal_has_handler_pending (self, error_signal, 0, FALSE))
    {
      nx_web_socket_report_error (ws, error);
      return;
    }
  g_signal_emit (self, error_signal, 0, ws, error);
  nx_web_socket_end_failed (ws, error);
}

/**
 * nx_route_get_pattern:
 * @self: a route
 *
 * Which paths it is for, below the router that it was added to.
 *
 * Returns: the pattern
 *
 * Since: 0.1
 */
const char *
nx_route_get_pattern (NxRoute *self)
{
  g_return_val_if_fail (NX_IS_ROUTE (self), NULL);

  return self->pattern->text;
}

/**
 * nx_route_get_name:
 * @self: a route
 *
 * What it is called.
 *
 * Returns: (nullable): the name
 *
 * Since: 0.1
 */
const char *
nx_route_get_name (NxRoute *self)
{
  g_return_val_if_fail (NX_IS_ROUTE (self), NULL);

  return self->name;
}

/**
 * nx_route_set_name:
 * @self: a route
 * @name: (nullable): a name
 *
 * Gives it a name, for [method@Router.url_for].
 *
 * Since: 0.1
 */
void
nx_route_set_name (NxRoute *self, const char *name)
{
  g_return_if_fail (NX_IS_ROUTE (self));

  if (g_strcmp0 (self->name, name) == 0)
    return;
  g_free (self->name);
  self->name = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
}

/**
 * nx_route_get_controller_type:
 * @self: a route
 *
 * The type of the controllers that handle it.
 *
 * Returns: the type; [class@Controller] itself where nothing more is known, as of a function or a factory
 *
 * Since: 0.1
 */
GType
nx_route_get_controller_type (NxRoute *self)
{
  g_return_val_if_fail (NX_IS_ROUTE (self), NX_TYPE_CONTROLLER);

  if (self->controller != NULL)
    return G_OBJECT_TYPE (self->controller);
  return self->type != 0 ? self->type : NX_TYPE_CONTROLLER;
}

/**
 * nx_route_set_controller_type:
 * @self: a route of [method@Router.add_controller_factory]
 * @type: a type derived from [class@Controller]
 *
 * Says what its factory makes, for [method@App.describe_as]. That makes none to look at, and so knows what is bound to the class
 * ([method@ControllerClass.bind_action]), not what a constructor adds ([method@Controller.add_action]), unless
 * [method@Route.set_gives_sample] was called.
 *
 * Since: 0.1
 */
void
nx_route_set_controller_type (NxRoute *self, GType type)
{
  g_return_if_fail (NX_IS_ROUTE (self));
  g_return_if_fail (self->factory != NULL);
  g_return_if_fail (g_type_is_a (type, NX_TYPE_CONTROLLER));

  if (self->type == type)
    return;
  self->type = type;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONTROLLER_TYPE]);
}

/**
 * nx_route_set_gives_sample:
 * @self: a route of [method@Router.add_controller_factory]
 * @gives_sample: whether its factory may be called without a websocket
 *
 * Says that its factory also makes a controller for nobody: one that [method@App.describe_as] looks at, for what a constructor adds, and frees.
 * When that fails, the route is described by [property@Route:controller-type] alone.
 *
 * Since: 0.1
 */
void
nx_route_set_gives_sample (NxRoute *self, gboolean gives_sample)
{
  g_return_if_fail (NX_IS_ROUTE (self));
  g_return_if_fail (self->factory != NULL);

  self->gives_sample = gives_sample;
}
