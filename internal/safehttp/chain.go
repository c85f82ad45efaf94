package safehttp

import (
	"context"
	"net/http"
	"net/url"

	"qunluo/internal/community"
)

// Chain follows an address to where it leads and gives every address it was sent on to, in order. Each one is looked at
// before it is called, as the first is; at most MaxRedirects are followed. What was found before a fault is given with it.
// community.CodeForbidden, CodeUnreachable, CodeRefused as Do.
func (c *Client) Chain(ctx context.Context, address string) ([]string, error) {
	ctx, stop := context.WithTimeout(ctx, Timeout)
	defer stop()
	one := *c.http
	one.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var hops []string
	for {
		next, err := hop(ctx, &one, address)
		if err != nil || next == "" {
			return hops, err
		}
		if len(hops) == MaxRedirects {
			return hops, community.Errorf(community.CodeRefused, "more than %d redirects", MaxRedirects)
		}
		hops, address = append(hops, next), next
	}
}

// hop calls one address and says where it sends on to; "" = nowhere. The body is not read.
func hop(ctx context.Context, c *http.Client, address string) (string, error) {
	at, err := url.Parse(address)
	if err != nil {
		return "", community.Errorf(community.CodeForbidden, "address: not one")
	}
	if err := checkURL(at); err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", community.Errorf(community.CodeForbidden, "address: not one")
	}
	r.Header.Set("User-Agent", agent)
	resp, err := c.Do(r)
	if err != nil {
		return "", sorted(err)
	}
	if err := resp.Body.Close(); err != nil {
		return "", sorted(err)
	}
	if resp.StatusCode < 300 || resp.StatusCode > 399 || resp.Header.Get("Location") == "" {
		return "", nil
	}
	next, err := resp.Location()
	if err != nil {
		return "", community.Errorf(community.CodeRefused, "it sends on to no address")
	}
	return next.String(), nil
}
