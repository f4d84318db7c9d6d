/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crowd.h"

/* They go with the app. */
static GPtrArray *
get_persons (Fixture *f)
{
  return g_object_get_data (G_OBJECT (f->app), "persons");
}

static void
person_free (Person *person)
{
  g_object_unref (person->ws);
  g_free (person);
}

static GPtrArray *
ensure_persons (Fixture *f)
{
  GPtrArray *persons = get_persons (f);

  if (persons != NULL)
    return persons;
  persons = g_ptr_array_new_with_free_func ((GDestroyNotify) person_free);
  g_object_set_data_full (G_OBJECT (f->app), "persons", persons,
                          (GDestroyNotify) g_ptr_array_unref);
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, NULL, NULL, NULL);
  return persons;
}

Person *
crowd_open_with (Fixture *f, const char *headers)
{
  GPtrArray *persons = ensure_persons (f);
  GListModel *connections = nx_app_get_connections (f->app);
  guint n = g_list_model_get_n_items (connections);
  Person *person = g_new0 (Person, 1);

  person->client = client_new (f, "/", headers);
  g_assert_cmpuint (client_wait_status (person->client), ==, 101);
  person->ws = g_list_model_get_item (connections, n);
  g_assert_nonnull (person->ws);
  g_ptr_array_add (persons, person);
  return person;
}

Person *
crowd_open (Fixture *f)
{
  return crowd_open_with (f, "");
}

Person *
crowd_join (Fixture *f, NxGroup *group)
{
  Person *person = crowd_open (f);
  g_autoptr (GError) error = NULL;

  g_assert_true (nx_group_add (group, person->ws, &error));
  g_assert_no_error (error);
  return person;
}

NxGroup *
crowd_group (Fixture *f, const char *name)
{
  g_autoptr (GError) error = NULL;
  NxGroup *group = nx_app_dup_group (f->app, name, &error);

  g_assert_no_error (error);
  return group;
}

void
crowd_cut (Person *person)
{
  client_cut (person->client);
  wait_until (person->client->fixture, nx_web_socket_get_state (person->ws) == NX_STATE_CLOSED);
}

char *
crowd_take (Person *person)
{
  GString *all = g_string_new (NULL);
  GBytes *bytes;

  settle (person->client->fixture);
  while ((bytes = g_queue_pop_head (&person->client->messages)) != NULL)
    {
      gsize size;
      const char *data = g_bytes_get_data (bytes, &size);

      if (all->len > 0)
        g_string_append_c (all, ' ');
      g_string_append_len (all, data, size);
      g_bytes_unref (bytes);
    }
  return g_string_free (all, FALSE);
}

static guint
number_of (Fixture *f, NxWebSocket *ws)
{
  GPtrArray *persons = get_persons (f);

  for (guint i = 0; i < persons->len; i++)
    if (((Person *) g_ptr_array_index (persons, i))->ws == ws)
      return i;
  return persons->len;
}

static void
joined_cb (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  note (data, "+%u", number_of (data, ws));
}

static void
left_cb (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  note (data, "-%u", number_of (data, ws));
}

void
crowd_note_changes (Fixture *f, NxGroup *group)
{
  g_signal_connect (group, "joined", G_CALLBACK (joined_cb), f);
  g_signal_connect (group, "left", G_CALLBACK (left_cb), f);
}

void
crowd_send_letters (NxGroup *group, const char *letters)
{
  for (; *letters != '\0'; letters++)
    nx_group_send_text (group, (char[]){ *letters, '\0' }, NULL, NULL);
}

static const char *
get_text (JsonObject *object, char *number)
{
  if (json_object_has_member (object, "text"))
    return json_object_get_string_member (object, "text");
  g_snprintf (number, 16, "%d", (int) json_object_get_int_member (object, "value"));
  return number;
}

char *
crowd_take_letters (Person *person, char **last_id)
{
  GString *all = g_string_new (NULL);
  GBytes *bytes;

  settle (person->client->fixture);
  while ((bytes = g_queue_pop_head (&person->client->messages)) != NULL)
    {
      g_autoptr (NxMessage) message = nx_message_new_text_from_bytes (bytes, NULL);
      JsonObject *object = json_node_get_object (nx_message_get_json (message, NULL));
      JsonObject *nx = json_object_get_object_member (object, "nx");
      char number[16];

      if (json_object_has_member (nx, "gap"))
        g_string_append_c (all, '<');
      else if (json_object_has_member (nx, "unrecorded"))
        g_string_append_printf (all, "!%s", get_text (object, number));
      else
        {
          g_string_append (all, get_text (object, number));
          if (last_id != NULL)
            {
              g_free (*last_id);
              *last_id = g_strdup (json_object_get_string_member (nx, "id"));
            }
        }
      g_bytes_unref (bytes);
    }
  return g_string_free (all, FALSE);
}

Person *
crowd_come_again (Fixture *f, NxGroup *group, const char *after)
{
  Person *person = crowd_open (f);
  g_autoptr (GError) error = NULL;

  g_assert_true (nx_group_add_after (group, person->ws, after, &error));
  g_assert_no_error (error);
  return person;
}

char *
crowd_take_question (Person *person, const char *expected_text)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (NxMessage) message = NULL;
  JsonObject *object;

  wait_until (person->client->fixture, person->client->messages.length > 0);
  bytes = g_queue_pop_head (&person->client->messages);
  message = nx_message_new_text_from_bytes (bytes, NULL);
  object = json_node_get_object (nx_message_get_json (message, NULL));
  g_assert_cmpstr (json_object_get_string_member (object, "text"), ==, expected_text);
  return g_strdup (
      json_object_get_string_member (json_object_get_object_member (object, "nx"), "ask"));
}

void
crowd_answer (Person *person, const char *number, const char *more)
{
  g_autofree char *text = g_strdup_printf ("{\"nx\":{\"answer\":\"%s\"}%s}", number, more);

  client_send_text (person->client, text);
  settle (person->client->fixture);
}
