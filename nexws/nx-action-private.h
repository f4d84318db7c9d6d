/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the peers of a controller, or of a class of them, may ask for by name, and what it asks of them: actions, which messages
 * say in their member `type`; and the methods of JSON-RPC.
 */
#pragma once

#include "nx-controller.h"

G_BEGIN_DECLS

typedef enum {
  NX_ACTIONS_MESSAGES, /* functions are NxActionFunc */
  NX_ACTIONS_METHODS,  /* NxRpcMethodFunc */
  NX_N_ACTIONS_KINDS,
} NxActionsKind;

/* Counted with g_rc_box_acquire(), since a handler may bind its own action anew. */
typedef struct
{
  char *type;
  GType message_type; /* G_TYPE_NONE: no members; of a method, JSON_TYPE_NODE: whatever comes */
  GType result_type;  /* of a method: also a type of plain values */
  GCallback func;     /* NULL: it is sent, not taken */
  gpointer data;
  GDestroyNotify destroy; /* nullable */
  JsonNode *schema;       /* (nullable) of one that the class itself reads: an object's */
} NxAction;

/* In the order in which they were declared. */
typedef struct
{
  NxActionsKind kind;
  GPtrArray *received; /* of NxAction */
  GPtrArray *sent;
  GPtrArray *
      read_by_class; /* (nullable) of NxAction: those taken that have a schema; nobody finds them but who describes */
  gboolean takes_no_other; /* the class refuses what is no action */
} NxActions;

void nx_action_release (NxAction *self);

NxActions *nx_actions_new (NxActionsKind kind);
void nx_actions_free (NxActions *self);
/* In place of one of the same name. NULL of @func: it is sent. Takes @data, also where it is refused: with a critical. */
void nx_actions_add (NxActions *self,
                     const char *type,
                     GType message_type,
                     GType result_type,
                     GCallback func,
                     gpointer data,
                     GDestroyNotify destroy);

/* Likewise, of one that the class itself reads, or sends. */
void nx_actions_add_described (NxActions *self,
                               const char *type,
                               JsonNode *schema,
                               gboolean is_sent);
/* Whether @type, or what it is derived from, says that it refuses what is no action. */
gboolean nx_actions_take_no_other (GType type);

/* Whether results may be of @type, besides objects. */
gboolean nx_actions_is_plain_type (GType type);

/* What is declared for @type itself; nullable. */
NxActions *nx_actions_of_type (NxActionsKind kind, GType type);
NxActions *nx_actions_ensure_of_type (NxActionsKind kind, GType type);
/* Whether any is taken, by @own (nullable) or by @type and what it is derived from. */
gboolean nx_actions_are_received (NxActionsKind kind, const NxActions *own, GType type);
/* (transfer none) (nullable): @own come first, then the most derived type's. */
NxAction *nx_actions_find (NxActionsKind kind, const NxActions *own, GType type, const char *name);
/* (transfer container): of NxAction: all that is received, or sent; of each name what nx_actions_find() finds. */
GPtrArray *nx_actions_list (NxActionsKind kind, const NxActions *own, GType type, gboolean is_sent);

G_END_DECLS
