/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is between us and a Redis: it hands octets on between two unix sockets, late or not at all, from threads of its own, so that it
 * goes on whatever the test's main loop does.
 */
#pragma once

#include <gio/gio.h>

typedef struct _Relay Relay;

Relay *relay_new (const char *folder, const char *to);
void relay_free (Relay *self);
const char *relay_get_uri (Relay *self);
/* Each piece of octets comes that late. */
void relay_set_delay (Relay *self, guint delay_ms);
/* From now on nothing passes, though all stays connected; new connections are taken, and nothing passes there either. */
void relay_cut (Relay *self);
/* What is connected already stays cut; what comes now passes. */
void relay_heal_new (Relay *self);
/* What was held goes on its way after all. */
void relay_release (Relay *self);
