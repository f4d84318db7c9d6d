/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "groups/nx-backplane-entry.h"
#include "nx-enums.h"

G_BEGIN_DECLS

#define NX_TYPE_BACKPLANE (nx_backplane_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (NxBackplane, nx_backplane, NX, BACKPLANE, GObject)

/**
 * NxBackplaneClass:
 * @parent_class: the parent class
 * @start: connects
 * @stop: ends all that @start began
 * @publish: carries an envelope to a group
 * @subscribe: begins to hand on what is published to a group
 * @unsubscribe: ends that
 * @fetch: reads a group's history
 * @set_presence: tells the other processes of a member of a group
 * @send_to: carries an envelope to one process
 *
 * The class structure of [class@Backplane].
 *
 * Since: 0.1
 */
struct _NxBackplaneClass
{
  GObjectClass parent_class;

  /**
   * NxBackplaneClass::start:
   * @self: a backplane
   *
   * Connects, in the thread's default main context, and goes on trying until [vfunc@Backplane.stop].
   * [method@Backplane.set_state] tells how it goes. Nothing else is called before the state is connected, nor after it was lost.
   *
   * Since: 0.1
   */
  void (*start) (NxBackplane *self);

  /**
   * NxBackplaneClass::stop:
   * @self: a backplane
   *
   * Disconnects. It may be started again.
   *
   * Since: 0.1
   */
  void (*stop) (NxBackplane *self);

  /**
   * NxBackplaneClass::publish:
   * @self: a backplane
   * @ticket: its number
   * @group: the name of a group
   * @envelope: the octets to carry
   * @keep: how many messages the group's history is to hold at least; 0: this one is not recorded
   * @keep_ms: for how many milliseconds; 0: for as long as @keep says
   * @keep_bytes: how many octets the envelopes of the group's history may have, about; then it holds fewer messages
   * @error: return location for an error
   *
   * Carries an envelope to all that have subscribed to the group.
   *
   * It is answered with [method@Backplane.published] when the envelope can no longer be lost (or, when it is not recorded and the engine knows how many
   * get it, [method@Backplane.delivered]), or with [method@Backplane.failed], unless the state is lost before. Envelopes of one group are to be recorded in the order of the calls. What is recorded comes
   * back to the process that sent it, and to all in one order.
   *
   * Since: 0.1
   */
  void (*publish) (NxBackplane *self,
                   guint64 ticket,
                   const char *group,
                   GBytes *envelope,
                   guint keep,
                   guint keep_ms,
                   guint64 keep_bytes,
                   GError **error);

  /**
   * NxBackplaneClass::subscribe:
   * @self: a backplane
   * @group: the name of a group
   * @recorded: whether it has a history
   * @after_id: (nullable): the last entry of its history that this process has seen
   * @error: return location for an error
   *
   * Begins to hand on what is published to a group: first what its history has behind @after_id, if that is given, and who is
   * present; then [method@Backplane.subscribed]; and from then on what comes.
   *
   * When @after_id is not in the history any more, [method@Backplane.gap] comes first.
   *
   * It is called for each group every time the state becomes connected: there is nothing to remember.
   *
   * Since: 0.1
   */
  void (*subscribe) (NxBackplane *self,
                     const char *group,
                     gboolean recorded,
                     const char *after_id,
                     GError **error);

  /**
   * NxBackplaneClass::unsubscribe:
   * @self: a backplane
   * @group: the name of a group
   *
   * Ends what [vfunc@Backplane.subscribe] began.
   *
   * Since: 0.1
   */
  void (*unsubscribe) (NxBackplane *self, const char *group);

  /**
   * NxBackplaneClass::fetch:
   * @self: a backplane
   * @ticket: its number
   * @group: the name of a group
   * @after_id: (nullable): the entry behind which to begin, which a client may have made up; %NULL for the last @limit entries
   * @limit: how many entries at most
   * @error: return location for an error
   *
   * Reads a group's history, and answers with [method@Backplane.fetched] or [method@Backplane.failed].
   *
   * Since: 0.1
   */
  void (*fetch) (NxBackplane *self,
                 guint64 ticket,
                 const char *group,
                 const char *after_id,
                 guint limit,
                 GError **error);

  /**
   * NxBackplaneClass::set_presence:
   * @self: a backplane
   * @group: the name of a group
   * @member: who
   * @meta: (nullable): what is to be known of them; %NULL: they are gone
   * @error: return location for an error
   *
   * Tells the other processes of a member of a group. They are to forget all members of a process that dies. It is called again
   * for every member each time the state becomes connected.
   *
   * Since: 0.1
   */
  void (*set_presence) (NxBackplane *self,
                        const char *group,
                        const char *member,
                        GBytes *meta,
                        GError **error);

  /**
   * NxBackplaneClass::send_to:
   * @self: a backplane
   * @ticket: its number
   * @node: which process, as its [property@Backplane:node] has it
   * @envelope: the octets to carry
   * @error: return location for an error
   *
   * Carries an envelope to one process, where [method@Backplane.received_direct] takes it. It is answered as
   * [vfunc@Backplane.publish] is; with [method@Backplane.failed] when there is no such process.
   *
   * Since: 0.1
   */
  void (*send_to) (NxBackplane *self,
                   guint64 ticket,
                   const char *node,
                   GBytes *envelope,
                   GError **error);

  /*< private >*/
  gpointer padding[8];
};

NX_AVAILABLE_IN_ALL
const char *nx_backplane_get_node (NxBackplane *self);
NX_AVAILABLE_IN_ALL
NxBackplaneState nx_backplane_get_state (NxBackplane *self);
NX_AVAILABLE_IN_ALL
const char *nx_backplane_get_problem (NxBackplane *self);

/* For implementations. */
NX_AVAILABLE_IN_ALL
void nx_backplane_set_state (NxBackplane *self, NxBackplaneState state);
NX_AVAILABLE_IN_ALL
void nx_backplane_report (NxBackplane *self, const GError *error);
NX_AVAILABLE_IN_ALL
void nx_backplane_published (NxBackplane *self, guint64 ticket, const char *id);
NX_AVAILABLE_IN_ALL
void nx_backplane_delivered (NxBackplane *self, guint64 ticket, guint n_receivers);
NX_AVAILABLE_IN_ALL
void nx_backplane_failed (NxBackplane *self, guint64 ticket, const GError *error);
NX_AVAILABLE_IN_ALL
void nx_backplane_subscribed (NxBackplane *self, const char *group, const char *id);
NX_AVAILABLE_IN_ALL
void nx_backplane_received (NxBackplane *self, const char *group, const char *id, GBytes *envelope);
NX_AVAILABLE_IN_ALL
void nx_backplane_received_direct (NxBackplane *self, GBytes *envelope);
NX_AVAILABLE_IN_ALL
void nx_backplane_gap (NxBackplane *self, const char *group);
NX_AVAILABLE_IN_ALL
void nx_backplane_fetched (NxBackplane *self, guint64 ticket, GPtrArray *entries, gboolean gap);
NX_AVAILABLE_IN_ALL
void nx_backplane_presence (NxBackplane *self, const char *group, const char *member, GBytes *meta);

G_END_DECLS
