/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An app whose clock the test turns, and clients that write their frames by hand: over memory, or over a real TCP socket.
 * A scenario is one function, registered for both by ADD_SCENARIO.
 */
#pragma once

#include <nexws.h>

#include "nx-app-private.h"
#include "nx-web-socket-private.h"
#include "protocol/nx-receiver-private.h"
#include "protocol/nx-sender-private.h"
#include "transport/nx-memory-stream-private.h"

typedef struct
{
  gboolean uses_socket;
  gconstpointer data; /* of fixture_add_case() */
  NxClock *clock;
  NxApp *app; /* may be dropped by the test */
  guint16 port;
  int family;     /* AF_INET6: clients come that way, else over IPv4 */
  GPtrArray *log; /* what handlers note */
  GPtrArray *clients;
} Fixture;

typedef struct
{
  Fixture *fixture;
  NxMemoryPeer *peer; /* or */
  int fd;
  GByteArray *head; /* the answer to the handshake */
  guint status;     /* 0 until it is there */
  gboolean is_reading;
  NxReceiver receiver;
  NxReceiverLimits limits;
  GQueue messages; /* of GBytes */
  guint n_pings, n_pongs;
  guint close_code; /* of the close frame that came; 0: none */
  char *close_reason;
  gboolean is_ended; /* the server's FIN has come, or a reset */
  gboolean was_reset;
  NxFault fault; /* of the server: never */
} Client;

typedef void (*Scenario) (Fixture *f);

void fixture_add_scenario (const char *path, Scenario scenario);
#define ADD_SCENARIO(path, scenario) fixture_add_scenario (path, scenario)
/* What makes no sense over memory. */
void fixture_add_socket_scenario (const char *path, Scenario scenario);
/* A row of a table: @data is what the scenario finds in the fixture. */
void fixture_add_case (const char *path, Scenario scenario, gconstpointer data);

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

/* Lets everything happen that can happen now. */
void settle (Fixture *f);
/* Turns the clock, and lets happen what is due. */
void pass_time (Fixture *f, guint ms);
/* Iterates until the condition holds; a minute of real time is the end of the test. */
#define wait_until(f, condition)                                                                   \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 give_up_ = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;                               \
    while (!(condition))                                                                           \
      {                                                                                            \
        g_assert_cmpint (g_get_monotonic_time (), <, give_up_);                                    \
        settle (f);                                                                                \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

/* Connects, and sends nothing. */
Client *client_connect (Fixture *f);
/* Sends a handshake. @headers: whole lines, or "". */
Client *client_new (Fixture *f, const char *path, const char *headers);
/* The same, and waits for a 101. */
Client *client_open (Fixture *f, const char *path);
guint client_wait_status (Client *self);
gboolean client_head_has (Client *self, const char *text);

void client_send_text (Client *self, const char *text);
void client_send_bytes (Client *self, gconstpointer data, gsize length);
void client_send_frame (Client *self, NxOpcode opcode, gconstpointer payload, gsize length);
void client_send_close (Client *self, guint code);
void client_send_raw (Client *self, gconstpointer data, gsize length);
/* FIN; RST. */
void client_shutdown (Client *self);
void client_cut (Client *self);
/* Whether it reads what comes; a client that does not lets the server's queue fill. */
void client_set_reading (Client *self, gboolean reading);

#define client_expect_text(self, expected)                                                         \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *text_ = client_wait_text (self);                                              \
    g_assert_cmpstr (text_, ==, expected);                                                         \
  }                                                                                                \
  G_STMT_END
char *client_wait_text (Client *self);
#define client_expect_close(self, code)                                                            \
  G_STMT_START                                                                                     \
  {                                                                                                \
    wait_until ((self)->fixture, (self)->close_code != 0 || (self)->is_ended);                     \
    g_assert_cmpuint ((self)->close_code, ==, code);                                               \
  }                                                                                                \
  G_STMT_END
void client_expect_end (Client *self);

/* The only websocket of the app. */
NxWebSocket *only_websocket (Fixture *f);
