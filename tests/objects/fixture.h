/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An app whose clock the test turns, and clients that write their frames by hand: over memory, or over a real TCP socket. For
 * what is a matter of octets, or of the kernel; app-fixture.h is for the rest. A scenario is one function, registered for
 * both by ADD_SCENARIO.
 */
#pragma once

#include "app-fixture.h"

#include "nx-app-private.h"
#include "nx-web-socket-private.h"
#include "protocol/nx-receiver-private.h"
#include "protocol/nx-sender-private.h"
#include "transport/nx-memory-stream-private.h"

typedef struct
{
  Fixture *fixture;
  NxMemoryPeer *peer; /* or */
  int fd;
  int server_fd;    /* its other end, when that was last looked for */
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

void fixture_add_scenario (const char *path, Scenario scenario);
/* What is around a scenario, for tests of several apps. @f: zeros, but for uses_socket. */
void fixture_begin (Fixture *f);
void fixture_end (Fixture *f);
/* One run, for tests that make up their scenarios. */
void fixture_run (Scenario scenario, gboolean uses_socket);
#define ADD_SCENARIO(path, scenario) fixture_add_scenario (path, scenario)
/* A row of a table: @data is what the scenario finds in the fixture. */
void fixture_add_case (const char *path, Scenario scenario, gconstpointer data);
/* For what only one of them has. */
void fixture_add_memory_scenario (const char *path, Scenario scenario);
#define ADD_MEMORY_SCENARIO(path, scenario) fixture_add_memory_scenario (path, scenario)
void fixture_add_socket_scenario (const char *path, Scenario scenario);
#define ADD_SOCKET_SCENARIO(path, scenario) fixture_add_socket_scenario (path, scenario)

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

/* A path for a unix socket in a folder of its own, both of which are removed at the end. */
const char *fixture_get_socket_path (Fixture *f);
/* Has the app listen on a port, and clients come there. */
void listen_on_socket (Fixture *f);
/* Connects, and says nothing yet. */
Client *client_connect (Fixture *f);
Client *client_connect_unix (Fixture *f, const char *path);
void client_send_handshake (Client *self, const char *host, const char *path, const char *headers);
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
    Client *client_ = self;                                                                        \
    wait_until (client_->fixture, client_->close_code != 0 || client_->is_ended);                  \
    g_assert_cmpuint (client_->close_code, ==, code);                                              \
  }                                                                                                \
  G_STMT_END
void client_expect_end (Client *self);

/* Answers a close frame with 1001, and stays until the server has ended its output. */
void client_end_closing (Client *self);

/* Notes `started`, `stopping` and `stopped` of the app. */
void note_app_signals (Fixture *f);
/* Stops the app, and notes `done` or `failed:CODE` at the end. */
void stop_app (Fixture *f);

/* The only websocket of the app. */
NxWebSocket *only_websocket (Fixture *f);
