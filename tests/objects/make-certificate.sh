#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# make-certificate.sh: makes certificate.pem beside it anew, a key and the certificate that it has signed itself. It begins long ago and ends
# in 9999, so that no machine's clock matters. `openssl ca`, since `openssl req` begins now (before 3.4).
set -eu
here=$(cd "$(dirname "$0")" && pwd) folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"

cat >ca.cnf <<'END'
[ca]
default_ca = self
[self]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = names
x509_extensions = server
[names]
commonName = supplied
[server]
subjectKeyIdentifier = hash
basicConstraints = critical, CA:TRUE
subjectAltName = DNS:localhost, IP:127.0.0.1
END
: >index.txt
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
openssl req -new -key key.pem -subj /CN=localhost -out request.pem
openssl ca -config ca.cnf -batch -notext -selfsign -keyfile key.pem -in request.pem -startdate 20200101000000Z -enddate 99991231235959Z \
  -out certificate.pem
{
  printf '%s\n' 'SPDX-License-Identifier: LGPL-2.1-or-later' \
    'A certificate of our own for "localhost" with its private key, for tests alone; make-certificate.sh has made it.' ''
  cat certificate.pem key.pem
} >"$here/certificate.pem"
