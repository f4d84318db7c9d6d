/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The load: many connections from one thread, each with a number of messages in flight, for a time or a number of messages.
 * Frames are made once; answers are compared octet by octet. It says on stdout what it did, as one line of KEY=VALUE.
 *
 *   load PORT PATH echo      CONNECTIONS IN_FLIGHT SIZE (SECONDS | nMESSAGES) [PID]
 *   load PORT PATH handshake CONCURRENCY - - (SECONDS | nHANDSHAKES) [PID]
 *   load PORT PATH fanout    MEMBERS IN_FLIGHT SIZE (SECONDS | nMESSAGES) [PID]   what the first one sends comes to all
 *   load PORT PATH idle      CONNECTIONS - - - PID
 *
 * PORT, and PID, may be two with a comma between them, of which every other connection goes to the second.
 *
 * With the server's PID, its CPU time and resident memory are read from the kernel's accounting, around the measured window.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP_S 0.3
#define PATIENCE_S 10 /* without an answer: a machine may have much else to do */
#define BUFFER (256 * 1024)

typedef struct
{
  int fd;
  bool is_open;
  size_t n_received; /* octets of the answer that is being compared */
} Connection;

static struct
{
  int ports[2], pids[2]; /* the second ones are 0 where there is one server */
  int n_started;
  const char *path;
  bool is_text;
  int n_connections, n_in_flight, size;
  double seconds;
  long max_messages;

  int epoll_fd;
  Connection *connections;
  char *burst; /* masked frames, as many as are in flight */
  size_t burst_size, frame_size;
  char *answer; /* one answer's frame, n_in_flight times */
  size_t answer_size;
  char request[512];
  long n_done;
} load;

static void
die (const char *what)
{
  fprintf (stderr, "load: %s: %s\n", what, strerror (errno));
  exit (1);
}

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

/* -- What the kernel says of the server -- */

typedef struct
{
  double user_s, system_s;
  long resident_kib;
} Accounting;

static Accounting
account_one (int pid)
{
  Accounting result = { 0 };
  char path[64], text[1024], *p;
  long user, system, pages;
  FILE *file;

  if (pid == 0)
    return result;
  snprintf (path, sizeof path, "/proc/%d/stat", pid);
  file = fopen (path, "r");
  if (file == NULL || fgets (text, sizeof text, file) == NULL)
    die ("the server has gone");
  fclose (file);
  p = strrchr (text, ')') + 2;
  for (int field = 3; field < 14; field++)
    p = strchr (p, ' ') + 1;
  sscanf (p, "%ld %ld", &user, &system);
  for (int field = 14; field < 24; field++)
    p = strchr (p, ' ') + 1;
  sscanf (p, "%ld", &pages);
  result.user_s = (double) user / sysconf (_SC_CLK_TCK);
  result.system_s = (double) system / sysconf (_SC_CLK_TCK);
  result.resident_kib = pages * (sysconf (_SC_PAGESIZE) / 1024);
  return result;
}

static Accounting
account (void)
{
  Accounting one = account_one (load.pids[0]), other = account_one (load.pids[1]);

  one.user_s += other.user_s;
  one.system_s += other.system_s;
  one.resident_kib += other.resident_kib;
  return one;
}

/* -- Frames -- */

static size_t
put_header (char *out, size_t size, int mask_bit)
{
  out[0] = (char) (load.is_text ? 0x81 : 0x82);
  if (size < 126)
    {
      out[1] = (char) (mask_bit | size);
      return 2;
    }
  if (size < 65536)
    {
      out[1] = (char) (mask_bit | 126);
      out[2] = (char) (size >> 8);
      out[3] = (char) size;
      return 4;
    }
  out[1] = (char) (mask_bit | 127);
  for (int i = 0; i < 8; i++)
    out[2 + i] = (char) ((uint64_t) size >> (56 - 8 * i));
  return 10;
}

