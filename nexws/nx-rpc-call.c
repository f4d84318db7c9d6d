/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-rpc-call-private.h"

#include "messages/nx-object-private.h"
#include "messages/nx-variant-private.h"
#include "nx-message-private.h"
#include "nx-rpc-controller-private.h"
#include "nx-rpc-error-private.h"

/**
 * NxRpcCall:
 *
 * What a peer asks an [class@RpcController] for: a method's name, params, and a question that is to be answered once.
 *
 * It can be kept, and answered when the handler has long returned. Meanwhile the peer's next calls come in: answers go out in the order in
 * which they are given, which is why each has an id.
 *
 * A call that is dropped without an answer is answered with an internal error, and a warning says which method did so.
 * When the peer goes, or the call takes too long ([property@RpcController:call-timeout]), [method@RpcCall.get_cancellable]
 * fires; a later answer is nobody's mistake, and does nothing.
 *
 * A notification is not answered: whatever is returned goes nowhere.
 *
 * Since: 0.1
 */
struct _NxRpcCall
{
  GObject parent_instance;

  NxRpcController *controller;
  NxWebSocket *ws;
  char *method;
  JsonNode *params;    /* nullable */
  NxRpcTicket *ticket; /* NULL of a notification */
  gboolean is_answered;
};

G_DEFINE_FINAL_TYPE (NxRpcCall, nx_rpc_call, G_TYPE_OBJECT)

static void
nx_rpc_call_finalize (GObject *object)
{
  NxRpcCall *self = NX_RPC_CALL (object);

  if (self->ticket != NULL)
    {
      nx_rpc_ticket_drop (self->ticket);
      nx_rpc_ticket_unref (self->ticket);
    }
  g_clear_pointer (&self->params, json_node_unref);
  g_free (self->method);
  g_object_unref (self->ws);
  g_object_unref (self->controller);
  G_OBJECT_CLASS (nx_rpc_call_parent_class)->finalize (object);
}

static void
nx_rpc_call_class_init (NxRpcCallClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = nx_rpc_call_finalize;
}

static void
nx_rpc_call_init (NxRpcCall *self)
{
}

NxRpcCall *
nx_rpc_call_new (NxRpcController *controller,
                 NxWebSocket *ws,
                 const char *method,
                 JsonNode *params,
                 NxRpcTicket *ticket)
{
  NxRpcCall *self = g_object_new (NX_TYPE_RPC_CALL, NULL);

  self->controller = g_object_ref (controller);
  self->ws = g_object_ref (ws);
  self->method = g_strdup (method);
  self->params = params != NULL ? json_node_ref (params) : NULL;
  self->ticket = ticket;
  return self;
}

/**
 * nx_rpc_call_get_method:
 * @self: a call
 *
 * What is asked for.
 *
 * Returns: the method's name, as the peer has it
 *
 * Since: 0.1
 */
const char *
nx_rpc_call_get_method (NxRpcCall *self)
{
  g_return_val_if_fail (NX_IS_RPC_CALL (self), NULL);

  return self->method;
}

/**
 * nx_rpc_call_get_params:
 * @self: a call
 *
 * What it is to be done with.
 *
 * Returns: (transfer none) (nullable): an array, of params by position, or an object, of params by name; %NULL when there are
 *   none. Do not change it
 *
 * Since: 0.1
 */
JsonNode *
nx_rpc_call_get_params (NxRpcCall *self)
{
  g_return_val_if_fail (NX_IS_RPC_CALL (self), NULL);

  return self->params;
}

/**
 * nx_rpc_call_get_params_variant:
 * @self: a call
 * @signature: (nullable): a definite type, such as `(sad)` or `a{sv}`; %NULL for whatever fits
 * @error: return location for an error
 *
 * What it is to be done with, as [method@Message.get_variant] reads it: tuples and arrays for params by position, dictionaries
 * for params by name. Of a call without params they are empty.
 *
 * Returns: (transfer full): the params; %NULL with %NX_RPC_ERROR_INVALID_PARAMS when they do not fit @signature, which a handler can hand
 *   on: its data says where, what came and what is allowed; with %NX_ERROR_UNSUPPORTED when @signature is malformed,
 *   indefinite, or has handles
 *
 * Since: 0.1
 */
