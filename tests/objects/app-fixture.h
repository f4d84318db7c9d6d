/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An app, an NxTestClient of it, and a log: for what can be tested as our users test theirs, with what is public alone.
 * (fixture.h has, for the rest, clients that write their frames by hand.)
 */
#pragma once

#include "../testing/must.h"

typedef struct
{
  NxApp *app;           /* may be dropped by the test */
  NxTestClient *client; /* of ADD_TEST() */
  gconstpointer data;   /* of add_case(), fixture_add_case() */
  GPtrArray *log;       /* what handlers note */
  GPtrArray *clients;   /* owned: others */

  /* Of fixture.h. */
  struct _NxClock *clock;
  gboolean uses_socket;
  guint16 port;
  int family;        /* AF_INET6: clients come that way, else over IPv4 */
  char *folder;      /* made when asked for */
  char *socket_path; /* in it */
} Fixture;

typedef void (*Scenario) (Fixture *f);

#define ADD_TEST(path, scenario) add_case (path, scenario, NULL)
/* A row of a table: @data is what the scenario finds in the fixture. */
void add_case (const char *path, Scenario scenario, gconstpointer data);
/* All rows of one, which have a name. */
#define ADD_ROWS(prefix, scenario, rows)                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    for (guint i_ = 0; i_ < G_N_ELEMENTS (rows); i_++)                                             \
      {                                                                                            \
        g_autofree char *path_ = g_strconcat (prefix, (rows)[i_].name, NULL);                      \
                                                                                                   \
        add_case (path_, scenario, &(rows)[i_]);                                                   \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

/* Another client; the fixture's. */
NxTestClient *add_client (Fixture *f);
/* The status that a handshake is answered with. What was open before is cut. */
guint try_open (NxTestClient *client, const char *path);
/* The same with a header field more. */
guint try_open_with (NxTestClient *client, const char *path, const char *name, const char *value);
/* The same for a plain request. */
guint try_request (NxTestClient *client, const char *method, const char *path);

#define assert_body(client, expected)                                                              \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *body_ = nx_test_client_dup_response_text (client);                            \
    g_assert_cmpstr (body_, ==, expected);                                                         \
  }                                                                                                \
  G_STMT_END
#define assert_header(client, name, expected)                                                      \
  g_assert_cmpstr (nx_test_client_get_response_header (client, name), ==, expected)
/* Neither the head nor the body of the last answer has this in it. */
void assert_unsaid (NxTestClient *client, const char *text);

/* (transfer none): of the app, whose only connection it is. */
NxWebSocket *get_websocket (Fixture *f);

/* Disposes of the app under its clients, takes them away, and is the one who held the last reference. */
void drop_app (Fixture *f);

/* A NxRouteFunc that accepts, and no more. */
void accept_func (NxWebSocket *ws, gpointer data, GError **error);

/* A note for the log, and what the log says so far, joined by spaces; clears it. */
void note (Fixture *f, const char *format, ...) G_GNUC_PRINTF (2, 3);
char *take_log (Fixture *f);
#define assert_log(f, expected)                                                                    \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *log_ = take_log (f);                                                          \
    g_assert_cmpstr (log_, ==, expected);                                                          \
  }                                                                                                \
  G_STMT_END
/* The same, once nothing is left to be done. */
#define assert_log_settled(f, expected)                                                            \
  G_STMT_START                                                                                     \
  {                                                                                                \
    must (settle, (f)->client);                                                                    \
    assert_log (f, expected);                                                                      \
  }                                                                                                \
  G_STMT_END

/* Notes `done` or `failed:CODE` when the app has stopped; @data: the fixture. */
void note_stopped_cb (GObject *source, GAsyncResult *result, gpointer data);