static void
make_frames (void)
{
  static const unsigned char mask[4] = { 0x12, 0xab, 0x7f, 0xc3 };
  char header[16];
  size_t size = load.size, n;

  load.burst = malloc ((size + 16) * load.n_in_flight);
  load.answer = malloc ((size + 16) * load.n_in_flight);
  for (int i = 0; i < load.n_in_flight; i++)
    {
      n = put_header (header, size, 0x80);
      memcpy (load.burst + load.burst_size, header, n);
      memcpy (load.burst + load.burst_size + n, mask, 4);
      for (size_t j = 0; j < size; j++)
        load.burst[load.burst_size + n + 4 + j] = (char) (('a' + j % 26) ^ mask[j % 4]);
      load.frame_size = n + 4 + size;
      load.burst_size += load.frame_size;

      n = put_header (load.answer + load.answer_size, size, 0);
      for (size_t j = 0; j < size; j++)
        load.answer[load.answer_size + n + j] = (char) ('a' + j % 26);
      load.answer_size += n + size;
    }
}

/* Socket.IO says "42" and an array, in text frames; its path says so. */
static bool
is_socket_io (void)
{
  return strstr (load.path, "EIO=4") != NULL;
}

static size_t
put_text_frame (char *out, const char *text, bool is_masked)
{
  size_t size = strlen (text), n = put_header (out, size, is_masked ? 0x80 : 0);

  out[0] = (char) 0x81;
  if (is_masked)
    {
      memset (out + n, 0, 4);
      n += 4;
    }
  memcpy (out + n, text, size);
  return n + size;
}

static void
make_socket_io_frames (void)
{
  char *text = malloc (load.size + 16), *p = text + sprintf (text, "42[\"m\",\"");

  for (int j = 0; j < load.size; j++)
    *p++ = (char) ('a' + j % 26);
  strcpy (p, "\"]");
  load.burst = malloc ((load.size + 32) * load.n_in_flight);
  load.answer = malloc ((load.size + 32) * load.n_in_flight);
  for (int i = 0; i < load.n_in_flight; i++)
    {
      load.burst_size += put_text_frame (load.burst + load.burst_size, text, true);
      load.answer_size += put_text_frame (load.answer + load.answer_size, text, false);
    }
  free (text);
}

/* -- Connections -- */

static int
start_connect (void)
{
  int port = load.ports[1] != 0 ? load.ports[load.n_started++ % 2] : load.ports[0];
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons ((uint16_t) port) };
  int fd = socket (AF_INET, SOCK_STREAM, 0);
  int one = 1;
  struct linger linger = { 1, 0 };

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof address) != 0)
    die ("connect");
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  /* The server closes first, or we reset: no TIME_WAIT piles up here. */
  setsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  return fd;
}

static void
write_all (int fd, const char *data, size_t size)
{
  while (size > 0)
    {
      ssize_t n = send (fd, data, size, MSG_NOSIGNAL);

      if (n < 0 && errno != EAGAIN)
        die ("send");
      if (n > 0)
        data += n, size -= n;
    }
}

static void
shake_hands (int fd)
{
  char answer[2048];
  size_t n = 0;

  write_all (fd, load.request, strlen (load.request));
  for (;;)
    {
      ssize_t m = recv (fd, answer + n, sizeof answer - 1 - n, 0);

      if (m <= 0)
        die ("no answer to the handshake");
      n += m;
      answer[n] = '\0';
      if (strstr (answer, "\r\n\r\n") != NULL)
        break;
    }
  if (strncmp (answer, "HTTP/1.1 101", 12) == 0 && is_socket_io ())
    {
      char frame[16];

      write_all (fd, frame, put_text_frame (frame, "40", true));
      while (strstr (answer, "40{") == NULL || answer[n - 1] != '}')
        {
          ssize_t m = recv (fd, answer + n, sizeof answer - 1 - n, 0);

          if (m <= 0)
            die ("no namespace");
          for (ssize_t i = 0; i < m; i++) /* lengths may be zeros */
            if (answer[n + i] == '\0')
              answer[n + i] = ' ';
          n += m;
          answer[n] = '\0';
        }
    }
  if (strncmp (answer, "HTTP/1.1 101", 12) != 0)
    {
      fprintf (stderr, "load: refused: %.60s\n", answer);
      exit (1);
    }
}

