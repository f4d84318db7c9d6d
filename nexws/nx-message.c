/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-message-private.h"

#include <string.h>

#include "messages/nx-json-private.h"
#include "nx-error-private.h"
#include "protocol/nx-utf8-private.h"

#define DEFAULT_JSON_DEPTH 128

/* RFC 7692 section 7.1.2. */
#define WINDOW_BITS_MAX 15

/**
 * NxMessage:
 *
 * A text or binary message: immutable, reference counted.
 *
 * A message that was received can be sent on as it is, and one that is sent to many is framed once: the payload lies
 * behind room for its frame's header.
 *
 * Its references can be counted from any thread; its contents are to be looked at from one thread at a time.
 *
 * Since: 0.1
 */
struct _NxMessage
{
  gatomicrefcount ref_count;
  NxFrame *frame; /* payload and header, not compressed */
  NxFrame **
      compressed; /* nullable: frames that connections may share, by window bits; the plain one where that is no larger */
  GBytes *bytes;  /* made when asked for; shares the frame */
  JsonNode *json; /* parsed when asked for */
};

G_DEFINE_BOXED_TYPE (NxMessage, nx_message, nx_message_ref, nx_message_unref)

static NxMessage *
message_new (NxFrame *frame)
{
  NxMessage *self = g_new0 (NxMessage, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->frame = frame;
  return self;
}

NxMessage *
nx_message_new_from_event (const NxEvent *event)
{
  return message_new (event->frame != NULL
                          ? nx_frame_ref (event->frame)
                          : nx_frame_new (event->opcode, event->data, event->length));
}

NxMessage *
nx_message_new_checked_text (const char *text, gsize length)
{
  return message_new (nx_frame_new (NX_OPCODE_TEXT, text, length));
}

static gboolean
is_utf8 (const char *text, gsize length)
{
  return nx_utf8_is_valid ((const guint8 *) text, length);
}

/**
 * nx_message_new_text: (skip)
 * @text: (array length=length) (element-type guint8): UTF-8
 * @length: octets of @text, or -1 when it is NUL-terminated
 *
 * Makes a text message, for C.
 *
 * Text that is not UTF-8 is a programming mistake.
 *
 * Returns: (transfer full): the message
 *
 * Since: 0.1
 */
NxMessage *
nx_message_new_text (const char *text, gssize length)
{
  gsize size;

  g_return_val_if_fail (text != NULL, NULL);

  size = length < 0 ? strlen (text) : (gsize) length;
  g_return_val_if_fail (is_utf8 (text, size), NULL);
  return nx_message_new_checked_text (text, size);
}

/**
 * nx_message_new_text_from_bytes: (constructor)
 * @utf8: UTF-8, which may hold U+0000
 * @error: return location for an error
 *
 * Makes a text message of octets.
 *
 * Returns: (transfer full): the message; %NULL with %NX_ERROR_INVALID_ARGUMENT when @utf8 is not UTF-8
 *
 * Since: 0.1
 */
NxMessage *
nx_message_new_text_from_bytes (GBytes *utf8, GError **error)
{
  const char *text;
  gsize length;

  g_return_val_if_fail (utf8 != NULL, NULL);

  text = g_bytes_get_data (utf8, &length);
  if (length > 0 && !is_utf8 (text, length))
    {
      nx_error_set (error, NX_ERROR_INVALID_ARGUMENT, "A text message must be UTF-8");
      return NULL;
    }
  return nx_message_new_checked_text (text, length);
}

/**
 * nx_message_new_bytes: (constructor)
 * @bytes: the payload
 *
 * Makes a binary message.
 *
 * Returns: (transfer full): the message
 *
 * Since: 0.1
 */
NxMessage *
nx_message_new_bytes (GBytes *bytes)
{
  gconstpointer data;
  gsize length;

  g_return_val_if_fail (bytes != NULL, NULL);

  data = g_bytes_get_data (bytes, &length);
  return message_new (nx_frame_new (NX_OPCODE_BINARY, data, length));
}

/**
 * nx_message_new_json: (constructor)
 * @node: a JSON value
 *
 * Makes a text message that holds @node, without white space.
 *
 * A value that JSON cannot express (a number that is not finite) and one that is nested deeper than 128 levels are
 * programming mistakes.
 *
 * Returns: (transfer full) (nullable): the message
 *
 * Since: 0.1
 */
NxMessage *
nx_message_new_json (JsonNode *node)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length;

  g_return_val_if_fail (node != NULL, NULL);

  text = nx_json_generate (node, &length, &error);
  if (text == NULL)
    {
      g_critical ("%s: %s", G_STRFUNC, error->message);
      return NULL;
    }
  return nx_message_new_checked_text (text, length);
}

