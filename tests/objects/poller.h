/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who polls: takes all that is there, and notes it in one word.
 */
#pragma once

#include "fixture.h"

gboolean poll_once (Fixture *f, NxWebSocket *ws, GString *word);
void poll_all (Fixture *f, NxWebSocket *ws);
void readable_cb (NxWebSocket *ws, Fixture *f);
void note_readable_cb (NxWebSocket *ws, Fixture *f);
void message_cb (NxWebSocket *ws, NxMessage *message, Fixture *f);
void received_cb (GObject *source, GAsyncResult *result, gpointer data);
Client *open_route (Fixture *f, NxWebSocket **ws);
Client *open_polled (Fixture *f, NxWebSocket **ws);
