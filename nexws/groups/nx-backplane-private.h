/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two sides of a backplane inside the library, and what it keeps between them.
 *
 * The groups are its client: they call what is below, and are called through NxBackplaneClient. From below: -base.c (what all stand on),
 * -record.c (what is kept of a group), -send.c (what the client calls), -connection.c (the connection comes and goes), -receive.c (what an
 * implementation calls), and nx-backplane.c: the object.
 *
 * What an implementation need not do is here: envelopes, the order of what waits, and what became of it when the connection was
 * lost; who has subscribed to what; which messages come twice, and which are missing.
 */
#pragma once

#include "groups/nx-backplane.h"

#include "groups/nx-backplane-envelope-private.h"
#include "groups/nx-history-limits-private.h"

G_BEGIN_DECLS

/*
 * What a client is told, from the main loop or from inside its own calls. @owner is what it gave. It may call anything but
 * nx_backplane_set_client() from here.
 */
typedef struct
{
  /* From here on nothing is missed. @id: the last entry of the history, nullable where there is none. Once for each subscription, and
   * again whenever a connection is back and all is read. */
  void (*subscribed) (gpointer owner, const char *group, const char *id);
  /* @id: nullable: it was not recorded. Recorded messages come from here to the process that sent them, too; others do not. */
  void (*received) (gpointer owner, const char *group, const char *id, GBytes *payload);
  /* Recorded messages are missing here. @id: nullable: the entry in front of which. */
  void (*gap) (gpointer owner, const char *group, const char *id);
  /* Accepted. @id: nullable: it was not to be recorded. */
  void (*published) (gpointer owner, gpointer tag, const char *id);
  /* It was to be recorded and never will be: the client delivers it to its own members, marked. In the order of publishing. */
  void (*unrecorded) (gpointer owner,
                      const char *group,
                      GBytes *payload,
                      gpointer tag,
                      const GError *error);
  /* Of what was not to be recorded, and of what was sent to a node: it may not have arrived. */
  void (*failed) (gpointer owner, gpointer tag, const GError *error);
  /* @entries: of NxBackplaneEntry with payloads; one without has messages missing in front of its id. NULL with @error. @gap: messages
   * are missing in front of the first. */
  void (*fetched) (gpointer owner,
                   gpointer tag,
                   GPtrArray *entries,
                   gboolean gap,
                   const GError *error);
  /* Of a member at another node, only when something changes. @meta: nullable: they are gone. */
  void (*presence) (gpointer owner, const char *group, const char *member, GBytes *meta);
  void (*received_direct) (gpointer owner, GBytes *payload);
  /* Of nx_backplane_ask(): so many processes get it, this one included when passed_by() is called; -1: that is not known, or with @error it may be that
   * none does. */
  void (*asked) (gpointer owner, gpointer tag, int n_receivers, const GError *error);
  /* What is not to be delivered here, but came: it is our own, or nobody wants the group any more. */
  void (*passed_by) (gpointer owner, GBytes *payload);
} NxBackplaneClient;

/* NULL for none. */
void nx_backplane_set_client (NxBackplane *self, const NxBackplaneClient *client, gpointer owner);

/* In the thread's default main context. @node: a number that no other process has, 0 for one by chance. */
void nx_backplane_start (NxBackplane *self, guint64 node);
/* What waits is handed back. */
void nx_backplane_stop (NxBackplane *self);

/* @limits: (nullable): of the history; NULL: it is not to be recorded, and goes nowhere unless connected. @tag: for the answer, which may come
 * before this returns; NULL: none is wanted. */
void nx_backplane_publish (NxBackplane *self,
                           const char *group,
                           GBytes *payload,
                           const NxHistoryLimits *limits,
                           gpointer tag);
/* Not recorded, and only where the others can answer: by nx_backplane_send_to(). */
void nx_backplane_ask (NxBackplane *self, const char *group, GBytes *payload, gpointer tag);
void nx_backplane_send_to (NxBackplane *self, const char *node, GBytes *payload, gpointer tag);
void nx_backplane_fetch (NxBackplane *self,
                         const char *group,
                         const char *after_id,
                         guint limit,
                         gpointer tag);
/* Before the first recorded message is published, or nothing is known of what others publish; once is enough. */
void nx_backplane_subscribe (NxBackplane *self, const char *group, gboolean is_recorded);
void nx_backplane_unsubscribe (NxBackplane *self, const char *group);
/* Of a member at this node. @meta: nullable: they are gone. */
void nx_backplane_set_presence (NxBackplane *self,
                                const char *group,
                                const char *member,
                                GBytes *meta);
/* What came out of an envelope is none of ours: it is counted, and said once a minute. */
void nx_backplane_reject (NxBackplane *self);
/* So many are known to have been sent to us, and did not come. */
void nx_backplane_miss (NxBackplane *self, guint n);
/* All of them once more, because the others may have forgotten. */
void nx_backplane_restore_presence (NxBackplane *self);

/* -- What is kept -- */

/* What was published and is not answered, or asked for. */
typedef enum {
  NX_PENDING_RECORDED,
  NX_PENDING_LIVE,
  NX_PENDING_DIRECT,
  NX_PENDING_FETCH,
  NX_PENDING_QUESTION,
} NxPendingKind;

