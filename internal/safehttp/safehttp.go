// Package safehttp is the one client for addresses that people typed: it calls http and https only, looks at the address
// it is really about to connect to, and refuses what lies inside a network unless that was allowed.
package safehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"qunluo/internal/community"
)

// Bounds of one call.
const (
	Timeout      = 5 * time.Second
	MaxBody      = 1 << 20 // bytes of an answer that are read
	MaxRedirects = 3
)

// agent is what we call ourselves.
const agent = "Qunluo/1 (+webhook)"

// Client calls addresses that people typed.
type Client struct {
	http *http.Client
}

// Answer is what came back.
type Answer struct {
	Status int
	Body   []byte // at most MaxBody
}

// New makes a client. Addresses in allow are called although they lie in a range that is otherwise refused, and on any
// port; all others on 80 and 443 only.
func New(allow []netip.Prefix) *Client {
	dialer := &net.Dialer{Timeout: Timeout, Control: func(_, address string, _ syscall.RawConn) error {
		return Check(address, allow)
	}}
	return &Client{&http.Client{
		Timeout: Timeout,
		Transport: &http.Transport{ // no Proxy: nothing is taken from the environment
			DialContext: dialer.DialContext, TLSHandshakeTimeout: Timeout, MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
		},
		CheckRedirect: redirect,
	}}
}

// redirect follows at most MaxRedirects, never one that would turn a post into a read.
func redirect(r *http.Request, via []*http.Request) error {
	if len(via) > MaxRedirects {
		return community.Errorf(community.CodeRefused, "more than %d redirects", MaxRedirects)
	}
	if r.Method != via[0].Method {
		return community.Errorf(community.CodeRefused, "a redirect would lose what is posted")
	}
	return checkURL(r.URL)
}

func checkURL(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return community.Errorf(community.CodeForbidden, "address: want http:// or https:// and a host")
	}
	return nil
}

// Do makes a call and reads its answer. community.CodeForbidden: the address is refused; CodeUnreachable: nobody answered;
// CodeRefused: too many redirects. The error never names the address: it may hold a secret.
func (c *Client) Do(ctx context.Context, r *http.Request) (Answer, error) {
	if err := checkURL(r.URL); err != nil {
		return Answer{}, err
	}
	r = r.WithContext(ctx)
	r.Header.Set("User-Agent", agent)
	resp, err := c.http.Do(r)
	if err != nil {
		return Answer{}, sorted(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody))
	if err != nil {
		return Answer{Status: resp.StatusCode}, community.Errorf(community.CodeUnreachable, "read answer: %w", err)
	}
	return Answer{Status: resp.StatusCode, Body: body}, nil
}

// Direct makes a slow call to one address and no other: a redirect is an answer like any other, so that nothing that is posted reaches a host that nobody chose.
// community.CodeTooLarge: the answer has more than most bytes; CodeUnreachable also when it takes longer than within; others as Do.
func (c *Client) Direct(ctx context.Context, r *http.Request, within time.Duration, most int64) (Answer, error) {
	if err := checkURL(r.URL); err != nil {
		return Answer{}, err
	}
	r = r.WithContext(ctx)
	r.Header.Set("User-Agent", agent)
	slow := *c.http
	slow.Timeout = within
	slow.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := slow.Do(r)
	if err != nil {
		return Answer{}, sorted(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return Answer{Status: resp.StatusCode}, community.Errorf(community.CodeUnreachable, "read answer: %w", sorted(err))
	case int64(len(body)) > most:
		return Answer{Status: resp.StatusCode}, community.Errorf(community.CodeTooLarge, "more than %d bytes", most)
	}
	return Answer{Status: resp.StatusCode, Body: body}, nil
}

// FetchTimeout bounds how long one picture or file may take.
const FetchTimeout = 30 * time.Second

// Fetch reads what lies at an address, at most most bytes. community.CodeTooLarge: it is more; CodeLate: it is no longer
// there, or no longer for us; others as Do and Said. The error never names the address.
func (c *Client) Fetch(ctx context.Context, address string, most int64) (body []byte, header http.Header, err error) {
	body, header, _, err = c.Renew(ctx, address, most, Known{})
	return body, header, err
}

// Known is what an address was last known by: its answer's ETag and Last-Modified, "" = none.
type Known struct{ ETag, Modified string }

// Renew is Fetch of what may not have changed since (RFC 9110 §13): fresh is false, and the body empty, when the server says so.
func (c *Client) Renew(ctx context.Context, address string, most int64, since Known) (body []byte, header http.Header, fresh bool, err error) {
	ctx, stop := context.WithTimeout(ctx, FetchTimeout)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, false, community.Errorf(community.CodeForbidden, "address: not one")
	}
	if err := checkURL(r.URL); err != nil {
		return nil, nil, false, err
	}
	r.Header.Set("User-Agent", agent)
	for name, value := range map[string]string{"If-None-Match": since.ETag, "If-Modified-Since": since.Modified} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	long := *c.http
	long.Timeout = FetchTimeout
	resp, err := long.Do(r)
	if err != nil {
		return nil, nil, false, sorted(err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusNotModified:
		if since != (Known{}) {
			return nil, resp.Header, false, nil
		}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return nil, nil, false, community.Errorf(community.CodeLate, "answered %d", resp.StatusCode)
	}
	if err := (Answer{Status: resp.StatusCode}).Said(); err != nil {
		return nil, nil, false, err
	}
	if resp.ContentLength > most {
		return nil, nil, false, community.Errorf(community.CodeTooLarge, "%d bytes, at most %d", resp.ContentLength, most)
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, nil, false, community.Errorf(community.CodeUnreachable, "the answer broke off")
	case int64(len(body)) > most:
		return nil, nil, false, community.Errorf(community.CodeTooLarge, "more than %d bytes", most)
	}
	return body, resp.Header, true, nil
}

// sorted takes the address out of an error and keeps the code of ours that lies in it.
func sorted(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	if ours, ok := errors.AsType[*community.Error](err); ok {
		return ours
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return community.Errorf(community.CodeUnreachable, "name not found: %s", name.Err)
	}
	return community.Errorf(community.CodeUnreachable, "call: %w", err)
}

// Check says whether an address that was resolved (ip:port) may be called: community.CodeForbidden if not.
func Check(address string, allow []netip.Prefix) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return community.Errorf(community.CodeForbidden, "address: %w", err)
	}
	ip := at.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return nil
	}
	for _, p := range refused() {
		if p.Contains(ip) {
			return community.Errorf(community.CodeForbidden, "address in %s is refused; notify.allow may allow it", p)
		}
	}
	if p := at.Port(); p != 80 && p != 443 {
		return community.Errorf(community.CodeForbidden, "port %d is refused: want 80 or 443", p)
	}
	return nil
}

// refused lists the ranges that are not the public network (IANA special-purpose registries), and those in which a
// public address carries a private one.
func refused() []netip.Prefix {
	texts := []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
		"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
	}
	out := make([]netip.Prefix, len(texts))
	for i, s := range texts {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Said is an answer's status as an error, nil for 2xx; community.CodeRefused, CodeLimited for 429, CodeUnreachable for 5xx.
func (a Answer) Said() error {
	switch {
	case a.Status >= 200 && a.Status < 300:
		return nil
	case a.Status == http.StatusTooManyRequests:
		return community.Errorf(community.CodeLimited, "answered %d", a.Status)
	case a.Status >= 500:
		return community.Errorf(community.CodeUnreachable, "answered %d", a.Status)
	}
	return community.Errorf(community.CodeRefused, "answered %s", fmt.Sprint(a.Status))
}
