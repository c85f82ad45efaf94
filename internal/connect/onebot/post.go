package onebot

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
)

const (
	visitEach = 15 * time.Second // http: how often we look whether the implementation is there
	maxPosts  = 64               // http: events that may wait to be handed over; more are told to come again
	holdPost  = 25 * time.Second // http: how long one of them waits for the host
)

// api is an implementation's HTTP interface.
type api struct {
	client *http.Client
	base   string
	token  string
}

func newAPILink(ctx context.Context, client *http.Client, base, token string) *link {
	l := &link{http: &api{client, strings.TrimSuffix(base, "/"), token}, pending: map[string]chan answer{}}
	l.ctx, l.end = context.WithCancel(ctx)
	return l
}

// post is call by HTTP. CodeUnreachable: certainly not sent. CodeTimeout: sent, or perhaps sent, and not answered;
// either way a connection that broke ends the link. CodeForbidden: the token is refused.
func (l *link) post(ctx context.Context, action string, params map[string]any) (answer, error) {
	body, err := wire.Compact(params)
	if err != nil {
		return answer{}, err
	}
	if ctx.Err() != nil || l.ctx.Err() != nil {
		return answer{}, community.Errorf(community.CodeUnreachable, "%s: connection is gone before sending", action)
	}
	limit, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)() // the link's end is the call's
	req, err := http.NewRequestWithContext(limit, http.MethodPost, l.http.base+"/"+action, bytes.NewReader(body))
	if err != nil {
		return answer{}, community.Errorf(community.CodeUnreachable, "%s: address: %w", action, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if l.http.token != "" {
		req.Header.Set("Authorization", "Bearer "+l.http.token)
	}
	res, err := l.http.client.Do(req)
	if err != nil {
		return answer{}, l.broken(limit, action, err)
	}
	defer res.Body.Close()
	return l.readAnswer(limit, action, res)
}

// broken says what a failed request means, and ends the link unless only an answer was late.
func (l *link) broken(ctx context.Context, action string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		why := community.Errorf(community.CodeUnreachable, "%s: dial: %w", action, op.Err)
		l.fail(why)
		return why
	}
	if ctx.Err() == nil {
		l.fail(community.Errorf(community.CodeUnreachable, "connection lost: %w", unwrapped(err)))
	}
	return community.Errorf(community.CodeTimeout, "%s: sent, no answer: %w", action, unwrapped(err))
}

// unwrapped takes the address out of an error: it may be long, and is known.
func unwrapped(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

func (l *link) readAnswer(ctx context.Context, action string, res *http.Response) (answer, error) {
	switch {
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return answer{}, community.Errorf(community.CodeForbidden, "the implementation refuses the token: HTTP %d", res.StatusCode)
	case res.StatusCode == http.StatusNotFound:
		return answer{status: "failed", retcode: 1404, words: "HTTP 404"}, nil
	case res.StatusCode == http.StatusBadGateway || res.StatusCode == http.StatusServiceUnavailable:
		err := community.Errorf(community.CodeUnreachable, "no implementation there: HTTP %d", res.StatusCode)
		l.fail(err)
		return answer{}, err
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return answer{}, l.broken(ctx, action, err)
	}
	if len(data) > maxAnswer {
		return answer{}, community.Errorf(community.CodeTooLarge, "%s: answer of more than %d bytes", action, maxAnswer)
	}
	f, err := decodeSlow(data)
	if err == nil && f.kind != Answer {
		err = community.Errorf(community.CodeBadInput, "%s: HTTP %d without an answer", action, res.StatusCode)
	}
	return f.answer, err
}

// visit lives with an implementation that is called by HTTP until it is not there any more, and says why.
func (s *Session) visit(ctx context.Context) error {
	l := newAPILink(ctx, s.client, s.url, s.token)
	defer l.close()
	if _, err := l.call(ctx, "get_status", map[string]any{}, false); err != nil {
		return err
	}
	s.setLink(l)
	defer s.setLink(nil)
	s.greet(l)
	tick := time.NewTicker(visitEach)
	defer tick.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return l.reason(ctx.Err())
		case <-tick.C:
			if _, err := l.call(l.ctx, "get_status", map[string]any{}, false); err != nil && l.ctx.Err() == nil {
				return err
			}
		}
	}
}

// posted takes an event that the implementation posts. 204 is answered only after it is safely on disk; 401 and 403 say
// that signature or account are wrong, 400 and 413 that the event is, 503 that it must come again.
func (s *Session) posted(w http.ResponseWriter, r *http.Request) {
	select {
	case s.posts <- struct{}{}:
		defer func() { <-s.posts }()
	default:
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	body, status := s.readPost(w, r)
	if status != 0 {
		http.Error(w, http.StatusText(status), status)
		return
	}
	err := s.takePost(r.Context(), body)
	switch code := community.CodeOf(err); {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case code == community.CodeBadInput:
		s.report("online", err)
		http.Error(w, "not an event", http.StatusBadRequest)
	case code == community.CodeConflict:
		s.report("failed", err)
		http.Error(w, "another account", http.StatusForbidden)
	default:
		http.Error(w, "come again", http.StatusServiceUnavailable)
	}
}

// readPost reads and verifies a post; status is what is wrong with it, 0 = nothing.
func (s *Session) readPost(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	if r.Method != http.MethodPost {
		return nil, http.StatusMethodNotAllowed
	}
	signature := r.Header.Get("X-Signature")
	if signature == "" {
		return nil, http.StatusUnauthorized
	}
	if !s.isRunning() {
		return nil, http.StatusServiceUnavailable
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxFrame))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.report("online", community.Errorf(community.CodeTooLarge, "event of more than %d bytes", MaxFrame))
		return nil, http.StatusRequestEntityTooLarge
	case err != nil:
		return nil, http.StatusBadRequest
	case !wire.Signed(s.secret, body, signature):
		s.knocked(wrongSignature)
		return nil, http.StatusForbidden
	}
	if self := r.Header.Get("X-Self-ID"); s.want != "" && self != "" && self != s.want {
		return nil, http.StatusForbidden
	}
	s.opened()
	return body, 0
}

// takePost hands an event over and waits for the host to have it.
func (s *Session) takePost(ctx context.Context, body []byte) error {
	s.handing.Lock() // one after another, as they came
	defer s.handing.Unlock()
	var f frame
	if err := decode(body, &f); err != nil {
		return err
	}
	s.mu.Lock()
	l := s.link
	s.mu.Unlock()
	in, err := s.note(l, f)
	if err != nil || in == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, holdPost)
	defer cancel()
	if !s.feed.Offer(ctx, *in) {
		return community.Errorf(community.CodeBusy, "the host did not take it")
	}
	return nil
}
