/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of a connection as properties: the app has them for all, and a route may have its own. */
#pragma once

#include <glib-object.h>

#include "transport/nx-settings-private.h"

G_BEGIN_DECLS

#define NX_N_SETTINGS 16

/* Installs them as first_id, first_id + 1, … */
void nx_settings_install_properties (GObjectClass *klass, guint first_id);
/* @index: property id - first_id. */
void nx_settings_get_property (const NxSettings *self, guint index, GValue *value);
void nx_settings_set_property (NxSettings *self, guint index, const GValue *value);
/* Says once what in it goes together ill; called when a connection is to have it, since properties are set one by one. */
void nx_settings_check (NxSettings *self);
/* Copies those of @from whose bit (1 << index) is set in @mask. */
void nx_settings_override (NxSettings *self, const NxSettings *from, guint mask);

G_END_DECLS