typedef struct
{
  NxPendingKind kind;
  GList link; /* recorded: in one of its record's queues */
  guint64 ticket;
  gpointer tag;
  gint64 sent_us; /* 0: it waits */
  /* Recorded ones. */
  char *group;
  GBytes *envelope;
  guint64 sequence;
  gboolean was_sent;  /* once, so that it may have been recorded */
  gboolean is_marker; /* of the backplane's own */
  /* A fetch. */
  gboolean is_from_start;
} NxPending;

typedef struct _NxRecord NxRecord;

typedef struct
{
  const NxBackplaneClient *client; /* nullable */
  gpointer owner;
  NxBackplaneState state;
  gboolean is_started;
  guint64 node;
  char *node_name;
  char *problem;      /* nullable */
  gint64 reported_us; /* 0: never */
  gint64 rejected_us;

  GHashTable *records; /* NxRecord by name */
  guint sweep_at;      /* how many of them make us look for unused ones */
  GHashTable *tickets; /* NxPending by number */
  guint64 n_tickets;

  guint max_waiting;
  guint64 max_waiting_bytes;

  /* Statistics. */
  guint n_waiting; /* to be recorded */
  guint64 n_published;
  guint64 n_received;
  guint64 n_dropped;
  guint64 n_missed;
  guint64 n_unrecorded;
  guint64 n_repeated;
  guint64 n_rejected;
  guint64 lag_us;
} NxBackplanePrivate;

/* So often the same is told. */
#define NX_BACKPLANE_REPORT_EVERY_US (60 * G_USEC_PER_SEC)

/* nx-backplane-base.c */
NxBackplanePrivate *nx_backplane_get_private (NxBackplane *self);
void nx_backplane_set_up_base (NxBackplaneClass *klass);

/* Calls a function of the client, if there is one. */
#define NX_TELL(priv, function, ...)                                                               \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if ((priv)->client != NULL && (priv)->client->function != NULL)                                \
      (priv)->client->function ((priv)->owner, __VA_ARGS__);                                       \
  }                                                                                                \
  G_STMT_END

struct _NxRecord
{
  int n_refs;
  char *name;
  gboolean is_wanted;       /* by the client */
  gboolean is_recorded;     /* it has a history */
  gboolean is_subscribing;  /* the implementation was told, since it is connected */
  gboolean is_ready;        /* and has answered */
  gboolean is_overflown;    /* what is to be recorded is handed back until it is ready */
  gboolean is_handing_back; /* just now */
  gint64 used_us;
  NxHistoryLimits limits; /* as the last publication had them */
  char *last_id;          /* nullable: the last entry that was received */
  guint64 n_live;         /* the sequences that we gave last */
  guint64 n_recorded;     /* 0: none yet */
  GHashTable *seen;       /* NxSeen by node */
  GHashTable *withdrawn;  /* set of our sequences: handed back, and perhaps recorded */
  GQueue sent;            /* of NxPending: recorded, perhaps; older than all in @waiting */
  GQueue waiting;
  gsize pending_bytes;
  GHashTable *present; /* NxPresent by member, of other nodes */
  GHashTable *own;     /* GBytes by member, of this node */
};

typedef struct
{
  guint64 node;
  guint64 live; /* the last sequences that came; 0: none */
  guint64 recorded;
  gint64 heard_us;
} NxSeen;

typedef struct
{
  GBytes *meta;
  gboolean is_confirmed;
} NxPresent;

NxRecord *nx_record_new (const char *name);
NxRecord *nx_record_ref (NxRecord *self);
void nx_record_unref (NxRecord *self);
gboolean nx_record_is_unused (NxRecord *self);
NxSeen *nx_record_get_seen (NxRecord *self, guint64 node);
/* How many messages are missing in front of this one; -1 when it came before. */
gint64 nx_record_check (guint64 *last, const NxBackplaneEnvelopeHeader *header);
void nx_record_add_pending (NxRecord *self, NxPending *pending);
void nx_record_mark_sent (NxRecord *self, NxPending *pending);
void nx_record_remove_pending (NxRecord *self, NxPending *pending);
guint nx_record_get_n_pending (NxRecord *self);
/* The connection was lost: what was sent waits again, in its place. */
void nx_record_lose (NxRecord *self);
void nx_pending_free (NxPending *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxRecord, nx_record_unref)

/* nx-backplane-send.c, for the two below, which are above it */
void nx_backplane_flush (NxBackplane *self, NxRecord *record);
void nx_backplane_subscribe_record (NxBackplane *self, NxRecord *record);
NxPending *nx_backplane_add_recorded (NxBackplane *self,
                                      NxRecord *record,
                                      GBytes *envelope,
                                      gpointer tag);
GBytes *nx_backplane_make_envelope (NxBackplane *self,
                                    guint64 *last,
                                    NxBackplaneEnvelopeFlags flags,
                                    GBytes *payload);
void nx_backplane_hand_back (NxBackplane *self, NxRecord *record);
GError *nx_backplane_make_lost_error (void);
/* Takes it out of all tables, and gives it. */
NxPending *nx_backplane_take_ticket (NxBackplane *self, guint64 ticket);
/* Tells its client, and frees it. */
void nx_backplane_give_up (NxBackplane *self, NxPending *pending, const GError *error);

/* nx-backplane-connection.c, for -receive.c */
void nx_backplane_become_ready (NxBackplane *self, NxRecord *record);

G_END_DECLS
