/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A class with methods, and ones derived from it; and JSON-RPC in short words.
 */
#pragma once

#include "fixture.h"

#define WARN(pattern) g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, pattern)

extern Fixture *desk_fixture; /* of the test that runs */
extern GPtrArray *desk_kept;  /* of NxRpcCall, to be answered later */

typedef NxRpcController Desk;
typedef NxRpcControllerClass DeskClass;

/* The class, and ones derived from it: one that binds a method anew, and one that has its own on_call. */
GType desk_get_type (void);
GType small_desk_get_type (void);
GType open_desk_get_type (void);

#define V "\"jsonrpc\":\"2.0\""
#define CALL(id, method, params)                                                                   \
  "{" V ",\"id\":" id ",\"method\":\"" method "\",\"params\":" params "}"
#define ASK(id, method) "{" V ",\"id\":" id ",\"method\":\"" method "\"}"
#define TELL(method) "{" V ",\"method\":\"" method "\"}"
#define RESULT(id, result) "{" V ",\"id\":" id ",\"result\":" result "}"
#define ERROR(id, code, message)                                                                   \
  "{" V ",\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"" message "\"}}"
#define ERROR_DATA(id, code, message, data)                                                        \
  "{" V ",\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"" message "\",\"data\":\"" data \
  "\"}}"
#define INVALID(id, why) ERROR_DATA (id, "-32600", "Invalid Request", why)

void return_number (NxRpcCall *call, gint64 number);
/* Answers the call that was kept as the @index-th. */
void answer_kept (guint index, gint64 number);
/* Methods of it, to be bound elsewhere as well. */
void desk_move (NxRpcController *self,
                NxRpcCall *call,
                GObject *params,
                gpointer data,
                GError **error);
void desk_stop (NxRpcController *self,
                NxRpcCall *call,
                GObject *params,
                gpointer data,
                GError **error);
/* A controller of @type at "/rpc". */
NxRpcController *serve (Fixture *f, GType type);
/* A client of one of the class. */
Client *open_desk (Fixture *f);
/* Whatever was not to be answered is not: the next answer is this one's. */
void expect_nothing_before (Client *client);
