/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is in a group: a person by a key of the application's, with a small JSON value; in however many connections. Members can be told: who comes in of
 * all, and everybody of what a turn has changed.
 */
#include "config.h"

#include "groups/nx-envelope-private.h"
#include "groups/nx-group-private.h"
#include "groups/nx-parcel-private.h"
#include "messages/nx-json-private.h"
#include "nx-error-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"
#include "messages/nx-keyed-hash-private.h"

#include <string.h>

typedef struct
{
  char *key;
  GQueue members; /* of NxMember, by their stamps: whose value is shown is at the tail */
} Person;

static void
person_free (Person *self)
{
  g_queue_clear (&self->members);
  g_free (self->key);
  g_free (self);
}

static Person *
find_person (NxGroup *self, const char *key)
{
  return self->persons != NULL ? g_hash_table_lookup (self->persons, key) : NULL;
}

static NxMember *
get_shown (Person *person)
{
  return g_queue_peek_tail (&person->members);
}

/* -- What members are told -- */

static void
append_value (GString *text, Person *person)
{
  g_autofree char *key = nx_envelope_quote (person->key);

  if (text->str[text->len - 1] != '{')
    g_string_append_c (text, ',');
  g_string_append_printf (text, "%s:%s", key, get_shown (person)->meta);
}

static NxMessage *
make_message (NxGroup *self, const char *presence)
{
  g_autofree char *name = nx_envelope_quote (self->name);
  g_autofree char *member = g_strdup_printf ("{\"group\":%s,\"presence\":%s}", name, presence);

  return nx_envelope_new (member);
}

static char *
make_snapshot (NxGroup *self)
{
  GString *text = g_string_new ("{");
  GHashTableIter iter;
  gpointer person;

  if (self->persons != NULL)
    {
      g_hash_table_iter_init (&iter, self->persons);
      while (g_hash_table_iter_next (&iter, NULL, &person))
        append_value (text, person);
    }
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

/* Made once for all who come in while nothing changes. */
NxMessage *
nx_group_get_snapshot (NxGroup *self)
{
  if (self->snapshot == NULL)
    {
      g_autofree char *all = make_snapshot (self);
      g_autofree char *presence = g_strdup_printf ("{\"all\":%s}", all);

      self->snapshot = make_message (self, presence);
    }
  return self->snapshot;
}

NxMessage *
nx_group_make_presence_changes (NxGroup *self, GHashTable *changed)
{
  g_autoptr (GString) set = g_string_new ("{"), gone = g_string_new ("[");
  g_autofree char *presence = NULL;
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, changed);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Person *person = find_person (self, key);
      g_autofree char *quoted = nx_envelope_quote (key);

      if (person != NULL)
        append_value (set, person);
      else
        g_string_append_printf (gone, "%s%s", gone->len > 1 ? "," : "", quoted);
    }
  presence = g_strdup_printf ("{\"set\":%s},\"gone\":%s]}", set->str, gone->str);
  return make_message (self, presence);
}

/* -- Changes -- */

static void
tell (NxGroup *self, const char *key)
{
  g_autofree char *copy = g_strdup (key);
  Person *person = find_person (self, key);
  g_autoptr (JsonNode) meta = NULL;

  g_clear_pointer (&self->snapshot, nx_message_unref);
  if (self->announces_presence && !self->groups->is_closed)
    {
      if (self->changed_keys == NULL)
        self->changed_keys = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_add (self->changed_keys, g_strdup (key));
      nx_reactor_queue_task (self->groups->reactor, &self->presence_task);
    }
  if (person != NULL)
    meta = json_from_string (get_shown (person)->meta, NULL);
  nx_group_emit_presence_changed (self, copy, meta);
}

static gboolean
is_stranger (NxGroup *self, NxMember *member)
{
  return self->strangers != NULL && g_hash_table_lookup (self->strangers, member->id) == member;
}

static void
take_away (NxGroup *self, NxMember *member)
{
  Person *person = find_person (self, member->key);

  g_queue_remove (&person->members, member);
  if (g_queue_is_empty (&person->members))
    g_hash_table_remove (self->persons, member->key);
}

