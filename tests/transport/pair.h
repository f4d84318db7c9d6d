/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection, its owner, which notes what it is told, and a client that speaks frames.
 */
#pragma once

#include "harness.h"
#include "transport/nx-connection-private.h"

#define HEAD "HEAD\n"

/* A connection, its owner, and a client that speaks frames. */
typedef struct _Pair Pair;
struct _Pair
{
  Ground *ground;
  NxSettings *settings;
  NxConnection *connection;

  /* The owner: notes what it is told. */
  gboolean is_full;       /* takes what comes, and says: no more */
  gboolean finishes_late; /* not inside input_ended */
  gboolean has_ended;
  void (*action) (Pair *self, const char *event);

  /* The client. */
  Peer *peer;
  NxReceiver receiver;
  NxReceiverLimits limits;
  gsize head_left;
  GString *frames; /* that came, in words */
};

void pair_prepare (Pair *self, Ground *g);
void pair_start_with (Pair *self, const NxDeflateParams *deflate);
void pair_start (Pair *self);
void pair_init (Pair *self, Ground *g);
void pair_clear (Pair *self);
NxSendResult server_send (Pair *self, const char *text);
NxSendResult server_send_big (Pair *self, gsize size);
GByteArray *mask (NxOpcode opcode, gconstpointer payload, gsize length);
void client_send (Pair *self, NxOpcode opcode, gconstpointer payload, gsize length);
void client_say (Pair *self, const char *text);
void client_say_two (Pair *self, const char *one, const char *two);
void client_close (Pair *self, guint code);
void client_break_the_protocol (Pair *self);
gboolean client_has (Pair *self, gsize length);
void client_expect (Pair *self, const char *expected);
void client_expect_end (Pair *self);
void expect_ended (Pair *self, const char *log);
void expect_log (Pair *self, const char *log);
void slow_init (Pair *self, Ground *g, NxSlowPolicy policy);
void be_read (Pair *self);
