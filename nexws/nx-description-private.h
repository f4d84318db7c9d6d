/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a service declares, gathered from its routes: what every format of nx_app_describe_as() is written from. */
#pragma once

#include "nx-action-private.h"
#include "nx-app.h"

#include "messages/nx-definitions-private.h"
#include "messages/nx-schema-private.h"
#include "routing/nx-pattern-private.h"

G_BEGIN_DECLS

/* The name, in TypeScript, of what lists all channels. */
#define NX_DESCRIPTION_CHANNELS "Channels"

typedef struct
{
  NxRoute *route;
  char *address;         /* such as `/rooms/{room}` */
  GPtrArray *parameters; /* of NxSegment, which the patterns own */
  GPtrArray *patterns;   /* of NxPattern */
  char *name;            /* an identifier; nobody else's */
  char *to_server; /* likewise, as types are written: of all messages that it takes, and … */
  char *to_client; /* … that it sends */
  NxEncoding encoding;
  char **subprotocols;  /* nullable */
  gboolean takes_other; /* messages that are no actions */
  GPtrArray *received;  /* of NxAction, as are sent; the controller owns them */
  GPtrArray *sent;
  gboolean is_rpc;
  char *methods_name; /* an identifier, of all methods that it has, and … */
  char *called_name;  /* … that it calls */
  GPtrArray *methods; /* of NxAction, as are called; none unless it is JSON-RPC */
  GPtrArray *called;
  gpointer klass;           /* of the controller, or of controllers in general */
  NxController *controller; /* nullable */
} NxChannel;

typedef struct
{
  NxNames *names;
  GPtrArray *shapes;          /* of NxShape: of all messages, and what they are made of */
  NxDefinitions *definitions; /* likewise, of those that came as a schema */
  GPtrArray *channels;        /* of NxChannel */
  const char *version;        /* nullable, the app's: of what it speaks */
} NxDescription;

NxDescription *nx_description_new (NxApp *app, GError **error);
void nx_description_free (NxDescription *self);
/* (transfer full): of a whole message. */
JsonObject *nx_description_schema_of_action (const NxDescription *self,
                                             const NxAction *action,
                                             const char *prefix);
/* Adds all types, under their names. */
void nx_description_add_types (const NxDescription *self, JsonObject *types, const char *prefix);

/* (transfer full): the formats, one a file. */
char *nx_description_to_asyncapi (const NxDescription *self, GError **error);
char *nx_description_to_json_schema (const NxDescription *self, GError **error);
char *nx_description_to_typescript (const NxDescription *self);

/*
 * nx-description-rpc.c: JSON-RPC. A request has an id unless it is a notification; batches are arrays of what is described
 * here, and not described.
 */
/* (transfer full): schemas. */
JsonObject *nx_description_schema_of_request (const NxAction *method,
                                              const char *prefix,
                                              NxNames *names);
JsonObject *nx_description_schema_of_result (const NxAction *method,
                                             const char *prefix,
                                             NxNames *names);
JsonObject *nx_description_schema_of_error (void);
/* Appends members of a union: what may be sent by the one who calls @methods, and whom the other calls for @called. */
void nx_description_append_rpc_union (GString *text,
                                      const NxDescription *self,
                                      GPtrArray *methods,
                                      GPtrArray *called,
                                      gboolean is_sent);
/* Appends an interface that has params and result of each method. @is_called: the client has them. */
void nx_description_append_methods (GString *text,
                                    const NxDescription *self,
                                    const NxChannel *channel,
                                    gboolean is_called);

/* What the program calls itself. */
const char *nx_description_get_title (void);
/* (transfer full): takes @root. Fails for a name that is not UTF-8. */
char *nx_description_print (JsonObject *root, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxDescription, nx_description_free)

G_END_DECLS