static void
open_connections (void)
{
  load.connections = calloc (load.n_connections, sizeof (Connection));
  for (int i = 0; i < load.n_connections; i++)
    {
      Connection *c = &load.connections[i];
      struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

      c->fd = start_connect ();
      shake_hands (c->fd);
      fcntl (c->fd, F_SETFL, O_NONBLOCK);
      epoll_ctl (load.epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
    }
}

/* -- Echo -- */

static void
read_answers (Connection *c, char *buffer)
{
  size_t one = load.answer_size / load.n_in_flight;
  ssize_t n = recv (c->fd, buffer, BUFFER, 0);
  size_t before, after;

  if (n <= 0)
    {
      if (n < 0 && errno == EAGAIN)
        return;
      die ("the server closed a connection");
    }
  for (ssize_t i = 0; i < n;)
    {
      size_t offset = (c->n_received + i) % load.answer_size;
      size_t m = load.answer_size - offset < (size_t) (n - i) ? load.answer_size - offset
                                                              : (size_t) (n - i);

      if (memcmp (buffer + i, load.answer + offset, m) != 0)
        {
          fprintf (stderr, "load: an answer differs from what was sent\n");
          exit (1);
        }
      i += m;
    }
  before = c->n_received / one;
  c->n_received += n;
  after = c->n_received / one;
  load.n_done += after - before;
  for (size_t left = after - before; left > 0;)
    {
      size_t k = left < (size_t) load.n_in_flight ? left : (size_t) load.n_in_flight;

      write_all (c->fd, load.burst, k * load.frame_size);
      left -= k;
    }
}

static void
echo_for (double seconds, long max_messages)
{
  static char buffer[BUFFER];
  struct epoll_event events[256];
  double until = now () + seconds;

  load.n_done = 0;
  while (max_messages > 0 ? load.n_done < max_messages : now () < until)
    {
      int n = epoll_wait (load.epoll_fd, events, 256, PATIENCE_S * 1000);

      if (n == 0)
        {
          fprintf (stderr, "load: no answer for %d s\n", PATIENCE_S);
          exit (1);
        }
      for (int i = 0; i < n; i++)
        read_answers (events[i].data.ptr, buffer);
    }
}

static void
run_echo (void)
{
  Accounting before, after;
  double start, elapsed;

  make_frames ();
  open_connections ();
  for (int i = 0; i < load.n_connections; i++)
    write_all (load.connections[i].fd, load.burst, load.burst_size);
  if (load.max_messages == 0)
    echo_for (WARM_UP_S, 0);
  before = account ();
  start = now ();
  echo_for (load.seconds, load.max_messages);
  elapsed = now () - start;
  after = account ();
  printf ("n=%ld seconds=%.3f rate=%.0f user_us=%.4f system_us=%.4f\n", load.n_done, elapsed,
          load.n_done / elapsed, (after.user_s - before.user_s) * 1e6 / load.n_done,
          (after.system_s - before.system_s) * 1e6 / load.n_done);
}

/* -- Fan-out -- */

/* Reads what there is; true when this was the last octet of a burst. */
static bool
read_burst (Connection *c, char *buffer)
{
  ssize_t n = recv (c->fd, buffer, BUFFER, 0);

  if (n < 0 && errno == EAGAIN)
    return false;
  if (n <= 0)
    die ("the server closed a connection");
  if (c->n_received + n > load.answer_size || memcmp (buffer, load.answer + c->n_received, n) != 0)
    {
      fprintf (stderr, "load: what came differs from what was sent\n");
      exit (1);
    }
  c->n_received += n;
  return c->n_received == load.answer_size;
}

/* The first one sends a burst, everybody gets it, and then the next. */
static void
fan_out_for (double seconds, long max_messages)
{
  static char buffer[BUFFER];
  struct epoll_event events[256];
  double until = now () + seconds;

  load.n_done = 0;
  while (max_messages > 0 ? load.n_done < max_messages : now () < until)
    {
      int n_whole = 0;

      for (int i = 0; i < load.n_connections; i++)
        load.connections[i].n_received = 0;
      write_all (load.connections[0].fd, load.burst, load.burst_size);
      while (n_whole < load.n_connections)
        {
          int n = epoll_wait (load.epoll_fd, events, 256, 60000);

          if (n == 0)
            {
              fprintf (stderr, "load: nothing came for a minute\n");
              exit (1);
            }
          for (int i = 0; i < n; i++)
            n_whole += read_burst (events[i].data.ptr, buffer);
        }
      load.n_done += (long) load.n_in_flight * load.n_connections;
    }
}

static void
run_fan_out (void)
{
  Accounting before, after;
  double start, elapsed;

  if (is_socket_io ())
    make_socket_io_frames ();
  else
    make_frames ();
  open_connections ();
  if (load.max_messages == 0)
    fan_out_for (WARM_UP_S, 0);
  before = account ();
  start = now ();
  fan_out_for (load.seconds, load.max_messages);
  elapsed = now () - start;
  after = account ();
  printf ("n=%ld seconds=%.3f rate=%.0f user_us=%.4f system_us=%.4f\n", load.n_done, elapsed,
          load.n_done / elapsed, (after.user_s - before.user_s) * 1e6 / load.n_done,
          (after.system_s - before.system_s) * 1e6 / load.n_done);
}

/* -- Handshakes -- */

/* Some at a time, so that the server always has one to do. */
static void
handshake_batch (void)
{
  int fds[256];
  char answer[2048];

  for (int i = 0; i < load.n_connections; i++)
    {
      fds[i] = start_connect ();
      write_all (fds[i], load.request, strlen (load.request));
    }
  for (int i = 0; i < load.n_connections; i++)
    {
      if (recv (fds[i], answer, sizeof answer, 0) < 12 || strncmp (answer, "HTTP/1.1 101", 12) != 0)
        die ("no 101");
      close (fds[i]);
    }
  load.n_done += load.n_connections;
}

static void
run_handshakes (void)
{
  Accounting before, after;
  double start, elapsed;

  for (int i = 0; i < 4; i++)
    handshake_batch ();
  load.n_done = 0;
  before = account ();
  start = now ();
  while (load.max_messages > 0 ? load.n_done < load.max_messages : now () < start + load.seconds)
    handshake_batch ();
  elapsed = now () - start;
  usleep (50 * 1000); /* the server still sees the last ones go */
  after = account ();
  printf ("n=%ld seconds=%.3f rate=%.0f user_us=%.4f system_us=%.4f\n", load.n_done, elapsed,
          load.n_done / elapsed, (after.user_s - before.user_s) * 1e6 / load.n_done,
          (after.system_s - before.system_s) * 1e6 / load.n_done);
}

/* -- Idle -- */

static void
run_idle (void)
{
  Accounting before, after;

  before = account ();
  open_connections ();
  usleep (300 * 1000);
  after = account ();
  printf ("n=%d kib=%.3f\n", load.n_connections,
          (double) (after.resident_kib - before.resident_kib) / load.n_connections);
}

static void
raise_limit (void)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

static void
read_pair (const char *text, int pair[2])
{
  const char *comma = strchr (text, ',');

  pair[0] = atoi (text);
  pair[1] = comma != NULL ? atoi (comma + 1) : 0;
}

int
main (int argc, char **argv)
{
  if (argc < 8)
    {
      fprintf (
          stderr,
          "usage: load PORT PATH echo|text|fanout|handshake|idle CONNECTIONS IN_FLIGHT SIZE SECONDS|nCOUNT [PID]\n");
      return 2;
    }
  read_pair (argv[1], load.ports);
  load.path = argv[2];
  load.n_connections = atoi (argv[4]);
  load.n_in_flight = atoi (argv[5]);
  load.size = atoi (argv[6]);
  if (argv[7][0] == 'n')
    load.max_messages = atol (argv[7] + 1);
  else
    load.seconds = atof (argv[7]);
  if (argc > 8)
    read_pair (argv[8], load.pids);
  snprintf (load.request, sizeof load.request,
            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            load.path, load.ports[0]);
  load.epoll_fd = epoll_create1 (0);
  raise_limit ();
  load.is_text = strcmp (argv[3], "text") == 0;
  if (strcmp (argv[3], "echo") == 0 || load.is_text)
    run_echo ();
  else if (strcmp (argv[3], "fanout") == 0)
    run_fan_out ();
  else if (strcmp (argv[3], "handshake") == 0)
    run_handshakes ();
  else if (strcmp (argv[3], "idle") == 0)
    run_idle ();
  return 0;
}