GVariant *
nx_rpc_call_get_params_variant (NxRpcCall *self, const char *signature, GError **error)
{
  const NxPlace place = { NULL, NULL, 0 };
  g_autoptr (JsonNode) none = NULL;
  g_autoptr (GError) cause = NULL;
  GVariant *params;

  g_return_val_if_fail (NX_IS_RPC_CALL (self), NULL);

  if (!nx_message_check_signature (signature, error))
    return NULL;
  if (self->params == NULL)
    none = json_from_string (
        g_str_has_prefix (signature != NULL ? signature : "", "a{") ? "{}" : "[]", NULL);
  params = nx_variant_read (none != NULL ? none : self->params,
                            signature != NULL ? G_VARIANT_TYPE (signature) : NULL, &place, &cause);
  if (params == NULL)
    g_propagate_error (error, nx_rpc_error_new_invalid_params (cause->message));
  return params;
}

/**
 * nx_rpc_call_get_id:
 * @self: a call
 *
 * What the peer knows the call by, as the JSON that came: `7`, `1.0`, `"a"`. It goes into the answer by itself.
 *
 * Returns: (nullable): JSON; %NULL of a notification
 *
 * Since: 0.1
 */
const char *
nx_rpc_call_get_id (NxRpcCall *self)
{
  g_return_val_if_fail (NX_IS_RPC_CALL (self), NULL);

  return self->ticket != NULL ? self->ticket->id : NULL;
}

/**
 * nx_rpc_call_is_notification:
 * @self: a call
 *
 * Whether the peer wants no answer.
 *
 * Returns: %TRUE if it wants none
 *
 * Since: 0.1
 */
gboolean
nx_rpc_call_is_notification (NxRpcCall *self)
{
  g_return_val_if_fail (NX_IS_RPC_CALL (self), FALSE);

  return self->ticket == NULL;
}

/**
 * nx_rpc_call_get_web_socket:
 * @self: a call
 *
 * Who asks.
 *
 * Returns: (transfer none): the websocket
 *
 * Since: 0.1
 */
NxWebSocket *
nx_rpc_call_get_web_socket (NxRpcCall *self)
{
  g_return_val_if_fail (NX_IS_RPC_CALL (self), NULL);

  return self->ws;
}

/**
 * nx_rpc_call_get_cancellable:
 * @self: a call
 *
 * Fires when nobody waits for an answer any more: the peer has gone, or the call has taken too long. That of a notification is
 * [method@WebSocket.get_cancellable].
 *
 * Returns: (transfer none): a cancellable, for what the answer takes
 *
 * Since: 0.1
 */
GCancellable *
nx_rpc_call_get_cancellable (NxRpcCall *self)
{
  g_return_val_if_fail (NX_IS_RPC_CALL (self), NULL);

  return self->ticket != NULL ? nx_rpc_ticket_get_cancellable (self->ticket)
                              : nx_web_socket_get_cancellable (self->ws);
}

/* -- The answer -- */

/* Whether the one answer may be given now. */
static gboolean
begin_answer (NxRpcCall *self, const char *function)
{
  if (self->is_answered)
    {
      g_critical ("%s: the call of \"%.128s\" is answered already", function, self->method);
      return FALSE;
    }
  self->is_answered = TRUE;
  return self->ticket != NULL;
}

/* Takes @result; NULL: @error says why there is none, and is taken. */
static void
return_node (NxRpcCall *self, JsonNode *result, GError *error)
{
  if (result != NULL)
    {
      nx_rpc_ticket_return_result (self->ticket, result);
      json_node_unref (result);
      return;
    }
  g_warning ("The call of \"%.128s\" is answered with an internal error: %s", self->method,
             error->message);
  nx_rpc_ticket_return_error (self->ticket, NX_RPC_ERROR_INTERNAL,
                              nx_rpc_error_get_title (NX_RPC_ERROR_INTERNAL), NULL);
  g_error_free (error);
}

/**
 * nx_rpc_call_return_json:
 * @self: a call
 * @result: (nullable) (transfer none): the result; %NULL is `null`
 *
 * Answers with a result, now or when the handler has long returned.
 *
 * A call is answered once; a second answer is a programming mistake. What JSON cannot express, such as a number that is not finite,
 * becomes an internal error and a warning.
 *
 * Since: 0.1
 */
void
nx_rpc_call_return_json (NxRpcCall *self, JsonNode *result)
{
  g_return_if_fail (NX_IS_RPC_CALL (self));

  if (begin_answer (self, G_STRFUNC))
    nx_rpc_ticket_return_result (self->ticket, result);
}

/**
 * nx_rpc_call_return_object:
 * @self: a call
 * @result: (nullable) (transfer none): an object; %NULL is `null`
 *
 * Answers with an object, as [ctor@Message.new_object] writes it. See [method@RpcCall.return_json].
 *
 * Since: 0.1
 */
