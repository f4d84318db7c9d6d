/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of NxTestClient, one concern in a file: nx-test-client.c (the object and its properties), -head.c (header fields,
 * cookies, and the heads made of them), -open.c (handshakes),
 * -request.c (plain HTTP, and the last answer), -send.c (what it sends, and how it misbehaves), -receive.c, -expect.c (receiving what is known
 * beforehand), -typed.c (objects and actions), -call.c (JSON-RPC), -end.c (how a connection ends), -time.c (the app's
 * clock), -wait.c (what they all wait with).
 */
#pragma once

#include "testing/nx-test-client.h"

#include "testing/nx-test-engine-private.h"
#include "testing/nx-test-exchange-private.h"

G_BEGIN_DECLS

struct _NxTestClient
{
  GObject parent_instance;

  NxApp *app;
  GMainContext *context; /* the app's */
  guint timeout_ms;      /* of real time */

  /* What it says when it comes. */
  char *host;
  char **subprotocols; /* nullable */
  gboolean compression;
  GPtrArray *headers; /* of char *: name, value, name, value… */
  GPtrArray *cookies; /* likewise */
  NxTestWire wire;

  /* The connection. */
  NxState state;
  char *path;              /* NULL: never opened */
  char *key;               /* of the last handshake */
  NxTestExchange *opening; /* while CONNECTING */
  guint n_knocks;          /* handshakes so far */
  SoupWebsocketExtension *offered_extension;
  NxMemoryPeer *peer; /* from OPEN on, until the next one */
  NxTestEngine *engine;
  GQueue messages; /* of NxMessage */
  GQueue pongs;    /* of GBytes, that nobody waits for yet */
  guint64 last_call_id;
  guint n_pings; /* sent; their payloads are numbers */
  guint n_pings_received;
  char *subprotocol;
  char *extensions;
  guint close_code; /* 0: not closed */
  char *close_reason;
  GError *fault; /* nullable: why the client gave it up */

  GQueue requests; /* plain ones that are waited for: of NxTestExchange */

  NxTestAnswer *answer; /* the last one; nullable */

  GQueue waits;  /* of Wait */
  GSource *look; /* NULL, or on its way: looks whether a wait is over */
};

/* -- nx-test-client-wait.c -- */

/*
 * Something that is waited for. @is_met is asked whenever something happened; then @finish returns the task's result. Both are
 * called with the task's data.
 */
typedef struct
{
  const char *what; /* "a text message", of a sentence that goes on with "did not come" */
  gboolean (*is_met) (NxTestClient *self, gpointer data);
  void (*finish) (NxTestClient *self, GTask *task, gpointer data);
} NxTestWaitKind;

/* Takes @task. After the client's timeout it fails with NX_ERROR_TIMEOUT. */
void nx_test_client_wait (NxTestClient *self, GTask *task, const NxTestWaitKind *kind);
/* Something has happened: whoever waited for it is called in a later turn of the context, never from inside the app. */
void nx_test_client_look (NxTestClient *self);

/* Iterates the thread's context until a callback that is this one, with @result's address as its data, was called. */
void nx_test_client_done_cb (GObject *source, GAsyncResult *result, gpointer data);
void nx_test_client_await (GAsyncResult **result);

/* What state the connection is in, as a clause; (transfer full). */
char *nx_test_client_describe (NxTestClient *self);
/* "text message "…"", for people; (transfer full). */
char *nx_test_client_describe_message (NxMessage *message);

/* Appends to what is said: the connection ended where something else was expected. */
GError *nx_test_client_make_ended_error (NxTestClient *self, const char *expected);

/* -- nx-test-client-open.c -- */

/* Forgets the last connection; cuts it if it is still there. */
void nx_test_client_forget_connection (NxTestClient *self);

/* -- nx-test-client-head.c -- */

/* (transfer full): a handshake, with a new key. */
GBytes *nx_test_client_make_handshake (NxTestClient *self, const char *path);
/* (transfer full): a plain request. @body: nullable. */
GBytes *nx_test_client_make_request (NxTestClient *self,
                                     const char *method,
                                     const char *path,
                                     GBytes *body);

/* -- nx-test-client-send.c -- */

/* FALSE with NX_ERROR_INVALID_STATE, or DISCONNECTED, unless it is open. */
gboolean nx_test_client_check_open (NxTestClient *self, GError **error);

G_END_DECLS