/* @is_there: or it is no more. */
static void
publish (NxGroup *self, NxMember *member, gboolean is_there)
{
  g_autoptr (GBytes) presence = NULL;

  if (self->groups->backplane == NULL || is_stranger (self, member))
    return;
  if (is_there)
    presence = nx_presence_pack (member->stamp, member->key, member->meta);
  nx_groups_publish_presence (self->groups, self, member->id, presence);
}

void
nx_group_end_presence (NxGroup *self, NxMember *member)
{
  g_autofree char *key = NULL;
  Person *person;
  gboolean was_shown;

  if (member->key == NULL)
    return;
  publish (self, member, FALSE);
  person = find_person (self, member->key);
  was_shown = get_shown (person) == member;
  take_away (self, member);
  key = g_steal_pointer (&member->key);
  g_clear_pointer (&member->meta, g_free);
  g_clear_pointer (&member->id, g_free);
  if (was_shown)
    tell (self, key);
}

static int
compare_members (gconstpointer one, gconstpointer other, gpointer data)
{
  const NxMember *a = one, *b = other;

  if (a->stamp != b->stamp)
    return a->stamp < b->stamp ? -1 : 1;
  return strcmp (a->id, b->id);
}

/* Behind all that we know of, whatever the others' clocks say. */
static guint64
make_stamp (Person *person)
{
  NxMember *shown = get_shown (person);
  guint64 now_us = (guint64) g_get_real_time ();

  return shown != NULL ? MAX (now_us, shown->stamp + 1) : now_us;
}

/* @stamp: 0: it is said now. */
static void
begin_presence (NxGroup *self,
                NxMember *member,
                const char *id,
                guint64 stamp,
                const char *key,
                char *meta)
{
  Person *person;

  if (self->persons == NULL)
    self->persons =
        g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, NULL, (GDestroyNotify) person_free);
  person = find_person (self, key);
  if (person == NULL)
    {
      person = g_new0 (Person, 1);
      person->key = g_strdup (key);
      g_hash_table_insert (self->persons, person->key, person);
    }
  member->key = g_strdup (key);
  member->meta = meta;
  member->id = g_strdup (id);
  member->stamp = stamp != 0 ? stamp : make_stamp (person);
  g_queue_insert_sorted (&person->members, member, compare_members, NULL);
  publish (self, member, TRUE);
  if (get_shown (person) == member)
    tell (self, key);
}

/* -- At other processes -- */

static void
stranger_free (NxMember *self)
{
  g_free (self->key);
  g_free (self->meta);
  g_free (self->id);
  g_free (self);
}

static void
forget_stranger (NxGroup *self, const char *id)
{
  NxMember *stranger = self->strangers != NULL ? g_hash_table_lookup (self->strangers, id) : NULL;

  if (stranger == NULL)
    return;
  nx_group_end_presence (self, stranger);
  g_hash_table_remove (self->strangers, id);
}

gboolean
nx_group_take_stranger (NxGroup *self, const char *id, GBytes *presence)
{
  g_autoptr (NxGroup) kept = g_object_ref (self);
  g_autofree char *key = NULL, *meta = NULL;
  NxMember *stranger;
  guint64 stamp;

  if (presence != NULL && !nx_presence_unpack (presence, &stamp, &key, &meta))
    return FALSE;
  if (self->strangers == NULL)
    self->strangers = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) stranger_free);
  stranger = g_hash_table_lookup (self->strangers, id);
  if (presence == NULL || (stranger != NULL && strcmp (stranger->key, key) != 0))
    {
      forget_stranger (self, id);
      stranger = NULL;
    }
  if (presence == NULL)
    return TRUE;
  if (stranger != NULL)
    {
      /* The same person says something new: nobody leaves in between. */
      take_away (self, stranger);
      g_clear_pointer (&stranger->key, g_free);
      g_clear_pointer (&stranger->meta, g_free);
      g_clear_pointer (&stranger->id, g_free);
    }
  else
    {
      stranger = g_new0 (NxMember, 1);
      g_hash_table_insert (self->strangers, g_strdup (id), stranger);
    }
  begin_presence (self, stranger, id, stamp, key, g_steal_pointer (&meta));
  return TRUE;
}

