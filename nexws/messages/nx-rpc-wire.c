/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-rpc-wire-private.h"

#include <string.h>

#include "messages/nx-json-private.h"
#include "messages/nx-json-scan-private.h"
#include "messages/nx-scalar-private.h"

/* JSON-RPC 2.0 section 5.1 */
#define PARSE_ERROR (-32700)
#define INVALID_REQUEST (-32600)

#define VERSION "2.0"

typedef struct
{
  const char *start;
  gsize length;
} Span;

static void
item_free (gpointer data)
{
  NxRpcItem *self = data;

  g_free (self->id);
  g_free (self->method);
  g_free (self->text);
  g_clear_pointer (&self->value, json_node_unref);
  g_free (self);
}

void
nx_rpc_packet_free (NxRpcPacket *self)
{
  g_ptr_array_unref (self->items);
  g_free (self->why);
  g_free (self);
}

/* -- Where things are, in text that nx_json_scan() has found to be JSON: so nothing here can run beyond it -- */

static const char *
skip_space (const char *at, const char *end)
{
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
    at++;
  return at;
}

static const char *
skip_string (const char *at)
{
  for (at++; *at != '"'; at++)
    if (*at == '\\')
      at++;
  return at + 1;
}

static const char *
skip_container (const char *at)
{
  gsize depth = 0;

  do
    {
      if (*at == '"')
        {
          at = skip_string (at);
          continue;
        }
      if (*at == '{' || *at == '[')
        depth++;
      else if (*at == '}' || *at == ']')
        depth--;
      at++;
    }
  while (depth > 0);
  return at;
}

static const char *
skip_value (const char *at, const char *end)
{
  if (*at == '"')
    return skip_string (at);
  if (*at == '{' || *at == '[')
    return skip_container (at);
  while (at < end && strchr (",]} \t\r\n", *at) == NULL)
    at++;
  return at;
}

/* NULL where the next letter is another. The quote at the end is one, so nothing is read behind it. */
static const char *
skip_letter (const char *at, char letter, const char *escape)
{
  if (at != NULL && *at == letter)
    return at + 1;
  return at != NULL && strncmp (at, escape, strlen (escape)) == 0 ? at + strlen (escape) : NULL;
}

/* Whether a string, with its quotes, says `id`, in whatever way: no parser is made for each name of a hostile object. */
static gboolean
is_id_name (const char *name)
{
  const char *end = skip_letter (skip_letter (name + 1, 'i', "\\u0069"), 'd', "\\u0064");

  return end != NULL && *end == '"';
}

/* The octets of an object's member `id`. */
static gboolean
find_id (Span object, Span *id)
{
  const char *end = object.start + object.length;
  const char *at = skip_space (object.start + 1, end);

  while (*at != '}')
    {
      Span name = { at, skip_string (at) - at };

      at = skip_space (name.start + name.length, end);
      at = skip_space (at + 1, end); /* the colon */
      id->start = at;
      id->length = skip_value (at, end) - at;
      if (is_id_name (name.start))
        return TRUE;
      at = skip_space (id->start + id->length, end);
      if (*at == ',')
        at = skip_space (at + 1, end);
    }
  return FALSE;
}

/* (transfer full): of Span: the elements of an array, at most @max of them. */
static GArray *
split_array (Span array, guint max)
{
  GArray *elements = g_array_new (FALSE, FALSE, sizeof (Span));
  const char *end = array.start + array.length;
  const char *at = skip_space (array.start + 1, end);

  while (*at != ']' && elements->len < max)
    {
      Span element = { at, skip_value (at, end) - at };

      g_array_append_val (elements, element);
      at = skip_space (at + element.length, end);
      if (*at == ',')
        at = skip_space (at + 1, end);
    }
  return elements;
}

/* -- What one is -- */

static void
be_bad (NxRpcItem *self, NxRpcItemKind kind, const char *why)
{
  self->kind = kind;
  self->text = g_strdup (why);
}

/* A node of its own, which does not look back at the message. */
static JsonNode *
dup_member (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL ? json_node_copy (node) : NULL;
}

