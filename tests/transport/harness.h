/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reactor whose clock the test turns, streams over memory, TCP and TLS, and their far ends, which look alike whatever is
 * between. A scenario is one function, registered for each kind of stream by add_scenario().
 */
#pragma once

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "transport/nx-lingerer-private.h"
#include "transport/nx-memory-stream-private.h"
#include "transport/nx-tls-stream-private.h"

typedef enum {
  OVER_MEMORY = 1 << 0,
  OVER_SOCKET = 1 << 1,
  OVER_TLS = 1 << 2, /* whose socket is memory */
  OVER_TLS_SOCKET = 1 << 3,
  OVER_ALL = OVER_MEMORY | OVER_SOCKET | OVER_TLS | OVER_TLS_SOCKET,
} Over;

typedef struct
{
  Over over;
  NxClock *clock;
  NxReactor *reactor;
  NxLingerer *lingerer;
  GPtrArray *peers;
  GString *log;
} Ground;

/* The far end of a stream. */
typedef struct
{
  Ground *ground;
  NxMemoryPeer *memory; /* or */
  int fd;
  gboolean is_reading;
  GByteArray *received;
  gboolean is_ended;    /* our output has ended, in whatever way */
  gboolean was_reset;   /* by a reset; over TLS, of what is below it */
  gboolean was_careful; /* over TLS: with a close_notify */

  /* Over TLS. */
  gnutls_session_t session;
  gnutls_certificate_credentials_t credentials;
  gboolean is_shaken;
  int error;      /* the first fatal one; an alert's number is -alert - 1000 */
  gboolean drips; /* what is sent goes out an octet at a time */
  GByteArray *dripping;
  GByteArray *cipher;
  gboolean cipher_ended;
} Peer;

typedef void (*Scenario) (Ground *g);

/* @path is registered once for each bit of @over. */
void add_scenario (const char *path, Over over, Scenario scenario);

Ground *ground_new (Over over);
void ground_free (Ground *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ground, ground_free)

/* Lets everything happen that can happen now. */
void settle (Ground *self);
/* Turns the clock, and lets happen what is due. */
void pass_time (Ground *self, gint64 ms);

void note (Ground *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
#define assert_log(g, expected)                                                                    \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_assert_cmpstr ((g)->log->str, ==, expected);                                                 \
    g_string_set_size ((g)->log, 0);                                                               \
  }                                                                                                \
  G_STMT_END

/* Iterates until the condition holds; a minute of real time is the end of the test. */
#define wait_until(g, condition)                                                                   \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 give_up_ = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;                               \
    settle (g);                                                                                    \
    while (!(condition))                                                                           \
      {                                                                                            \
        g_assert_cmpint (g_get_monotonic_time (), <, give_up_);                                    \
        settle (g);                                                                                \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

/* A stream of the ground's kind; over TLS the handshake is done. The peer is freed with the ground. */
NxStream *make_stream (Ground *self, Peer **peer);
/* Only what is below TLS, for those who start that themselves: a peer of such a stream sends and receives plain octets. */
NxStream *make_plain_stream (Ground *self, Peer **peer);
/* How often the reactor still has something to do once all is settled: what nobody wants costs nothing. */
guint count_turns (Ground *self);
/* Makes a TLS client of such a peer. @priority: (nullable); @credentials: (nullable) (transfer full). */
void peer_start_tls (Peer *self,
                     const char *priority,
                     gnutls_certificate_credentials_t credentials);
/* A pair of connected TCP sockets, non-blocking. */
void make_tcp_pair (int *ours, int *theirs);

void peer_send (Peer *self, gconstpointer data, gsize length);
void peer_send_text (Peer *self, const char *text);
/* FIN, over TLS behind a close_notify; RST. */
void peer_shutdown (Peer *self);
void peer_cut (Peer *self);
/* A peer that does not read fills the stream's output. */
void peer_set_reading (Peer *self, gboolean is_reading);
/* What was received up to here, as text; empties it. */
char *peer_take_text (Peer *self);
#define peer_expect(peer, expected)                                                                \
  G_STMT_START                                                                                     \
  {                                                                                                \
    const char *expected_ = (expected);                                                            \
    g_autofree char *text_ = NULL;                                                                 \
    wait_until ((peer)->ground, (peer)->received->len >= strlen (expected_) || (peer)->is_ended);  \
    text_ = peer_take_text (peer);                                                                 \
    g_assert_cmpstr (text_, ==, expected_);                                                        \
  }                                                                                                \
  G_STMT_END

/* Writes one part; what nx_stream_write() said. */
gssize write_text (NxStream *stream, const char *text);
/* Writes until the stream takes no more; how much it took. */
gsize write_until_blocked (NxStream *stream);

/* -- Certificates, made when they are asked for the first time -- */

typedef enum {
  CERTIFICATE_SERVER,   /* signed by itself */
  CERTIFICATE_CLIENT,   /* signed by the authority */
  CERTIFICATE_STRANGER, /* signed by itself */
  CERTIFICATE_CHAINED,  /* signed by an authority between, which the chain holds */
  CERTIFICATE_AUTHORITY,
  N_CERTIFICATES,
} CertificateKind;

GTlsCertificate *get_certificate (CertificateKind kind);
/* A database that trusts the authority. */
GTlsDatabase *make_database (void);
/* A client's credentials that hold it. */
gnutls_certificate_credentials_t make_credentials (CertificateKind kind);
NxTlsContext *make_tls_context (void);