void
nx_rpc_call_return_object (NxRpcCall *self, GObject *result)
{
  GError *error = NULL;
  JsonNode *node;

  g_return_if_fail (NX_IS_RPC_CALL (self));
  g_return_if_fail (result == NULL || G_IS_OBJECT (result));

  if (!begin_answer (self, G_STRFUNC))
    return;
  node = result != NULL ? nx_object_write (result, NULL, &error)
                        : json_node_init_null (json_node_alloc ());
  return_node (self, node, error);
}

/**
 * nx_rpc_call_return_variant:
 * @self: a call
 * @result: (nullable) (transfer none): a value; a floating one is taken. %NULL is `null`
 *
 * Answers with a variant, as [ctor@Message.new_variant] writes it. See [method@RpcCall.return_json].
 *
 * Since: 0.1
 */
void
nx_rpc_call_return_variant (NxRpcCall *self, GVariant *result)
{
  g_autoptr (GVariant) owned = result != NULL ? g_variant_ref_sink (result) : NULL;
  GError *error = NULL;
  JsonNode *node;

  g_return_if_fail (NX_IS_RPC_CALL (self));

  if (!begin_answer (self, G_STRFUNC))
    return;
  node =
      result != NULL ? nx_variant_write (result, &error) : json_node_init_null (json_node_alloc ());
  return_node (self, node, error);
}

/**
 * nx_rpc_call_return_error:
 * @self: a call
 * @code: the error's number: one of [error@RpcError], or one of the application's own
 * @message: what went wrong, in a sentence
 * @data: (nullable) (transfer none): more of it; %NULL for nothing
 *
 * Answers with an error, of which everything is told to the peer. See [method@RpcCall.return_json].
 *
 * Since: 0.1
 */
void
nx_rpc_call_return_error (NxRpcCall *self, int code, const char *message, JsonNode *data)
{
  g_return_if_fail (NX_IS_RPC_CALL (self));
  g_return_if_fail (message != NULL && g_utf8_validate (message, -1, NULL));

  if (begin_answer (self, G_STRFUNC))
    nx_rpc_ticket_return_error (self->ticket, code, message, data);
}

/**
 * nx_rpc_call_return_gerror:
 * @self: a call
 * @error: what went wrong
 *
 * Answers with an error, as if the handler had set it.
 *
 * Of one of %NX_RPC_ERROR code, message and data are told to the peer. Any other goes to [vfunc@Controller.on_error], whose default in an
 * [class@RpcController] logs it, and the peer hears of an internal error (-32603), or for %NX_ERROR_TIMEOUT and %G_IO_ERROR_TIMED_OUT of
 * a timeout (-32000), and no more. See [method@RpcCall.return_json].
 *
 * Since: 0.1
 */
void
nx_rpc_call_return_gerror (NxRpcCall *self, const GError *error)
{
  g_return_if_fail (NX_IS_RPC_CALL (self));
  g_return_if_fail (error != NULL);

  if (self->is_answered)
    begin_answer (self, G_STRFUNC);
  else
    nx_rpc_call_fail (self, error);
}

/* Whose words are not for the peer. That it took too long is the one thing it may know: whoever is asked in turn may cause it. */
static int
get_code (const GError *error)
{
  return g_error_matches (error, NX_ERROR, NX_ERROR_TIMEOUT)
                 || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)
             ? NX_RPC_ERROR_TIMED_OUT
             : NX_RPC_ERROR_INTERNAL;
}

void
nx_rpc_call_fail (NxRpcCall *self, const GError *error)
{
  gboolean is_for_peer = error->domain == NX_RPC_ERROR;
  gboolean is_open = !self->is_answered && begin_answer (self, G_STRFUNC);
  int code = is_for_peer ? NX_RPC_ERROR_INTERNAL : get_code (error);

  if (is_open && is_for_peer && g_utf8_validate (error->message, -1, NULL))
    nx_rpc_ticket_return_error (self->ticket, error->code, error->message,
                                nx_rpc_error_get_data (error));
  else if (is_open)
    nx_rpc_ticket_return_error (self->ticket, code, nx_rpc_error_get_title (code), NULL);
  if (is_for_peer && !is_open)
    g_debug ("Connection %s: \"%.128s\": %s", nx_web_socket_get_id (self->ws), self->method,
             error->message);
  else if (!is_for_peer)
    nx_rpc_controller_report (self->controller, self->ws, self->method, error);
}
