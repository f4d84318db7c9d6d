/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages that are more than JSON: objects, actions, variants. */
#include "config.h"

#include "nx-message-private.h"

#include "messages/nx-json-private.h"
#include "messages/nx-object-private.h"
#include "messages/nx-variant-private.h"
#include "nx-error-private.h"

NxError
nx_message_get_misfit_code (const GError *cause, NxError of_value)
{
  return cause->domain == NX_SHAPE_ERROR ? NX_ERROR_UNSUPPORTED : of_value;
}

/* Takes @cause, which is about what came. */
static void
translate (GError **error, GError *cause)
{
  g_set_error_literal (error, NX_ERROR, nx_message_get_misfit_code (cause, NX_ERROR_INVALID_DATA),
                       cause->message);
  g_error_free (cause);
}

/* Takes @node; NULL: @cause says why, and is taken as well. */
static NxMessage *
message_from_node (JsonNode *node, GError *cause, GError **error, const char *function)
{
  g_autoptr (JsonNode) owned = node;
  gsize length;
  g_autofree char *text = node != NULL ? nx_json_generate (node, &length, &cause) : NULL;

  if (text != NULL)
    return nx_message_new_checked_text (text, length);
  nx_error_give (error,
                 g_error_new_literal (NX_ERROR,
                                      nx_message_get_misfit_code (cause, NX_ERROR_INVALID_ARGUMENT),
                                      cause->message),
                 function);
  g_error_free (cause);
  return NULL;
}

NxMessage *
nx_message_make_object (GObject *object, GError **error, const char *function)
{
  GError *cause = NULL;
  JsonNode *node = nx_object_write (object, NULL, &cause);

  return message_from_node (node, cause, error, function);
}

NxMessage *
nx_message_make_action (const char *type, GObject *object, GError **error, const char *function)
{
  g_autoptr (JsonObject) first = json_object_new ();
  GError *cause = NULL;
  JsonNode *node;

  json_object_set_string_member (first, NX_ACTION_MEMBER, type);
  node = object != NULL ? nx_object_write (object, first, &cause)
                        : json_node_init_object (json_node_alloc (), first);
  return message_from_node (node, cause, error, function);
}

NxMessage *
nx_message_make_variant (GVariant *value, GError **error, const char *function)
{
  GError *cause = NULL;
  JsonNode *node = nx_variant_write (value, &cause);

  return message_from_node (node, cause, error, function);
}

GObject *
nx_message_read_object (NxMessage *self,
                        GType type,
                        guint max_depth,
                        const char *besides,
                        GError **error)
{
  JsonNode *node = nx_message_parse_json (self, max_depth, error);
  GError *cause = NULL;
  GObject *object;

  if (node == NULL)
    return NULL;
  object = nx_object_read (node, type, besides, &cause);
  if (object == NULL)
    translate (error, cause);
  return object;
}

/**
 * nx_message_new_object: (constructor)
 * @object: an object
 * @error: return location for an error
 *
 * Makes a text message of an object: a JSON object whose members are its properties. [method@Message.get_object] says how.
 *
 * Objects may be nested 128 levels deep, and be 100 000 altogether.
 *
 * Returns: (transfer full): the message; %NULL with %NX_ERROR_UNSUPPORTED when a property has a type that JSON cannot
 *   express, with %NX_ERROR_INVALID_ARGUMENT when a value cannot be: a number that is not finite, text that is not UTF-8, %NULL
 *   for a string whose default is not, an object inside of itself
 *
 * Since: 0.1
 */
NxMessage *
nx_message_new_object (GObject *object, GError **error)
{
  g_return_val_if_fail (G_IS_OBJECT (object), NULL);

  return nx_message_make_object (object, error, G_STRFUNC);
}

/**
 * nx_message_new_action: (constructor)
 * @type: the action's name
 * @object: (nullable): the other members, as of [ctor@Message.new_object]
 * @error: return location for an error
 *
 * Makes a text message that asks for an action: the member `type` ([const@ACTION_MEMBER]) says which, and the properties of
 * @object are the others.
 *
 * Returns: (transfer full): the message; %NULL as [ctor@Message.new_object], and with %NX_ERROR_UNSUPPORTED when @object has
 *   a property of that name itself
 *
 * Since: 0.1
 */
NxMessage *
nx_message_new_action (const char *type, GObject *object, GError **error)
{
  g_return_val_if_fail (type != NULL, NULL);
  g_return_val_if_fail (object == NULL || G_IS_OBJECT (object), NULL);

  return nx_message_make_action (type, object, error, G_STRFUNC);
}

/**
 * nx_message_new_variant: (constructor)
 * @value: a value
 * @error: return location for an error
 *
 * Makes a text message of a variant. [method@Message.get_variant] says how.
 *
 * Returns: (transfer full): the message; %NULL with %NX_ERROR_INVALID_ARGUMENT when JSON cannot express it: a handle, a number
 *   that is not finite, a maybe of nothing in another, a key that is there twice, more than 128 levels
 *
 * Since: 0.1
 */