static gboolean
says_version (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "jsonrpc");

  return node != NULL && g_strcmp0 (nx_scalar_get_string (node), VERSION) == 0;
}

/* FALSE when there is an id that is none. */
static gboolean
read_id (NxRpcItem *self, JsonObject *object, Span text)
{
  JsonNode *node = json_object_get_member (object, "id");
  Span id;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_NULL (node)
      && (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) == G_TYPE_BOOLEAN))
    return FALSE;
  if (!find_id (text, &id) || id.length > NX_RPC_ID_MAX)
    return FALSE;
  self->id = g_strndup (id.start, id.length);
  return TRUE;
}

static void
read_call (NxRpcItem *self, JsonObject *object)
{
  JsonNode *method = json_object_get_member (object, "method");
  JsonNode *params = json_object_get_member (object, "params");

  if (!says_version (object))
    be_bad (self, NX_RPC_ITEM_BAD_CALL, "jsonrpc: \"" VERSION "\" is wanted");
  else if (method == NULL || nx_scalar_get_string (method) == NULL)
    be_bad (self, NX_RPC_ITEM_BAD_CALL, "method: a string is wanted");
  else if (params != NULL && !JSON_NODE_HOLDS_OBJECT (params) && !JSON_NODE_HOLDS_ARRAY (params))
    be_bad (self, NX_RPC_ITEM_BAD_CALL, "params: an array or an object is wanted");
  else
    {
      self->kind = NX_RPC_ITEM_CALL;
      self->method = g_strdup (nx_scalar_get_string (method));
      self->value = dup_member (object, "params");
    }
}

/* An integer, however it is written. */
static gboolean
get_code (JsonNode *node, int *code)
{
  gint64 value;

  if (node == NULL || !nx_scalar_get_int64 (node, &value) || value < G_MININT || value > G_MAXINT)
    return FALSE;
  *code = (int) value;
  return TRUE;
}

static void
read_error (NxRpcItem *self, JsonNode *node)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *message = object != NULL ? json_object_get_member (object, "message") : NULL;

  if (object == NULL || !get_code (json_object_get_member (object, "code"), &self->code)
      || message == NULL || nx_scalar_get_string (message) == NULL)
    {
      be_bad (self, NX_RPC_ITEM_BAD_ANSWER, "error: an object with code and message is wanted");
      return;
    }
  self->kind = NX_RPC_ITEM_ERROR;
  self->text = g_strdup (nx_scalar_get_string (message));
  self->value = dup_member (object, "data");
}

static void
read_answer (NxRpcItem *self, JsonObject *object)
{
  JsonNode *error = json_object_get_member (object, "error");

  if (!says_version (object))
    be_bad (self, NX_RPC_ITEM_BAD_ANSWER, "jsonrpc: \"" VERSION "\" is wanted");
  else if (error != NULL && json_object_has_member (object, "result"))
    be_bad (self, NX_RPC_ITEM_BAD_ANSWER, "either result or error is wanted");
  else if (error != NULL)
    read_error (self, error);
  else
    {
      self->kind = NX_RPC_ITEM_RESULT;
      self->value = dup_member (object, "result");
    }
}

static NxRpcItem *
item_new (JsonNode *node, Span text)
{
  NxRpcItem *self = g_new0 (NxRpcItem, 1);
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  gboolean is_answer =
      object != NULL && !json_object_has_member (object, "method")
      && (json_object_has_member (object, "result") || json_object_has_member (object, "error"));

  if (object == NULL)
    be_bad (self, NX_RPC_ITEM_BAD_CALL, "an object is wanted");
  else if (!read_id (self, object, text))
    be_bad (self, is_answer ? NX_RPC_ITEM_BAD_ANSWER : NX_RPC_ITEM_BAD_CALL,
            "id: a string, a number or null is wanted, of at most 1024 octets");
  else if (is_answer)
    read_answer (self, object);
  else
    read_call (self, object);
  return self;
}

/* -- What a message is -- */

static void
set_fault (NxRpcPacket *self, int fault, const char *why)
{
  self->fault = fault;
  self->why = g_strdup (why);
}

