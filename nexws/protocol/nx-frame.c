/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-frame-header-private.h"
#include "protocol/nx-frame-private.h"

/* What a growing frame starts with, the struct itself included. */
#define FIRST_BLOCK 256
/* Enough for a header, and so much that the payload is as aligned as malloc() makes it. */
#define HEADROOM 16

G_STATIC_ASSERT (HEADROOM >= NX_FRAME_HEADER_MAX);

struct _NxFrame
{
  gint references;
  guint8 opcode;
  guint8 header_size; /* 0 until finished */
  gsize length;       /* of the payload */
  gsize capacity;     /* payload octets that fit; one more for the NUL is always there */
  gsize limit;        /* doubling stops here */

  guint8 block[]; /* headroom, in which the header ends where the payload begins; payload; NUL */
};

static gsize
block_size (gsize capacity)
{
  return sizeof (NxFrame) + HEADROOM + capacity + 1;
}

static inline guint8 *
get_payload (const NxFrame *self)
{
  return (guint8 *) self->block + HEADROOM;
}

static void
init (NxFrame *self, gsize capacity, gsize limit)
{
  self->references = 1;
  self->opcode = NX_OPCODE_CONTINUATION;
  self->header_size = 0;
  self->length = 0;
  self->capacity = capacity;
  self->limit = limit;
}

NxFrame *
nx_frame_new (NxOpcode opcode, gconstpointer payload, gsize length)
{
  NxFrame *self = g_malloc (block_size (length));

  init (self, length, length);
  if (length > 0)
    memcpy (get_payload (self), payload, length);
  self->length = length;
  nx_frame_finish (self, opcode, FALSE);

  return self;
}

NxFrame *
nx_frame_new_raw (gconstpointer octets, gsize length)
{
  NxFrame *self = nx_frame_new (NX_OPCODE_RAW, octets, length);

  self->header_size = 0;
  return self;
}

NxFrame *
nx_frame_new_batch (gconstpointer octets, gsize length)
{
  NxFrame *self = nx_frame_new_raw (octets, length);

  self->opcode = NX_OPCODE_BATCH;
  return self;
}

/* Atomic: an application may keep a message's octets and drop them in another thread. */
NxFrame *
nx_frame_ref (NxFrame *self)
{
  g_atomic_int_inc (&self->references);
  return self;
}

void
nx_frame_unref (NxFrame *self)
{
  if (g_atomic_int_dec_and_test (&self->references))
    g_free (self);
}

static gboolean
is_finished (const NxFrame *self)
{
  return self->header_size > 0 || self->opcode == NX_OPCODE_RAW || self->opcode == NX_OPCODE_BATCH;
}

gconstpointer
nx_frame_get_wire (const NxFrame *self, gsize *length)
{
  g_assert (is_finished (self));

  *length = self->header_size + self->length;
  return get_payload (self) - self->header_size;
}

gconstpointer
nx_frame_get_payload (const NxFrame *self, gsize *length)
{
  *length = self->length;
  return get_payload (self);
}

NxOpcode
nx_frame_get_opcode (const NxFrame *self)
{
  g_assert (is_finished (self));

  return self->opcode;
}

/* Growing */

NxFrame *
nx_frame_new_growing (gsize limit)
{
  const gsize capacity = MIN (limit, FIRST_BLOCK - block_size (0));
  NxFrame *self = g_malloc (block_size (capacity));

  init (self, capacity, limit);
  return self;
}

/* A peer decides how big this gets: no memory is its connection's end, not the process's. */
static NxFrame *
grow (NxFrame *self, gsize needed)
{
  const gsize capacity = MAX (MIN (self->capacity * 2, self->limit), needed);
  NxFrame *moved = g_try_realloc (self, block_size (capacity));

  if (moved != NULL)
    moved->capacity = capacity;
  return moved;
}

NxFrame *
nx_frame_append (NxFrame *self, gconstpointer data, gsize length)
{
  g_assert (self->header_size == 0);

  if (length > self->capacity - self->length)
    {
      NxFrame *grown = grow (self, self->length + length);

      if (grown == NULL)
        {
          nx_frame_unref (self);
          return NULL;
        }
      self = grown;
    }

  if (length > 0)
    memcpy (get_payload (self) + self->length, data, length);
  self->length += length;
  return self;
}

guint8 *
nx_frame_reserve (NxFrame **self, gsize *room)
{
  g_assert ((*self)->header_size == 0);

  if ((*self)->length == (*self)->capacity)
    {
      NxFrame *grown = grow (*self, (*self)->length + 1);

      if (grown == NULL)
        return NULL;
      *self = grown;
    }

  *room = (*self)->capacity - (*self)->length;
  return get_payload (*self) + (*self)->length;
}

void
nx_frame_commit (NxFrame *self, gsize length)
{
  g_assert (length <= self->capacity - self->length);

  self->length += length;
}

void
nx_frame_truncate (NxFrame *self, gsize length)
{
  g_assert (self->header_size == 0);
  g_assert (length <= self->length);

  self->length = length;
}

void
nx_frame_finish (NxFrame *self, NxOpcode opcode, gboolean compressed)
{
  const NxFrameHeader header = {
    .length = self->length,
    .opcode = opcode,
    .rsv = compressed ? NX_RSV1 : 0,
    .fin = TRUE,
  };

  g_assert (self->header_size == 0);

  self->opcode = opcode;
  get_payload (self)[self->length] = '\0';
  self->header_size =
      get_payload (self) - nx_frame_header_write_before (&header, get_payload (self));
}

void
nx_frame_finish_batch (NxFrame *self)
{
  g_assert (self->header_size == 0);

  self->opcode = NX_OPCODE_BATCH;
  get_payload (self)[self->length] = '\0';
}