NxMessage *
nx_message_new_variant (GVariant *value, GError **error)
{
  g_return_val_if_fail (value != NULL, NULL);

  return nx_message_make_variant (value, error, G_STRFUNC);
}

/**
 * nx_message_get_object:
 * @self: a message
 * @type: a type of objects
 * @error: return location for an error
 *
 * Makes an object of the JSON object that a text message holds, member by member.
 *
 * The members are the properties of @type that can be both read and written, construct-only ones included, and read-only ones
 * that hold a [class@Gio.ListStore], which is filled. A member has the property's canonical name, and no other: `max-size`,
 * neither `max_size` nor `maxSize`. It may be missing when its property is %G_PARAM_CONSTRUCT: then the class has
 * promised that the declared default holds. So may a read-only list, which is then what a new instance has: empty, as a rule.
 * A list that has to be there is a property that can be written. Any other member that is missing is an error.
 *
 * | property | member |
 * | --- | --- |
 * | boolean | `true`, `false` |
 * | any integer | an integer in the range of the property; `2.0` is one, `2.5` is not. What is over 2⁶³ − 1 is a string of digits |
 * | float, double | a number in the range of the property |
 * | string | a string; `null` where the property's default is %NULL |
 * | enum | the nick of a value |
 * | flags | an array of nicks |
 * | `GStrv` | an array of strings |
 * | a class | an object, or `null` |
 * | [iface@Gio.ListModel] | an array of objects; what its items are, the list of a new instance tells |
 * | [struct@GLib.DateTime] | a string as of RFC 3339, or `null` |
 * | [struct@GLib.Bytes] | a string of Base64, or `null` |
 * | [struct@GLib.Variant] | as of [method@Message.get_variant], or `null` |
 * | [struct@Json.Node], [struct@Json.Object], [struct@Json.Array] | any value, an object, an array; do not change it |
 *
 * Objects may be nested 128 levels deep, and be 100 000 altogether.
 *
 * A property of another type is read and written by the class's [iface@Json.Serializable], when it has that.
 *
 * Returns: (transfer full): a new object of @type; %NULL with %NX_ERROR_INVALID_DATA when the message is binary, is not JSON,
 *   or has a member that is unknown, missing, of another type or out of its range: the error names the member (such as
 *   `points[3].x`), what came, shortened, and what is allowed; with %NX_ERROR_UNSUPPORTED when @type has a property that JSON
 *   cannot express
 *
 * Since: 0.1
 */
GObject *
nx_message_get_object (NxMessage *self, GType type, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (g_type_is_a (type, G_TYPE_OBJECT) && !G_TYPE_IS_ABSTRACT (type), NULL);

  return nx_message_read_object (self, type, NX_JSON_DEPTH_MAX, NULL, error);
}

gboolean
nx_message_check_signature (const char *signature, GError **error)
{
  const char *why = NULL;

  if (signature == NULL)
    return TRUE;
  if (!g_variant_type_string_is_valid (signature))
    why = "is no signature";
  else if (!g_variant_type_is_definite (G_VARIANT_TYPE (signature)))
    why = "is indefinite";
  else if (strchr (signature, 'h') != NULL)
    why = "has a handle, which has no meaning elsewhere";
  if (why != NULL)
    nx_error_set (error, NX_ERROR_UNSUPPORTED, "\"%s\" %s", signature, why);
  return why == NULL;
}

/**
 * nx_message_get_variant:
 * @self: a message
 * @signature: (nullable): a definite type, such as `(sa{sv})`; %NULL for whatever fits
 * @error: return location for an error
 *
 * Makes a variant of the JSON value that a text message holds, as json-glib maps them: numbers, strings and booleans are
 * themselves, `t` over 2⁶³ − 1 a string of digits; arrays and tuples are arrays, dictionaries objects, maybes the value or
 * `null`. A `v` is whatever the JSON is: `b`, `x`, `d`, `s`, `av`, `a{sv}`, or an empty `mv` for `null`.
 *
 * A dictionary's key that is a number or boolean stands between quotes, integers in their shortest spelling.
 *
 * Returns: (transfer full): the value; %NULL with %NX_ERROR_INVALID_DATA when the message is binary, is not JSON, or does not
 *   fit @signature: the error says where, what came and what is allowed; with %NX_ERROR_UNSUPPORTED when @signature is
 *   malformed, indefinite, or has handles
 *
 * Since: 0.1
 */
GVariant *
nx_message_get_variant (NxMessage *self, const char *signature, GError **error)
{
  const NxPlace place = { NULL, NULL, 0 };
  GError *cause = NULL;
  JsonNode *node;
  GVariant *value;

  g_return_val_if_fail (self != NULL, NULL);

  if (!nx_message_check_signature (signature, error))
    return NULL;
  node = nx_message_get_json (self, error);
  if (node == NULL)
    return NULL;
  value =
      nx_variant_read (node, signature != NULL ? G_VARIANT_TYPE (signature) : NULL, &place, &cause);
  if (value == NULL)
    translate (error, cause);
  return value;
}
