/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sample.h"

GType
colour_get_type (void)
{
  static const GEnumValue values[] = {
    { COLOUR_RED, "COLOUR_RED", "red" },
    { COLOUR_DARK_GREEN, "COLOUR_DARK_GREEN", "dark-green" },
    { 0, NULL, NULL },
  };
  static GType type;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("Colour", values));
  return type;
}

GType
style_get_type (void)
{
  static const GFlagsValue values[] = {
    { 1, "STYLE_BOLD", "bold" },
    { 2, "STYLE_WIDE", "wide" },
    { 0, NULL, NULL },
  };
  static GType type;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("Style", values));
  return type;
}

/* -- Objects that keep whatever they are given: the values of their properties, by id -- */

#define N_VALUES_MAX 32

#define BAG(Type)                                                                                  \
  struct _##Type                                                                                   \
  {                                                                                                \
    GObject parent_instance;                                                                       \
    GValue values[N_VALUES_MAX];                                                                   \
  }

#define BAG_FUNCTIONS(Type, type)                                                                  \
  static void type##_get (GObject *object, guint id, GValue *value, GParamSpec *pspec)             \
  {                                                                                                \
    if (G_IS_VALUE (&((Type *) object)->values[id]))                                               \
      g_value_copy (&((Type *) object)->values[id], value);                                        \
    else                                                                                           \
      g_param_value_set_default (pspec, value);                                                    \
  }                                                                                                \
  static void type##_set (GObject *object, guint id, const GValue *value, GParamSpec *pspec)       \
  {                                                                                                \
    GValue *mine = &((Type *) object)->values[id];                                                 \
                                                                                                   \
    if (!G_IS_VALUE (mine))                                                                        \
      g_value_init (mine, pspec->value_type);                                                      \
    g_value_copy (value, mine);                                                                    \
  }                                                                                                \
  static void type##_finalize (GObject *object)                                                    \
  {                                                                                                \
    for (guint i = 0; i < N_VALUES_MAX; i++)                                                       \
      if (G_IS_VALUE (&((Type *) object)->values[i]))                                              \
        g_value_unset (&((Type *) object)->values[i]);                                             \
    G_OBJECT_CLASS (type##_parent_class)->finalize (object);                                       \
  }                                                                                                \
  static void type##_class_init (Type##Class *klass)                                               \
  {                                                                                                \
    G_OBJECT_CLASS (klass)->get_property = type##_get;                                             \
    G_OBJECT_CLASS (klass)->set_property = type##_set;                                             \
    G_OBJECT_CLASS (klass)->finalize = type##_finalize;                                            \
    type##_install (G_OBJECT_CLASS (klass));                                                       \
  }

#define MUST (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)
#define MAY (G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS)

static void
take_new_store (GValue *value, GType list_type)
{
  g_value_init (value, list_type);
  g_value_take_object (value, g_list_store_new (TYPE_POINT));
}

static void
point_install (GObjectClass *klass)
{
  g_object_class_install_property (
      klass, 1, g_param_spec_uchar ("x", NULL, "How far to the right", 0, 255, 0, MUST));
  g_object_class_install_property (klass, 2, g_param_spec_int ("y", NULL, NULL, -5, 5, 0, MUST));
  g_object_class_install_property (klass, 3, g_param_spec_string ("label", NULL, NULL, "", MAY));
}

BAG (Point);
G_DEFINE_FINAL_TYPE (Point, point, G_TYPE_OBJECT)
BAG_FUNCTIONS (Point, point)

static void
point_init (Point *self)
{
}

enum {
  SAMPLE_POINTS = 25,
  SAMPLE_FIXED_POINTS,
};

static void
sample_install (GObjectClass *klass)
{
  GParamSpec *const pspecs[] = {
    g_param_spec_boolean ("boolean", NULL, NULL, TRUE, MAY),
    g_param_spec_char ("char", NULL, NULL, -100, 100, -7, MAY),
    g_param_spec_uchar ("uchar", NULL, NULL, 0, 255, 7, MAY),
    g_param_spec_int ("int", NULL, NULL, G_MININT, G_MAXINT, 0, MAY),
    g_param_spec_uint ("uint", NULL, NULL, 10, G_MAXUINT, 10, MAY),
    g_param_spec_long ("long", NULL, NULL, G_MINLONG, G_MAXLONG, 0, MAY),
    g_param_spec_ulong ("ulong", NULL, NULL, 0, 1000, 0, MAY),
    g_param_spec_int64 ("int64", NULL, NULL, G_MININT64, G_MAXINT64, 0, MAY),
    g_param_spec_uint64 ("uint64", NULL, NULL, 0, G_MAXUINT64, 0, MAY),
    g_param_spec_float ("float", NULL, NULL, -1, 1, 0, MAY),
    g_param_spec_double ("double", NULL, NULL, -G_MAXDOUBLE, G_MAXDOUBLE, 0, MAY),
    g_param_spec_string ("text", NULL, "What it says", "", MAY),
    g_param_spec_string ("maybe-text", NULL, NULL, NULL, MAY),
    g_param_spec_enum ("colour", NULL, NULL, TYPE_COLOUR, COLOUR_RED, MAY),
    g_param_spec_flags ("style", NULL, NULL, TYPE_STYLE, 0, MAY),
    g_param_spec_boxed ("words", NULL, NULL, G_TYPE_STRV, MAY),
    g_param_spec_boxed ("time", NULL, NULL, G_TYPE_DATE_TIME, MAY),
    g_param_spec_boxed ("octets", NULL, NULL, G_TYPE_BYTES, MAY),
    g_param_spec_boxed ("node", NULL, NULL, JSON_TYPE_NODE, MAY),
    g_param_spec_boxed ("json-object", NULL, NULL, JSON_TYPE_OBJECT, MAY),
    g_param_spec_boxed ("json-array", NULL, NULL, JSON_TYPE_ARRAY, MAY),
    g_param_spec_variant ("pair", NULL, NULL, G_VARIANT_TYPE ("(su)"), NULL, MAY),
    g_param_spec_variant ("anything", NULL, NULL, G_VARIANT_TYPE_ANY, NULL, MAY),
    g_param_spec_object ("point", NULL, NULL, TYPE_POINT, MAY),
    g_param_spec_object ("points", NULL, NULL, G_TYPE_LIST_MODEL, MUST),
    g_param_spec_object ("fixed-points", NULL, NULL, G_TYPE_LIST_STORE,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS),
    g_param_spec_int ("once", NULL, NULL, 0, 9, 0,
                      G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS),
    g_param_spec_int ("computed", NULL, NULL, 0, 9, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS),
  };

  for (guint i = 0; i < G_N_ELEMENTS (pspecs); i++)
    g_object_class_install_property (klass, i + 1, pspecs[i]);
}

BAG (Sample);
G_DEFINE_FINAL_TYPE (Sample, sample, G_TYPE_OBJECT)
BAG_FUNCTIONS (Sample, sample)

static void
sample_init (Sample *self)
{
  take_new_store (&self->values[SAMPLE_POINTS], G_TYPE_LIST_MODEL);
  take_new_store (&self->values[SAMPLE_FIXED_POINTS], G_TYPE_LIST_STORE);
}

static void
knot_install (GObjectClass *klass)
{
  g_object_class_install_property (klass, 1,
                                   g_param_spec_object ("left", NULL, NULL, TYPE_KNOT, MAY));
  g_object_class_install_property (klass, 2,
                                   g_param_spec_object ("right", NULL, NULL, TYPE_KNOT, MAY));
}

BAG (Knot);
G_DEFINE_FINAL_TYPE (Knot, knot, G_TYPE_OBJECT)
BAG_FUNCTIONS (Knot, knot)

static void
knot_init (Knot *self)
{
}

static void
odd_install (GObjectClass *klass)
{
  g_object_class_install_property (klass, 1, g_param_spec_pointer ("pointer", NULL, NULL, MUST));
}

BAG (Odd);
G_DEFINE_FINAL_TYPE (Odd, odd, G_TYPE_OBJECT)
BAG_FUNCTIONS (Odd, odd)

static void
odd_init (Odd *self)
{
}

/* A GType, as its name. */
static JsonNode *
custom_serialize (JsonSerializable *self, const char *name, const GValue *value, GParamSpec *pspec)
{
  return json_node_init_string (json_node_alloc (), g_type_name (g_value_get_gtype (value)));
}

static gboolean
custom_deserialize (JsonSerializable *self,
                    const char *name,
                    GValue *value,
                    GParamSpec *pspec,
                    JsonNode *node)
{
  const char *text = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;

  if (text == NULL || g_type_from_name (text) == 0)
    return FALSE;
  g_value_set_gtype (value, g_type_from_name (text));
  return TRUE;
}

static void
custom_serializable_init (JsonSerializableIface *iface)
{
  iface->serialize_property = custom_serialize;
  iface->deserialize_property = custom_deserialize;
}

static void
custom_install (GObjectClass *klass)
{
  g_object_class_install_property (klass, 1,
                                   g_param_spec_gtype ("kind", NULL, NULL, G_TYPE_NONE, MUST));
}

BAG (Custom);
G_DEFINE_FINAL_TYPE_WITH_CODE (Custom,
                               custom,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (JSON_TYPE_SERIALIZABLE,
                                                      custom_serializable_init))
BAG_FUNCTIONS (Custom, custom)

static void
custom_init (Custom *self)
{
}
