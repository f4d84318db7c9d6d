/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#define ZLIB_CONST
#include <zlib.h>

#include "protocol/nx-deflate-private.h"

/* RFC 7692 section 7.2.1: what a sync flush ends with, and what the sender leaves out. */
static const guint8 tail[] = { 0x00, 0x00, 0xFF, 0xFF };

/* zlib counts in unsigned int; well below that a message is given to it in steps. */
#define STEP (1u << 20)

/* zlib gives up when there is no memory, and so do we: a peer makes these allocations happen. */
static voidpf
allocate (voidpf unused, uInt items, uInt size)
{
  return g_try_malloc_n (items, size);
}

static void
release (voidpf unused, voidpf block)
{
  g_free (block);
}

/* Inflating */

struct _NxInflater
{
  z_stream z;
};

/* What zlib's data_type says between two blocks when no bits of an octet are left over. */
#define AT_BOUNDARY 128

NxInflater *
nx_inflater_new (guint window_bits)
{
  NxInflater *self = g_new0 (NxInflater, 1);

  g_assert (window_bits >= 8 && window_bits <= 15);

  self->z.zalloc = allocate;
  self->z.zfree = release;
  if (inflateInit2 (&self->z, -(int) window_bits) != Z_OK)
    {
      g_free (self);
      return NULL;
    }

  self->z.data_type = AT_BOUNDARY;
  return self;
}

void
nx_inflater_free (NxInflater *self)
{
  inflateEnd (&self->z);
  g_free (self);
}

/* Lets zlib write into the frame's own memory. At the limit it gets one octet elsewhere: that it
 * wants to write it is the proof that the message is too big. */
static NxFault
inflate_into (z_stream *z, gsize limit, NxFrame **out, int *status)
{
  guint8 beyond;
  gsize length, room, offered;

  nx_frame_get_payload (*out, &length);
  if (length >= limit)
    {
      z->next_out = &beyond;
      z->avail_out = 1;
      *status = inflate (z, Z_SYNC_FLUSH);
      return z->avail_out == 0 ? NX_FAULT_MESSAGE_TOO_BIG : NX_FAULT_NONE;
    }

  z->next_out = nx_frame_reserve (out, &room);
  if (z->next_out == NULL)
    return NX_FAULT_NO_MEMORY;
  offered = MIN (MIN (room, limit - length), STEP);
  z->avail_out = (uInt) offered;
  *status = inflate (z, Z_SYNC_FLUSH);
  nx_frame_commit (*out, offered - z->avail_out);
  return NX_FAULT_NONE;
}

/* Until the input is used up and the output has room left, which is how zlib says that nothing is
 * pending. */
static NxFault
inflate_step (NxInflater *self, gsize limit, NxFrame **out)
{
  z_stream *z = &self->z;

  do
    {
      int status;
      const NxFault fault = inflate_into (z, limit, out, &status);

      if (fault != NX_FAULT_NONE)
        return fault;

      switch (status)
        {
        case Z_OK:
        case Z_BUF_ERROR:
          break;

        case Z_STREAM_END:
          /* RFC 7692 section 7.2.3.4: a sender may flush with BFINAL; the window lives on. */
          inflateResetKeep (z);
          z->data_type = AT_BOUNDARY;
          break;

        case Z_MEM_ERROR:
          return NX_FAULT_NO_MEMORY;

        default:
          return NX_FAULT_DEFLATE;
        }
    }
  while (z->avail_in > 0 || (z->avail_out == 0 && z->data_type != AT_BOUNDARY));

  return NX_FAULT_NONE;
}

NxFault
nx_inflater_push (NxInflater *self, const guint8 *data, gsize length, gsize limit, NxFrame **out)
{
  if (*out == NULL)
    *out = nx_frame_new_growing (limit);

  while (length > 0)
    {
      const gsize n = MIN (length, STEP);
      NxFault fault;

      self->z.next_in = data;
      self->z.avail_in = (uInt) n;
      fault = inflate_step (self, limit, out);
      if (fault != NX_FAULT_NONE)
        return fault;
      data += n;
      length -= n;
    }

  return NX_FAULT_NONE;
}

NxFault
nx_inflater_finish (NxInflater *self, gsize limit, NxFrame **out)
{
  NxFault fault;

  /* The tail completes the last block. Without any octet, behind BFINAL, or when the tail was not
   * taken off there is none to complete: senders that forget the block of RFC 7692 section 7.2.3.6
   * mean the same. */
  if (self->z.data_type == AT_BOUNDARY)
    return NX_FAULT_NONE;

  fault = nx_inflater_push (self, tail, sizeof tail, limit, out);
  if (fault != NX_FAULT_NONE)
    return fault;

  return self->z.data_type == AT_BOUNDARY ? NX_FAULT_NONE : NX_FAULT_DEFLATE;
}

/* Deflating */

struct _NxDeflater
{
  z_stream z;
};

NxDeflater *
nx_deflater_new (guint window_bits)
{
  NxDeflater *self = g_new0 (NxDeflater, 1);
  /* zlib's usual 8 with the usual 15: the hash table shrinks with the window. */
  const int memory_level = (int) window_bits - 7;

  g_assert (window_bits >= 9 && window_bits <= 15);

  self->z.zalloc = allocate;
  self->z.zfree = release;
  if (deflateInit2 (&self->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -(int) window_bits, memory_level,
                    Z_DEFAULT_STRATEGY)
      != Z_OK)
    {
      g_free (self);
      return NULL;
    }

  return self;
}

void
nx_deflater_free (NxDeflater *self)
{
  /* Z_DATA_ERROR only tells that a message was given up. */
  (void) deflateEnd (&self->z);
  g_free (self);
}

void
nx_deflater_restart (NxDeflater *self)
{
  deflateReset (&self->z);
}

/* FALSE: it got longer than @limit, or there is no memory. */
static gboolean
deflate_into (z_stream *z, gsize limit, NxFrame **out)
{
  do
    {
      gsize length, room, offered;

      nx_frame_get_payload (*out, &length);
      if (length == limit)
        return FALSE;

      z->next_out = nx_frame_reserve (out, &room);
      if (z->next_out == NULL)
        return FALSE;
      offered = MIN (MIN (room, limit - length), STEP);
      z->avail_out = (uInt) offered;
      deflate (z, Z_SYNC_FLUSH);
      nx_frame_commit (*out, offered - z->avail_out);
    }
  while (z->avail_out == 0);

  return TRUE;
}

NxFrame *
nx_deflater_deflate (NxDeflater *self, const guint8 *data, gsize length)
{
  /* One octet less than the message, but with the tail that is taken off again; and one that stays
   * free, or zlib might have more to say. */
  const gsize limit = length + sizeof tail;
  gsize compressed_length;
  NxFrame *out;

  if (length == 0 || length > G_MAXINT32)
    return NULL;

  out = nx_frame_new_growing (limit);
  self->z.next_in = data;
  self->z.avail_in = (uInt) length;
  if (!deflate_into (&self->z, limit, &out))
    {
      /* The peer will never see what is in the window now. */
      nx_deflater_restart (self);
      nx_frame_unref (out);
      return NULL;
    }

  nx_frame_get_payload (out, &compressed_length);
  nx_frame_truncate (out, compressed_length - sizeof tail);
  return out;
}
