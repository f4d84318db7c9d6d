/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server's end of a TLS stream: reads whatever comes, as a gate or a connection does.
 */
#pragma once

#include "stream-contract.h"

#define TLS_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

/* The server's end: reads whatever comes, as a gate or a connection does. */
typedef struct
{
  Ground *ground;
  NxStream *stream;
  Peer *peer;
  GByteArray *input;
  gsize read_size; /* so much at each call */
  gssize last_result;
  guint n_called;
  GBytes *output; /* nullable; goes out as fast as it can */
  gsize n_written;
} Server;

void server_init (Server *self, Ground *g, NxTlsContext *context);
void server_clear (Server *self);
void server_write (Server *self, GBytes *octets);
void server_init_shaken (Server *self, Ground *g);
GBytes *make_octets (gsize size);
void assert_equals (GByteArray *got, GBytes *expected);
void server_ready_cb (NxStream *stream, NxReady ready, gpointer data);
void exchange (Server *server, gsize size);