/**
 * nx_message_ref:
 * @self: a message
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
NxMessage *
nx_message_ref (NxMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
free_compressed (NxMessage *self)
{
  for (guint i = 0; self->compressed != NULL && i <= WINDOW_BITS_MAX; i++)
    g_clear_pointer (&self->compressed[i], nx_frame_unref);
  g_free (self->compressed);
}

/**
 * nx_message_unref:
 * @self: (transfer full): a message
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
nx_message_unref (NxMessage *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  nx_frame_unref (self->frame);
  free_compressed (self);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->json, json_node_unref);
  g_free (self);
}

/**
 * nx_message_get_kind:
 * @self: a message
 *
 * Whether the message is text or binary.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
NxMessageKind
nx_message_get_kind (NxMessage *self)
{
  g_return_val_if_fail (self != NULL, NX_MESSAGE_TEXT);

  return nx_frame_get_opcode (self->frame) == NX_OPCODE_TEXT ? NX_MESSAGE_TEXT : NX_MESSAGE_BINARY;
}

/**
 * nx_message_get_size:
 * @self: a message
 *
 * The size of the payload, not compressed.
 *
 * Returns: octets
 *
 * Since: 0.1
 */
gsize
nx_message_get_size (NxMessage *self)
{
  gsize length;

  g_return_val_if_fail (self != NULL, 0);

  nx_frame_get_payload (self->frame, &length);
  return length;
}

/**
 * nx_message_get_text:
 * @self: a message
 *
 * The text, NUL-terminated. Where it may hold U+0000, see [method@Message.get_bytes].
 *
 * Returns: (nullable) (transfer none): UTF-8, valid as long as the message; %NULL for a binary message
 *
 * Since: 0.1
 */
const char *
nx_message_get_text (NxMessage *self)
{
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  if (nx_message_get_kind (self) != NX_MESSAGE_TEXT)
    return NULL;
  return nx_frame_get_payload (self->frame, &length);
}

/**
 * nx_message_get_plain_text:
 * @self: a message
 *
 * The text, if it is one and holds no U+0000: what a NUL-terminated string can be.
 *
 * Returns: (nullable) (transfer none): UTF-8, valid as long as the message; %NULL for a binary message and for other text,
 *   see [method@Message.get_data]
 *
 * Since: 0.1
 */
const char *
nx_message_get_plain_text (NxMessage *self)
{
  const char *text;
  gsize length;

  g_return_val_if_fail (self != NULL, NULL);

  if (nx_message_get_kind (self) != NX_MESSAGE_TEXT)
    return NULL;
  text = nx_frame_get_payload (self->frame, &length);
  return memchr (text, '\0', length) == NULL ? text : NULL;
}

/**
 * nx_message_get_bytes:
 * @self: a message
 *
 * The payload of either kind, without a copy.
 *
 * Returns: (transfer none): the octets
 *
 * Since: 0.1
 */
