/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a GObject type looks like in JSON: the one table that reading, writing and describing go by, so that they cannot
 * disagree.
 *
 * The members are the properties that can be read and written, those set at construction included, under their canonical
 * names; and lists that are read-only, since their items can be changed. A member may be missing where the property is
 * G_PARAM_CONSTRUCT: then the class has promised that the declared default holds. A list that is read-only may be missing
 * as well: it cannot be G_PARAM_CONSTRUCT, and it is there, most often empty, whether somebody fills it or not.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* How deep objects may be nested, and variants, as values are (NX_JSON_DEPTH_MAX). */
#define NX_SHAPE_DEPTH_MAX 128
/* Objects in one message. Each may take a thousand times the octets that it takes a peer to ask for it. */
#define NX_SHAPE_OBJECTS_MAX 100000

typedef enum {
  NX_MEMBER_BOOLEAN,
  NX_MEMBER_INTEGER,
  NX_MEMBER_NUMBER,
  NX_MEMBER_STRING,
  NX_MEMBER_ENUM,
  NX_MEMBER_FLAGS,
  NX_MEMBER_STRINGS,
  NX_MEMBER_OBJECT,
  NX_MEMBER_LIST,
  NX_MEMBER_DATE_TIME,
  NX_MEMBER_BYTES,
  NX_MEMBER_NODE,
  NX_MEMBER_JSON_OBJECT,
  NX_MEMBER_JSON_ARRAY,
  NX_MEMBER_VARIANT,
  NX_MEMBER_CUSTOM, /* whatever the class's JsonSerializable makes of it */
} NxMemberKind;

typedef struct
{
  GParamSpec *pspec;
  const char *name;
  NxMemberKind kind;
  gboolean is_required;
  gboolean is_nullable;
  union
  {
    struct
    {
      gint64 minimum, maximum;
      guint64 beyond; /* the true maximum where json-glib's 64 bits do not hold it, else 0 */
    } integer;
    struct
    {
      double minimum, maximum;
    } number;
    const GEnumClass *enumeration;
    const GFlagsClass *flags;
    GType type; /* of an object, or of the items of a list */
    const GVariantType *signature;
  } of;
} NxMember;

typedef struct
{
  GType type;
  guint n_members;
  NxMember members[];
} NxShape;

/* NX_SHAPE_ERROR is a mistake of the program; what the peer does wrong is of G_CONVERT_ERROR. */
#define NX_SHAPE_ERROR (nx_shape_error_quark ())
GQuark nx_shape_error_quark (void);

/* (transfer none): kept for ever. NULL for a type with a property that JSON cannot express; the error names both. */
const NxShape *nx_shape_get (GType type, GError **error);
/* Adds the shape of @type, and of all that it is made of, to @shapes, each once. */
gboolean nx_shape_collect (GType type, GPtrArray *shapes, GError **error);
const NxMember *nx_shape_find (const NxShape *self, const char *name);

G_END_DECLS