void
nx_group_forget_strangers (NxGroup *self)
{
  g_autoptr (NxGroup) kept = g_object_ref (self);
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer id;

  if (self->strangers == NULL)
    return;
  g_hash_table_iter_init (&iter, self->strangers);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_ptr_array_add (ids, g_strdup (id));
  for (guint i = 0; i < ids->len; i++)
    forget_stranger (self, g_ptr_array_index (ids, i));
}

void
nx_group_publish_all_presence (NxGroup *self, gboolean is_there)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  nx_connection_list_collect_members (self->members, all);
  for (guint i = 0; i < all->len; i++)
    {
      NxMember *member = nx_group_find_member (self, g_ptr_array_index (all, i));

      if (member != NULL && member->key != NULL)
        publish (self, member, is_there);
    }
}

static char *
write_meta (JsonNode *meta, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gsize length;
  g_autofree char *text = nx_json_generate (meta, &length, &cause);

  if (text == NULL)
    g_set_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "Cannot be sent as JSON: %s",
                 cause->message);
  else if (length > NX_PRESENCE_META_MAX)
    g_set_error (
        error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT,
        "What is said of a member has at most %d octets of JSON, this has %" G_GSIZE_FORMAT,
        NX_PRESENCE_META_MAX, length);
  else
    return g_steal_pointer (&text);
  return NULL;
}

/**
 * nx_group_set_presence:
 * @self: a group
 * @ws: a member
 * @key: who it is: 1 to 256 octets of UTF-8. Connections with one key are one person
 * @meta: (nullable): what is to be known of that person, at most 4 KiB of JSON; %NULL takes the presence away
 * @error: return location for an error
 *
 * Says who a member is. Where one person has several connections, what was said last is what is shown, until that connection leaves.
 *
 * With a backplane that is so over all processes. What is said ends with the membership. With [property@Group:announces-presence] the members are told.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_STATE when @ws is no member, with %NX_ERROR_INVALID_ARGUMENT when @key or @meta is too large,
 *   @key is empty or not UTF-8, or JSON cannot express @meta
 *
 * Since: 0.1
 */
gboolean
nx_group_set_presence (NxGroup *self,
                       NxWebSocket *ws,
                       const char *key,
                       JsonNode *meta,
                       GError **error)
{
  g_autoptr (NxGroup) kept = NULL;
  g_autoptr (NxWebSocket) kept_ws = NULL;
  g_autofree char *text = NULL;
  GError *local = NULL;
  NxMember *member;

  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  if (!nx_connection_list_contains (self->members, ws))
    g_set_error (&local, NX_ERROR, NX_ERROR_INVALID_STATE, "The websocket is not in the group %s",
                 self->name);
  else if (nx_groups_check_name (key, &local) && meta != NULL)
    text = write_meta (meta, &local);
  if (local != NULL)
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  kept = g_object_ref (self);
  kept_ws = g_object_ref (ws);
  member = nx_group_ensure_member (self, ws);
  if (member->key != NULL && text != NULL && strcmp (member->key, key) == 0)
    {
      /* The same person says something new: nobody leaves in between. */
      take_away (self, member);
      g_clear_pointer (&member->key, g_free);
      g_clear_pointer (&member->meta, g_free);
      g_clear_pointer (&member->id, g_free);
    }
  else
    nx_group_end_presence (self, member);
  /* Whoever was told of that may have taken it out. */
  if (text != NULL && nx_connection_list_contains (self->members, ws))
    {
      member = nx_group_ensure_member (self, ws);
      nx_group_end_presence (self, member);
      if (nx_connection_list_contains (self->members, ws))
        begin_presence (self, nx_group_ensure_member (self, ws), nx_web_socket_get_id (ws), 0, key,
                        g_steal_pointer (&text));
    }
  return TRUE;
}

/**
 * nx_group_dup_presence:
 * @self: a group
 *
 * Who is there: a JSON object with what was said of each, by their keys.
 *
 * Returns: (transfer full): the object
 *
 * Since: 0.1
 */
JsonNode *
nx_group_dup_presence (NxGroup *self)
{
  g_autofree char *text = NULL;

  g_return_val_if_fail (NX_IS_GROUP (self), NULL);

  text = make_snapshot (self);
  return json_from_string (text, NULL);
}
