#!/bin/sh
# Makes an authority and the certificate of a server on this machine; the authority's own key is thrown away.
set -e
cd "$(dirname "$0")"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj "/CN=Wirebrush tests" \
  -addext "keyUsage=critical,keyCertSign" -keyout authority-key.pem -out authority.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" -keyout server-key.pem -out server.csr
printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' > server.ext
openssl x509 -req -in server.csr -CA authority.pem -CAkey authority-key.pem -days 36500 -extfile server.ext -out server.pem
rm authority-key.pem server.csr server.ext
