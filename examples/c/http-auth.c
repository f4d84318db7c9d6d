/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP's own authentication: a SoupAuthDomain on the app's server protects websockets as it does pages. Basic for what is below
 * /basic, Digest for what is below /digest. USERS=FILE names a file with a line `NAME:PASSWORD` for each user.
 */
#include <nexws.h>

#define REALM "nexws"

static GHashTable *
read_users (void)
{
  GHashTable *users = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  const char *file = g_getenv ("USERS");
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (file == NULL || !g_file_get_contents (file, &text, NULL, NULL))
    text = g_strdup ("ada:lovelace\n");
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], ":", 2);

      if (g_strv_length (words) == 2)
        g_hash_table_insert (users, g_strdup (words[0]), g_strdup (words[1]));
    }
  return users;
}

/* Basic: the password comes as it is, so that it needs TLS. */
static gboolean
check_basic (SoupAuthDomain *domain,
             SoupServerMessage *message,
             const char *user,
             const char *password,
             gpointer users)
{
  return g_strcmp0 (g_hash_table_lookup (users, user), password) == 0;
}

/* Digest: libsoup compares what the client made of the password with what it makes of this. */
static char *
look_up_digest (SoupAuthDomain *domain,
                SoupServerMessage *message,
                const char *user,
                gpointer users)
{
  const char *password = g_hash_table_lookup (users, user);

  return password != NULL ? soup_auth_domain_digest_encode_password (user, REALM, password) : NULL;
}

static void
protect (NxApp *app, GHashTable *users)
{
  g_autoptr (SoupAuthDomain) basic = soup_auth_domain_basic_new ("realm", REALM, NULL);
  g_autoptr (SoupAuthDomain) digest = soup_auth_domain_digest_new ("realm", REALM, NULL);

  soup_auth_domain_add_path (basic, "/basic");
  soup_auth_domain_basic_set_auth_callback (basic, check_basic, users, NULL);
  soup_server_add_auth_domain (nx_app_get_server (app), basic);

  soup_auth_domain_add_path (digest, "/digest");
  soup_auth_domain_digest_set_auth_callback (digest, look_up_digest, users, NULL);
  soup_server_add_auth_domain (nx_app_get_server (app), digest);
}

static void
greet (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *user = nx_web_socket_get_user (ws);
  g_autofree char *text = g_strdup_printf ("Hello, %s", user != NULL ? user : "stranger");

  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, text, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (GHashTable) users = read_users ();
  static const char *const paths[] = { "/basic/ws", "/digest/ws", "/ws" };

  protect (app, users);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    nx_router_add_route (NX_ROUTER (app), paths[i], greet, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
