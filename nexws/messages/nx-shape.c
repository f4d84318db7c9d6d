/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-shape-private.h"

#include <float.h>

/* clang-format off */
G_DEFINE_QUARK (nx-shape-error-quark, nx_shape_error)
static G_DEFINE_QUARK (nx-shape, nx_shape)
/* clang-format on */

static gboolean
fail (GType type, GParamSpec *pspec, GError **error, const char *why)
{
  g_set_error (error, NX_SHAPE_ERROR, 0, "%s:%s (%s) cannot be a member of a message: %s",
               g_type_name (type), pspec->name, g_type_name (pspec->value_type), why);
  return FALSE;
}

/* -- Numbers -- */

static void
set_range (NxMember *self, gint64 minimum, gint64 maximum)
{
  self->kind = NX_MEMBER_INTEGER;
  self->of.integer.minimum = minimum;
  self->of.integer.maximum = maximum;
}

/* Where the GParamSpec is of another kind than the type's own, what it allows is for its own check to say. */
static void
take_signed (NxMember *self, GParamSpec *pspec)
{
  if (G_IS_PARAM_SPEC_CHAR (pspec))
    set_range (self, G_PARAM_SPEC_CHAR (pspec)->minimum, G_PARAM_SPEC_CHAR (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_INT (pspec))
    set_range (self, G_PARAM_SPEC_INT (pspec)->minimum, G_PARAM_SPEC_INT (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_LONG (pspec))
    set_range (self, G_PARAM_SPEC_LONG (pspec)->minimum, G_PARAM_SPEC_LONG (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    set_range (self, G_PARAM_SPEC_INT64 (pspec)->minimum, G_PARAM_SPEC_INT64 (pspec)->maximum);
  else
    set_range (self, G_MININT32, G_MAXINT32);
}

static void
set_unsigned_range (NxMember *self, guint64 minimum, guint64 maximum)
{
  set_range (self, (gint64) MIN (minimum, G_MAXINT64), (gint64) MIN (maximum, G_MAXINT64));
  self->of.integer.beyond = maximum > G_MAXINT64 ? maximum : 0;
}

static void
take_unsigned (NxMember *self, GParamSpec *pspec)
{
  if (G_IS_PARAM_SPEC_UCHAR (pspec))
    set_unsigned_range (self, G_PARAM_SPEC_UCHAR (pspec)->minimum,
                        G_PARAM_SPEC_UCHAR (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    set_unsigned_range (self, G_PARAM_SPEC_UINT (pspec)->minimum,
                        G_PARAM_SPEC_UINT (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_ULONG (pspec))
    set_unsigned_range (self, G_PARAM_SPEC_ULONG (pspec)->minimum,
                        G_PARAM_SPEC_ULONG (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_UINT64 (pspec))
    set_unsigned_range (self, G_PARAM_SPEC_UINT64 (pspec)->minimum,
                        G_PARAM_SPEC_UINT64 (pspec)->maximum);
  else
    set_unsigned_range (self, 0, G_IS_PARAM_SPEC_UNICHAR (pspec) ? 0x10FFFF : G_MAXUINT32);
}

static void
take_floating (NxMember *self, GParamSpec *pspec)
{
  self->kind = NX_MEMBER_NUMBER;
  self->of.number.minimum = -DBL_MAX;
  self->of.number.maximum = DBL_MAX;
  if (G_IS_PARAM_SPEC_FLOAT (pspec))
    {
      self->of.number.minimum = G_PARAM_SPEC_FLOAT (pspec)->minimum;
      self->of.number.maximum = G_PARAM_SPEC_FLOAT (pspec)->maximum;
    }
  else if (G_IS_PARAM_SPEC_DOUBLE (pspec))
    {
      self->of.number.minimum = G_PARAM_SPEC_DOUBLE (pspec)->minimum;
      self->of.number.maximum = G_PARAM_SPEC_DOUBLE (pspec)->maximum;
    }
}

/* -- What is made of other types -- */

static gboolean
can_be_made (GType type)
{
  return g_type_is_a (type, G_TYPE_OBJECT) && type != G_TYPE_OBJECT && !G_TYPE_IS_ABSTRACT (type);
}

/* Only an instance knows what is in its list. */
static gboolean
take_items (NxMember *self, GType owner, GParamSpec *pspec, GError **error)
{
  g_autoptr (GObject) sample = NULL;
  g_autoptr (GListModel) list = NULL;

  if (!can_be_made (owner))
    return fail (owner, pspec, error, "what its items are is known of no instance");
  sample = g_object_new (owner, NULL);
  g_object_get (sample, pspec->name, &list, NULL);
  if (list == NULL)
    return fail (owner, pspec, error, "no list is there to say what its items are");
  self->kind = NX_MEMBER_LIST;
  self->of.type = g_list_model_get_item_type (list);
  if (!can_be_made (self->of.type))
    return fail (owner, pspec, error, "its items are of no class that has instances");
  if (!(pspec->flags & G_PARAM_WRITABLE) && !G_IS_LIST_STORE (list))
    return fail (owner, pspec, error, "it can be neither set nor filled");
  return TRUE;
}

static gboolean
take_custom (NxMember *self, GType owner, GParamSpec *pspec, GError **error)
{
  if (!g_type_is_a (owner, JSON_TYPE_SERIALIZABLE))
    return fail (owner, pspec, error, "there is no JSON for its type");
  if (pspec->flags & G_PARAM_CONSTRUCT_ONLY)
    return fail (owner, pspec, error, "JsonSerializable comes too late for what is construct-only");
  self->kind = NX_MEMBER_CUSTOM;
  return TRUE;
}

static gboolean
take_object (NxMember *self, GType owner, GParamSpec *pspec, GError **error)
{
  if (g_type_is_a (pspec->value_type, G_TYPE_LIST_MODEL))
    return take_items (self, owner, pspec, error);
  if (!can_be_made (pspec->value_type))
    return take_custom (self, owner, pspec, error);
  self->kind = NX_MEMBER_OBJECT;
  self->is_nullable = TRUE;
  self->of.type = pspec->value_type;
  return TRUE;
}

static gboolean
take_boxed (NxMember *self, GType owner, GParamSpec *pspec, GError **error)
{
  const struct
  {
    GType type;
    NxMemberKind kind;
  } known[] = {
    { G_TYPE_STRV, NX_MEMBER_STRINGS },          { G_TYPE_DATE_TIME, NX_MEMBER_DATE_TIME },
    { G_TYPE_BYTES, NX_MEMBER_BYTES },           { JSON_TYPE_NODE, NX_MEMBER_NODE },
    { JSON_TYPE_OBJECT, NX_MEMBER_JSON_OBJECT }, { JSON_TYPE_ARRAY, NX_MEMBER_JSON_ARRAY },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (pspec->value_type == known[i].type)
      {
        self->kind = known[i].kind;
        self->is_nullable = self->kind != NX_MEMBER_STRINGS;
        return TRUE;
      }
  return take_custom (self, owner, pspec, error);
}

/* -- Each property -- */

static gboolean
is_nullable_string (GParamSpec *pspec)
{
  return g_value_get_string (g_param_spec_get_default_value (pspec)) == NULL
         && !(G_IS_PARAM_SPEC_STRING (pspec) && G_PARAM_SPEC_STRING (pspec)->ensure_non_null);
}

static gboolean
member_init (NxMember *self, GType owner, GParamSpec *pspec, GError **error)
{
  self->pspec = pspec;
  self->name = pspec->name;
  /* What cannot be written is a list, which its owner makes: without being told, it is as that has it. */
  self->is_required = pspec->flags & G_PARAM_WRITABLE && !(pspec->flags & G_PARAM_CONSTRUCT);
  switch (G_TYPE_FUNDAMENTAL (pspec->value_type))
    {
    case G_TYPE_BOOLEAN:
      self->kind = NX_MEMBER_BOOLEAN;
      return TRUE;
    case G_TYPE_CHAR:
    case G_TYPE_INT:
    case G_TYPE_LONG:
    case G_TYPE_INT64:
      take_signed (self, pspec);
      return TRUE;
    case G_TYPE_UCHAR:
    case G_TYPE_UINT:
    case G_TYPE_ULONG:
    case G_TYPE_UINT64:
      take_unsigned (self, pspec);
      return TRUE;
    case G_TYPE_FLOAT:
    case G_TYPE_DOUBLE:
      take_floating (self, pspec);
      return TRUE;
    case G_TYPE_STRING:
      self->kind = NX_MEMBER_STRING;
      self->is_nullable = is_nullable_string (pspec);
      return TRUE;
    case G_TYPE_ENUM:
      self->kind = NX_MEMBER_ENUM;
      self->of.enumeration = g_type_class_ref (pspec->value_type);
      return TRUE;
    case G_TYPE_FLAGS:
      self->kind = NX_MEMBER_FLAGS;
      self->of.flags = g_type_class_ref (pspec->value_type);
      return TRUE;
    case G_TYPE_VARIANT:
      self->kind = NX_MEMBER_VARIANT;
      self->is_nullable = TRUE;
      self->of.signature = G_PARAM_SPEC_VARIANT (pspec)->type;
      if (!g_variant_type_is_definite (self->of.signature)
          && !g_variant_type_equal (self->of.signature, G_VARIANT_TYPE_ANY))
        return fail (owner, pspec, error, "its type is neither definite nor \"*\"");
      return TRUE;
    case G_TYPE_BOXED:
      return take_boxed (self, owner, pspec, error);
    case G_TYPE_OBJECT:
    case G_TYPE_INTERFACE:
      return take_object (self, owner, pspec, error);
    default:
      return take_custom (self, owner, pspec, error);
    }
}

static gboolean
is_member (GParamSpec *pspec)
{
  if (!(pspec->flags & G_PARAM_READABLE))
    return FALSE;
  return pspec->flags & G_PARAM_WRITABLE || g_type_is_a (pspec->value_type, G_TYPE_LIST_MODEL);
}

static NxShape *
shape_new (GType type, GError **error)
{
  GObjectClass *klass = g_type_class_ref (type); /* for ever, as the shape */
  guint n_pspecs;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (klass, &n_pspecs);
  NxShape *self = g_malloc0 (sizeof (NxShape) + n_pspecs * sizeof (NxMember));

  self->type = type;
  for (guint i = 0; i < n_pspecs; i++)
    {
      GParamSpec *overridden = g_param_spec_get_redirect_target (pspecs[i]);
      GParamSpec *pspec = overridden != NULL ? overridden : pspecs[i];

      if (!is_member (pspec))
        continue;
      if (!member_init (&self->members[self->n_members++], type, pspec, error))
        {
          g_free (self);
          return NULL;
        }
    }
  return self;
}

/* Made outside of the lock, since instances are made for it: of two threads that do, one wins. */
const NxShape *
nx_shape_get (GType type, GError **error)
{
  static GMutex mutex;
  NxShape *self, *mine;

  if (G_TYPE_FUNDAMENTAL (type)
      != G_TYPE_OBJECT) /* nor is an interface, which may be one's as well */
    {
      g_set_error (error, NX_SHAPE_ERROR, 0, "%s is not a class of GObject",
                   type != G_TYPE_INVALID ? g_type_name (type) : "0");
      return NULL;
    }
  self = g_type_get_qdata (type, nx_shape_quark ());
  if (self != NULL)
    return self;
  mine = shape_new (type, error);
  if (mine == NULL)
    return NULL;
  g_mutex_lock (&mutex);
  self = g_type_get_qdata (type, nx_shape_quark ());
  if (self == NULL)
    {
      self = g_steal_pointer (&mine);
      g_type_set_qdata (type, nx_shape_quark (), self);
    }
  g_mutex_unlock (&mutex);
  g_free (mine);
  return self;
}

gboolean
nx_shape_collect (GType type, GPtrArray *shapes, GError **error)
{
  const NxShape *self = nx_shape_get (type, error);

  if (self == NULL)
    return FALSE;
  if (g_ptr_array_find (shapes, self, NULL))
    return TRUE;
  g_ptr_array_add (shapes, (gpointer) self);
  for (guint i = 0; i < self->n_members; i++)
    {
      const NxMember *member = &self->members[i];

      if ((member->kind == NX_MEMBER_OBJECT || member->kind == NX_MEMBER_LIST)
          && !nx_shape_collect (member->of.type, shapes, error))
        return FALSE;
    }
  return TRUE;
}

const NxMember *
nx_shape_find (const NxShape *self, const char *name)
{
  for (guint i = 0; i < self->n_members; i++)
    if (strcmp (self->members[i].name, name) == 0)
      return &self->members[i];
  return NULL;
}
