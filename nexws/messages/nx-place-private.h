/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in a message something is wrong, what came there, and what is allowed: `points[3].x: 300 came, … is wanted`. */
#pragma once

#include "messages/nx-shape-private.h"

G_BEGIN_DECLS

/* A step of the way into a message, on the stack of who takes it; the outermost has no name. */
typedef struct _NxPlace NxPlace;
struct _NxPlace
{
  const NxPlace *outer;
  const char *name; /* NULL: an element */
  guint index;
};

/* (transfer full): such as `points[3].x`; `the message` for the outermost one. */
char *nx_place_to_string (const NxPlace *self);
/* (transfer full): a value for people, shortened. */
char *nx_place_show (JsonNode *node);
/* A character, or \uXXXX for one that cannot be seen: a terminal obeys some of these. */
void nx_place_append_visible (GString *text, gunichar c);
/* (transfer full): at most so much of a text that a peer chose. */
char *nx_place_shorten (const char *text);
/* (transfer full): what may stand in a member, such as `an integer from 0 to 255`. */
char *nx_member_describe (const NxMember *member);
/* (transfer full): the nicks of an enum or of flags. */
char *nx_member_list_nicks (const NxMember *member);
/* (transfer full): the names of all members. */
char *nx_shape_list_members (const NxShape *shape);

/* Sets an error of G_CONVERT_ERROR; returns FALSE. @wanted: taken. */
gboolean nx_place_fail (const NxPlace *self, JsonNode *came, char *wanted, GError **error);
gboolean nx_place_fail_literally (const NxPlace *self,
                                  JsonNode *came,
                                  const char *wanted,
                                  GError **error);

G_END_DECLS
