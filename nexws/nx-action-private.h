/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The actions of a controller, or of a class of them: what messages may say in their member `type`, and what is done then. */
#pragma once

#include "nx-controller.h"

G_BEGIN_DECLS

/* Counted with g_rc_box_acquire(), since a handler may bind its own action anew. */
typedef struct
{
  char *type;
  GType message_type; /* G_TYPE_NONE: no members */
  NxActionFunc func;  /* NULL: it is sent, not taken */
  gpointer data;
  GDestroyNotify destroy; /* nullable */
} NxAction;

/* In the order in which they were declared. */
typedef struct
{
  GPtrArray *received; /* of NxAction */
  GPtrArray *sent;
} NxActions;

void nx_action_release (NxAction *self);

NxActions *nx_actions_new (void);
void nx_actions_free (NxActions *self);
/* In place of one of the same name. NULL of @func: it is sent. Takes @data, also where it is refused: with a critical. */
void nx_actions_add (NxActions *self,
                     const char *type,
                     GType message_type,
                     NxActionFunc func,
                     gpointer data,
                     GDestroyNotify destroy);

/* What is declared for @type itself; nullable. */
NxActions *nx_actions_of_type (GType type);
NxActions *nx_actions_ensure_of_type (GType type);
/* Whether any is taken, by @own (nullable) or by @type and what it is derived from. */
gboolean nx_actions_are_received (const NxActions *own, GType type);
/* (transfer none) (nullable): @own come first, then the most derived type's. */
NxAction *nx_actions_find (const NxActions *own, GType type, const char *name);
/* (transfer container): of NxAction: all that is received, or sent; of each name what nx_actions_find() finds. */
GPtrArray *nx_actions_list (const NxActions *own, GType type, gboolean is_sent);

G_END_DECLS
