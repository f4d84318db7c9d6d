/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of NxGroup, one concern in a file, of which each calls those before it alone: -base.c (what all stand on), -history.c (what is kept),
 * -presence.c (who members are), -catch-up.c (those who are behind the history), -members.c (who is in it), -deliver.c (one message to its
 * receivers), -announce.c (members are told who is there), -send.c (what the application sends), -ask.c, -answers.c, and nx-group.c: the object.
 */
#pragma once

#include "groups/nx-group.h"

#include "groups/nx-groups-private.h"
#include "groups/nx-history-private.h"
#include "nx-connection-list-private.h"
#include "transport/nx-batch-private.h"

G_BEGIN_DECLS

/* What few members have: who is behind, and who said who it is. */
typedef struct
{
  gboolean is_behind;     /* it gets what is kept from the history, after … */
  NxMessageId seen;       /* … this one */
  gboolean is_uninformed; /* it has missed who is there */
  gboolean is_new;        /* it gets all that is kept, whatever it has seen */
  gboolean
      is_gap_due; /* it is to be told, in front of what comes next, that something is missing */
  char *key;      /* (nullable) who it is … */
  char *meta;     /* … and what is known of that one, as JSON … */
  char *id;       /* … which this websocket … */
  guint64 stamp;  /* … has said then */
} NxMember;

/* What is older than what came since this process looks after the group, when that is kept elsewhere too. */
typedef enum {
  NX_PAST_HERE,         /* as much of it as there is is in the history */
  NX_PAST_UNREAD,       /* nobody has asked for it */
  NX_PAST_AWAITED,      /* it is being read */
  NX_PAST_OUT_OF_REACH, /* nobody waits for it any longer */
} NxPast;

struct _NxGroup
{
  GObject parent_instance;

  NxGroups *groups;
  char *name;
  NxConnectionList *members;
  gboolean is_kept; /* it has a reference to itself */
  NxSlowPolicy slow_policy;
  NxBatch *batch;    /* (nullable) what this turn has sent to the members so far */
  NxTask batch_task; /* the turn's end */
  guint64 n_dropped;
  guint64 n_gaps;

  /* History. */
  NxHistoryLimits limits; /* size 0: there is none */
  NxHistory history;
  NxTimer age_timer;
  gboolean is_counting; /* nothing is missed from here on */
  NxPast past;
  NxMessageId
      hole; /* in front of which messages are missing; zero when it is not known, or they are not */
  guint life; /* another one when the history has begun anew */
  NxTask attach_task;

  /* Presence. */
  gboolean announces_presence;
  GHashTable *persons; /* (nullable) by their keys */
  GHashTable *
      strangers; /* (nullable) of NxMember by their ids: who is in it at other processes, as far as they said who they are */
  GHashTable *changed_keys; /* (nullable) of whom the members are to be told */
  NxTask presence_task;
  NxMessage *snapshot; /* (nullable) for who comes in */
};

/* nx-group-base.c */
void nx_group_install_signals (void);
void nx_group_emit_joined (NxGroup *self, NxWebSocket *ws);
void nx_group_emit_left (NxGroup *self, NxWebSocket *ws);
void nx_group_emit_presence_changed (NxGroup *self, const char *key, JsonNode *meta);
NxMember *nx_group_find_member (NxGroup *self, NxWebSocket *ws); /* (nullable) */
NxMember *nx_group_ensure_member (NxGroup *self, NxWebSocket *ws);
void nx_group_update_kept (NxGroup *self);
gboolean nx_group_has_history (NxGroup *self);
void nx_group_batch_task_cb (NxTask *task);
/* What is sent from now on does not go to the same ones as before. */
void nx_group_close_batch (NxGroup *self);

/* nx-group-history.c */
gint64 nx_group_get_now (NxGroup *self);
void nx_group_set_limits (NxGroup *self, const NxHistoryLimits *limits);
void nx_group_trim_history (NxGroup *self);
void nx_group_age_timer_cb (NxTimer *timer);

/* nx-group-presence.c */
NxMessage *nx_group_get_snapshot (NxGroup *self); /* (transfer none) */
/* (transfer full): what members are told of it. */
NxMessage *nx_group_make_presence_changes (NxGroup *self, GHashTable *changed);
void nx_group_end_presence (NxGroup *self, NxMember *member);
/* Of a member at another process. @presence: (nullable): it is there no more. FALSE: that is none. */
gboolean nx_group_take_stranger (NxGroup *self, const char *id, GBytes *presence);
void nx_group_forget_strangers (NxGroup *self);
/* Tells the others who our members are; or that they are gone. */
void nx_group_publish_all_presence (NxGroup *self, gboolean is_there);

/* nx-group-catch-up.c */
/* Tells a member who is there, now or when there is room. */
void nx_group_inform (NxGroup *self, NxWebSocket *ws);
/* From now on it gets what comes after @seen from the history. */
void nx_group_fall_behind (NxWebSocket *ws, NxMember *member, const NxMessageId *seen);
/* As much of it as there is room for. */
void nx_group_go_on (NxGroup *self, NxWebSocket *ws);
/* (transfer full): as it goes to members. */
NxMessage *nx_group_wrap (NxGroup *self,
                          NxMessage *message,
                          const NxMessageId *id,
                          const char *several);
/* Somebody else gives the ids from now on, or nobody else does any more. */
void nx_group_begin_anew (NxGroup *self);
void nx_group_go_on_alone (NxGroup *self);
/* Nothing is missed behind @last; which is zero when there is none. */
void nx_group_start_counting (NxGroup *self, const NxMessageId *last);
/* What was there before. @older: (nullable) of NxHistoryEntry, whose messages are taken; NULL: it could not be read. @is_broken: something is
 * missing behind them. */
void nx_group_take_past (NxGroup *self, guint life, GArray *older, gboolean is_broken);
/* Messages are missing here. @id: zero when it is not known in front of which. */
void nx_group_take_gap (NxGroup *self, const NxMessageId *id);
/* What comes now is not in the history: nobody waits for what is. */
void nx_group_stop_waiting (NxGroup *self);
/* Keeps a message as it goes to members. */
void nx_group_take_recorded (NxGroup *self,
                             const NxMessageId *id,
                             NxMessage *message,
                             guint64 excluding);

/* nx-group-members.c */
gboolean nx_group_take_out (NxGroup *self, NxWebSocket *ws);
/* The last reference has gone. */
void nx_group_forget_members (NxGroup *self);

/* nx-group-deliver.c */
void nx_group_deliver (NxSending *sending);

/* nx-group-announce.c */
void nx_group_presence_task_cb (NxTask *task);

G_END_DECLS
