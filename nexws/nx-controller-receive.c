/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a controller does with a message: the right kind of it goes to an action, or to on_receive. */
#include "config.h"

#include "nx-controller-private.h"

#include "nx-message-private.h"
#include "nx-web-socket-private.h"

/* Closes when the message is of a kind that this controller does not take. */
static gboolean
check_encoding (NxEncoding encoding, NxWebSocket *ws, NxMessage *message)
{
  NxMessageKind kind = nx_message_get_kind (message);
  NxMessageKind wanted = encoding == NX_ENCODING_BYTES ? NX_MESSAGE_BINARY : NX_MESSAGE_TEXT;

  if (encoding == NX_ENCODING_ANY)
    return TRUE;
  if (kind != wanted)
    {
      nx_web_socket_close (ws, NX_CLOSE_UNSUPPORTED_DATA,
                           wanted == NX_MESSAGE_TEXT ? "text expected" : "binary expected", NULL);
      return FALSE;
    }
  if (encoding == NX_ENCODING_JSON
      && nx_message_parse_json (message, ws->settings->max_json_depth, NULL) == NULL)
    {
      nx_web_socket_close (ws, NX_CLOSE_INVALID_DATA, "JSON expected", NULL);
      return FALSE;
    }
  return TRUE;
}

static void
deliver (NxController *self, NxWebSocket *ws, NxMessage *message, GError **error)
{
  NxControllerClass *klass = NX_CONTROLLER_GET_CLASS (self);
  const char *text = klass->on_text != NULL || klass->on_receive_text != NULL
                         ? nx_message_get_plain_text (message)
                         : NULL;

  if (text != NULL && klass->on_text != NULL)
    klass->on_text (self, ws, text, error);
  else if (text != NULL)
    klass->on_receive_text (self, ws, message, text, error);
  else if (klass->on_receive != NULL)
    klass->on_receive (self, ws, message, error);
  else
    nx_web_socket_close (ws, NX_CLOSE_UNSUPPORTED_DATA, "text expected", NULL);
}

void
nx_controller_receive (NxController *self, NxWebSocket *ws, NxMessage *message, GError **error)
{
  NxControllerPrivate *priv = nx_controller_get_private (self);

  if (!check_encoding (priv->encoding, ws, message))
    return;
  if (!nx_controller_has_actions (priv) || !nx_controller_take_action (self, ws, message, error))
    deliver (self, ws, message, error);
}
