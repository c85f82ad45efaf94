// Package httpd is the door frame: what every HTTP surface of Qunluo shares, whatever pages it has. Security headers,
// refusal of cross-site changes, request ids, recovery, access log, limits, static files, servers that stop politely.
package httpd