/* FALSE for what is no JSON. */
static gboolean
add_item (NxRpcPacket *self, Span text, guint max_depth)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = nx_json_parse (text.start, text.length, max_depth, &error);

  if (node == NULL)
    {
      set_fault (self, PARSE_ERROR, error->message);
      return FALSE;
    }
  g_ptr_array_add (self->items, item_new (node, text));
  return TRUE;
}

/*
 * Each element is parsed by itself: one that is kept, because its call is not answered yet, does not keep its neighbours, and
 * of a million nothing is made at all.
 */
static void
read_batch (NxRpcPacket *self, Span text, guint max_depth, guint max_batch)
{
  g_autoptr (GArray) big_integers = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GArray) elements = NULL;
  g_autoptr (GError) error = NULL;

  if (!nx_json_scan (text.start, text.length, max_depth, big_integers, &error))
    {
      set_fault (self, PARSE_ERROR, error->message);
      return;
    }
  elements = split_array (text, max_batch < G_MAXUINT ? max_batch + 1 : max_batch);
  if (elements->len == 0)
    set_fault (self, INVALID_REQUEST, "a batch is empty");
  else if (elements->len > max_batch)
    {
      self->fault = INVALID_REQUEST;
      self->why = g_strdup_printf ("a batch has more than %u elements", max_batch);
    }
  else
    for (guint i = 0; i < elements->len; i++)
      if (!add_item (self, g_array_index (elements, Span, i), max_depth))
        return;
}

NxRpcPacket *
nx_rpc_packet_parse (const char *text, gsize length, guint max_depth, guint max_batch)
{
  NxRpcPacket *self = g_new0 (NxRpcPacket, 1);
  const char *start = skip_space (text, text + length);
  Span rest = { start, length - (start - text) };

  self->items = g_ptr_array_new_with_free_func (item_free);
  self->is_batch = rest.length > 0 && *rest.start == '[';
  if (!g_utf8_validate_len (rest.start, rest.length, NULL))
    set_fault (self, PARSE_ERROR, "this is not UTF-8");
  else if (self->is_batch)
    read_batch (self, rest, max_depth, max_batch);
  else
    add_item (self, rest, max_depth);
  return self;
}

/* -- Writing -- */

static char *
write_string (const char *string, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), string);
  gsize length;

  return nx_json_generate (node, &length, error);
}

static char *
write_node (JsonNode *node, GError **error)
{
  gsize length;

  return node != NULL ? nx_json_generate (node, &length, error) : g_strdup ("null");
}

char *
nx_rpc_write_call (guint64 id, const char *method, JsonNode *params, GError **error)
{
  g_autofree char *name = write_string (method, error);
  g_autofree char *values = NULL;
  GString *text;

  if (name == NULL)
    return NULL;
  values = write_node (params, error);
  if (values == NULL)
    return NULL;
  text = g_string_new ("{\"jsonrpc\":\"" VERSION "\"");
  if (id != 0)
    g_string_append_printf (text, ",\"id\":%" G_GUINT64_FORMAT, id);
  g_string_append_printf (text, ",\"method\":%s", name);
  if (params != NULL)
    g_string_append_printf (text, ",\"params\":%s", values);
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

char *
nx_rpc_write_result (const char *id, JsonNode *result, GError **error)
{
  g_autofree char *value = write_node (result, error);

  if (value == NULL)
    return NULL;
  return g_strconcat ("{\"jsonrpc\":\"" VERSION "\",\"id\":", id, ",\"result\":", value, "}", NULL);
}

char *
nx_rpc_write_error (const char *id, int code, const char *message, JsonNode *data, GError **error)
{
  g_autofree char *words = write_string (message, error);
  g_autofree char *value = NULL;

  if (words == NULL)
    return NULL;
  value = write_node (data, error);
  if (value == NULL)
    return NULL;
  return g_strdup_printf ("{\"jsonrpc\":\"" VERSION "\",\"id\":%s,\"error\":{\"code\":%d,"
                          "\"message\":%s%s%s}}",
                          id != NULL ? id : "null", code, words, data != NULL ? ",\"data\":" : "",
                          data != NULL ? value : "");
}