GBytes *
nx_message_get_bytes (NxMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->bytes == NULL)
    {
      gsize length;
      gconstpointer payload = nx_frame_get_payload (self->frame, &length);

      self->bytes = g_bytes_new_with_free_func (payload, length, (GDestroyNotify) nx_frame_unref,
                                                nx_frame_ref (self->frame));
    }
  return self->bytes;
}

/**
 * nx_message_get_data:
 * @self: a message
 * @length: (out): how many octets there are
 *
 * The payload of either kind, as an array of octets; in a language other than C that is a copy of its own kind.
 *
 * Returns: (transfer none) (array length=length) (element-type guint8): the octets, valid as long as the message
 *
 * Since: 0.1
 */
const guint8 *
nx_message_get_data (NxMessage *self, gsize *length)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (length != NULL, NULL);

  return nx_frame_get_payload (self->frame, length);
}

JsonNode *
nx_message_parse_json (NxMessage *self, guint max_depth, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gsize length;
  const char *text = nx_frame_get_payload (self->frame, &length);

  if (self->json != NULL)
    return self->json;
  if (nx_message_get_kind (self) != NX_MESSAGE_TEXT)
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_DATA,
                           "JSON comes as text, and this message is binary");
      return NULL;
    }
  self->json = nx_json_parse (text, length, max_depth, &cause);
  if (self->json == NULL)
    g_set_error (error, NX_ERROR, NX_ERROR_INVALID_DATA, "Not JSON: %s", cause->message);
  return self->json;
}

/**
 * nx_message_get_json:
 * @self: a message
 * @error: return location for an error
 *
 * The JSON value (RFC 8259) that a text message holds, parsed at the first call and kept.
 *
 * At most 128 levels may be nested, and members' names that were chosen to collide in a hash table are refused. Do not
 * change the value.
 *
 * A value of many small parts takes some hundred times the memory of its text: where peers are not trusted,
 * [property@App:max-message-size] is best as small as the messages are.
 *
 * Returns: (transfer none): the value; %NULL with %NX_ERROR_INVALID_DATA when the message is binary, or is not JSON
 *
 * Since: 0.1
 */
JsonNode *
nx_message_get_json (NxMessage *self, GError **error)
{
  g_return_val_if_fail (self != NULL, NULL);

  return nx_message_parse_json (self, DEFAULT_JSON_DEPTH, error);
}

NxMessage *
nx_message_make_text (const char *text, GError **error)
{
  gsize length = strlen (text);

  if (!is_utf8 (text, length))
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT,
                           "A text message must be UTF-8");
      return NULL;
    }
  return nx_message_new_checked_text (text, length);
}

NxMessage *
nx_message_make_json (JsonNode *node, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gsize length;
  g_autofree char *text = nx_json_generate (node, &length, &cause);

  if (text == NULL)
    {
      g_set_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "Cannot be sent as JSON: %s",
                   cause->message);
      return NULL;
    }
  return nx_message_new_checked_text (text, length);
}

NxFrame *
nx_message_peek_frame (NxMessage *self)
{
  return self->frame;
}

static NxFrame *
deflate (NxMessage *self, NxSender *sender)
{
  NxFrame *compressed = nx_sender_deflate (sender, self->frame);

  return compressed != NULL ? compressed : nx_frame_ref (self->frame);
}

NxFrame *
nx_message_dup_frame (NxMessage *self, NxSender *sender, gsize compression_threshold)
{
  guint bits = nx_sender_get_shared_bits (sender);

  if (sender->window_bits == 0 || nx_message_get_size (self) < compression_threshold)
    return nx_frame_ref (self->frame);
  if (bits == 0)
    return deflate (self, sender);

  /* Once for each window, whoever receives it, and in whatever order. */
  if (self->compressed == NULL)
    self->compressed = g_new0 (NxFrame *, WINDOW_BITS_MAX + 1);
  if (self->compressed[bits] == NULL)
    self->compressed[bits] = deflate (self, sender);
  return nx_frame_ref (self->compressed[bits]);
}
