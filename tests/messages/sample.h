/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types to make messages of: each kind of property once. */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

typedef enum {
  COLOUR_RED,
  COLOUR_DARK_GREEN,
} Colour;
#define TYPE_COLOUR (colour_get_type ())
GType colour_get_type (void);

#define TYPE_STYLE (style_get_type ())
GType style_get_type (void);

/* x and y must be there; label need not. */
#define TYPE_POINT (point_get_type ())
G_DECLARE_FINAL_TYPE (Point, point, , POINT, GObject)

/* A property of each kind; most have G_PARAM_CONSTRUCT, so that a test can leave them out. */
#define TYPE_SAMPLE (sample_get_type ())
G_DECLARE_FINAL_TYPE (Sample, sample, , SAMPLE, GObject)

/* Holds others of its own type. */
#define TYPE_KNOT (knot_get_type ())
G_DECLARE_FINAL_TYPE (Knot, knot, , KNOT, GObject)

/* A property that JSON has nothing for; and one that the class has something for. */
#define TYPE_ODD (odd_get_type ())
G_DECLARE_FINAL_TYPE (Odd, odd, , ODD, GObject)
#define TYPE_CUSTOM (custom_get_type ())
G_DECLARE_FINAL_TYPE (Custom, custom, , CUSTOM, GObject)
