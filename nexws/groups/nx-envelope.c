/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-envelope-private.h"

#include <string.h>

#include "messages/nx-json-private.h"
#include "messages/nx-json-scan-private.h"
#include "nx-message-private.h"

char *
nx_envelope_quote (const char *text)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), text);
  gsize length;

  return nx_json_generate (node, &length, NULL);
}

static NxMessage *
make (GString *text)
{
  NxMessage *message = nx_message_new_checked_text (text->str, text->len);

  g_string_free (text, TRUE);
  return message;
}

NxMessage *
nx_envelope_new (const char *member)
{
  GString *text = g_string_new (NULL);

  g_string_printf (text, "{\"nx\":%s}", member);
  return make (text);
}

static NxMessage *
wrap_as (const char *name, const char *value, gsize length, const char *member)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "{\"%s\":", name);
  g_string_append_len (text, value, length);
  g_string_append_printf (text, ",\"nx\":%s}", member);
  return make (text);
}

static gboolean
is_space (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* @object: checked. */
static NxMessage *
extend (const char *object, gsize length, const char *member)
{
  GString *text;
  const char *first = object + 1;

  while (is_space (object[length - 1]))
    length--;
  length--; /* the closing brace */
  while (is_space (*first))
    first++;
  text = g_string_sized_new (length + strlen (member) + 16);
  g_string_append_len (text, object, length);
  g_string_append_printf (text, "%s\"nx\":%s}", *first == '}' ? "" : ",", member);
  return make (text);
}

/* Somebody else's member of our name must not be taken for ours. Its name may be written with escapes. */
static NxMessage *
replace_member (NxMessage *message, const char *member)
{
  JsonNode *node = nx_message_get_json (message, NULL);
  g_autoptr (JsonNode) copy = NULL;
  g_autoptr (JsonObject) rest = NULL;
  g_autofree char *text = NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  gsize length;

  if (node == NULL || !json_object_has_member (json_node_get_object (node), "nx"))
    return NULL;
  rest = json_object_new ();
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value))
    if (strcmp (name, "nx") != 0)
      json_object_set_member (rest, name, json_node_copy (value));
  copy = json_node_init_object (json_node_alloc (), rest);
  text = nx_json_generate (copy, &length, NULL);
  return extend (text, length, member);
}

static NxMessage *
wrap_text (NxMessage *message, const char *member)
{
  g_autoptr (GArray) big_integers = g_array_new (FALSE, FALSE, sizeof (gsize));
  gsize length = nx_message_get_size (message);
  const char *text = nx_message_get_text (message);

  if (!nx_json_scan (text, length, NX_JSON_DEPTH_MAX, big_integers, NULL))
    {
      /* U+0000 is a character, and has to be escaped: so it is not a C string that is quoted. */
      g_autoptr (GString) quoted = g_string_new (NULL);

      for (gsize from = 0; from <= length;)
        {
          gsize size = strlen (text + from);
          g_autofree char *part = nx_envelope_quote (text + from);

          if (from > 0)
            g_string_append (quoted, "\\u0000");
          g_string_append_len (quoted, part + 1, strlen (part) - 2);
          from += size + 1;
        }
      g_string_prepend_c (quoted, '"');
      g_string_append_c (quoted, '"');
      return wrap_as ("text", quoted->str, quoted->len, member);
    }
  while (is_space (*text))
    {
      text++;
      length--;
    }
  if (*text != '{')
    return wrap_as ("value", text, length, member);
  if (strstr (text, "\"nx\"") != NULL || strchr (text, '\\') != NULL)
    {
      NxMessage *replaced = replace_member (message, member);

      if (replaced != NULL)
        return replaced;
    }
  return extend (text, length, member);
}

NxMessage *
nx_envelope_wrap (NxMessage *message, const char *member)
{
  g_autofree char *base64 = NULL;
  g_autofree char *quoted = NULL;
  gconstpointer data;
  gsize size;

  if (nx_message_get_kind (message) == NX_MESSAGE_TEXT)
    return wrap_text (message, member);
  data = g_bytes_get_data (nx_message_get_bytes (message), &size);
  base64 = g_base64_encode (data, size);
  quoted = g_strdup_printf ("\"%s\"", base64);
  return wrap_as ("base64", quoted, strlen (quoted), member);
}

JsonObject *
nx_envelope_find (NxMessage *message, guint max_depth)
{
  const char *text = nx_message_get_text (message);
  JsonNode *node;

  /* Most messages are seen not to be one without being parsed. */
  if (text == NULL || strstr (text, "\"nx\"") == NULL)
    return NULL;
  node = nx_message_parse_json (message, max_depth, NULL);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  node = json_object_get_member (json_node_get_object (node), "nx");
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}
