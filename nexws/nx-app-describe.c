/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service describes itself, in each of the formats that there are. */
#include "config.h"

#include "nx-app-private.h"

#include "nx-description-private.h"
#include "nx-error-private.h"

static char *
write_as (const NxDescription *self, NxDescriptionFormat format, GError **error)
{
  switch (format)
    {
    case NX_DESCRIPTION_JSONSCHEMA:
      return nx_description_to_json_schema (self, error);
    case NX_DESCRIPTION_TYPESCRIPT:
      return nx_description_to_typescript (self);
    case NX_DESCRIPTION_ASYNCAPI:
    default:
      return nx_description_to_asyncapi (self, error);
    }
}

/**
 * nx_app_describe_as:
 * @self: an app
 * @format: how
 * @error: return location for an error
 *
 * Describes the service: its routes, their parameters and subprotocols, the actions that its controllers take
 * ([method@ControllerClass.bind_action]) and send ([method@ControllerClass.declare_sent]), the methods of JSON-RPC that they have
 * ([method@RpcControllerClass.bind_method]) and call ([method@RpcControllerClass.declare_called]), and the types that those are made of.
 * The blurb of a property is the description of its member.
 *
 * A controller of each type of [method@Router.add_controller_type] is made to be asked, without a connection. Of a factory,
 * [property@Route:controller-type] tells the type, when it is set, and [method@Route.set_gives_sample] lets it be asked for one.
 *
 * Returns: (transfer full): the text, with a line break at its end; %NULL with %NX_ERROR_UNSUPPORTED when a type, or
 *   a name that is not UTF-8, cannot be expressed
 *
 * Since: 0.1
 */
char *
nx_app_describe_as (NxApp *self, NxDescriptionFormat format, GError **error)
{
  g_autoptr (NxDescription) description = NULL;
  g_autoptr (GError) cause = NULL;
  char *text = NULL;

  g_return_val_if_fail (NX_IS_APP (self), NULL);

  description = nx_description_new (self, &cause);
  if (description != NULL)
    {
      description->version = nx_app_get_private (self)->application_version;
      text = write_as (description, format, &cause);
    }
  if (text == NULL)
    nx_error_set (error, NX_ERROR_UNSUPPORTED, "%s", cause->message);
  return text;
}
