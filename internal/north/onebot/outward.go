package onebot

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect/onebot/wire"
	"qunluo/internal/north"
)

const (
	dialTimeout  = 20 * time.Second
	firstPause   = time.Second
	longestPause = time.Minute
	settled      = 30 * time.Second // a link that lived so long starts the pauses over
	saveEach     = 2 * time.Second  // how often it is noted how far a bot was told
	stale        = 10 * time.Minute // what happened longer ago is not told to a bot that comes back: nobody wants it answered now
)

func isStale(h north.Happening, now int64) bool { return now-h.At > stale.Milliseconds() }

// Outward goes to the bots that want to be gone to.
type Outward struct {
	n      *north.North
	client *http.Client
}

// NewOutward makes an Outward. Redirects are not followed: a secret goes where it was meant to.
func NewOutward(n *north.North) *Outward {
	return &Outward{n, &http.Client{Timeout: dialTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Run keeps one way to each of them until ctx ends.
func (o *Outward) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	open := map[string]context.CancelFunc{} // by hash and address: what changed is opened anew
	for {
		list, turned := o.n.Outward()
		want := map[string]community.Bot{}
		for _, b := range list {
			want[strconv.FormatInt(b.Key, 10)+" "+b.Hash+" "+string(b.Mode)+" "+b.URL+" "+b.Secret] = b
		}
		for id, stop := range open {
			if _, still := want[id]; !still {
				stop()
				delete(open, id)
			}
		}
		for id, b := range want {
			if open[id] == nil {
				own, stop := context.WithCancel(ctx)
				open[id] = stop
				work.Go(func() { o.keep(own, b) })
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-turned:
		}
	}
}

// keep goes to a bot again and again, after growing, jittered pauses.
func (o *Outward) keep(ctx context.Context, b community.Bot) {
	pause := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		err := o.visit(ctx, b)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > settled {
			pause = firstPause
		}
		o.n.Log().Info("attached bot is not reached", "bot", b.Name, "err", err)
		rest := time.NewTimer(pause/2 + rand.N(pause/2))
		select {
		case <-ctx.Done():
			rest.Stop()
		case <-rest.C:
		}
		pause = min(pause*2, longestPause)
	}
}

// visit serves a bot once, from where it was left.
func (o *Outward) visit(ctx context.Context, b community.Bot) error {
	b, err := o.n.Current(b)
	if err != nil {
		return err
	}
	seat, err := o.n.Sit(ctx, b)
	if err != nil {
		return err
	}
	defer seat.Leave()
	from, err := seat.Start(o.n.Cursor(b))
	if err != nil {
		return err
	}
	p := &progress{n: o.n, seat: seat, at: time.Now()}
	defer p.save()
	if b.Mode == community.BotPush {
		return o.push(seat, b, from, p)
	}
	return o.dial(ctx, seat, b, from, p)
}

// progress notes now and then how far a bot was told.
type progress struct {
	n    *north.North
	seat *north.Seat
	mu   sync.Mutex
	last int64
	at   time.Time
}

func (p *progress) looked(number int64) {
	p.mu.Lock()
	p.last = number
	due := time.Since(p.at) >= saveEach
	p.mu.Unlock()
	p.n.SetCursor(p.seat.Bot(), number)
	if due {
		p.save()
	}
}

func (p *progress) save() {
	p.mu.Lock()
	last := p.last
	p.last, p.at = 0, time.Now()
	p.mu.Unlock()
	if last != 0 {
		p.seat.Used(last)
	}
}

func (o *Outward) dial(ctx context.Context, seat *north.Seat, b community.Bot, from int64, p *progress) error {
	header := http.Header{"X-Self-Id": {selfText(seat)}, "X-Client-Role": {"Universal"}}
	if b.Secret != "" {
		header.Set("Authorization", "Bearer "+b.Secret)
	}
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, _, err := websocket.Dial(dialing, b.URL, &websocket.DialOptions{HTTPHeader: header, HTTPClient: &http.Client{CheckRedirect: o.client.CheckRedirect}})
	if err != nil {
		return community.Errorf(community.CodeUnreachable, "dial: %w", err)
	}
	return newLink(o.n, seat, conn).serve(role{true, true}, from, p.looked)
}

func selfText(seat *north.Seat) string { return strconv.FormatInt(seat.Self(), 10) }

// push posts events one after another. One that is not taken is posted again until it is, or is too old.
func (o *Outward) push(seat *north.Seat, b community.Bot, from int64, p *progress) error {
	first, err := lifecycle(seat.Self(), o.n.Now(), "enable")
	if err != nil {
		return err
	}
	if err := o.post(seat, b, first); err != nil {
		return err
	}
	return seat.Follow(from, func(h north.Happening) error {
		frame, err := Frame(h, seat.Self())
		if err != nil || frame == nil || isStale(h, o.n.Now()) {
			return err
		}
		if err := o.post(seat, b, frame); err != nil {
			return err // the next visit begins with this one
		}
		p.looked(h.Number)
		return nil
	}, p.looked)
}

func (o *Outward) post(seat *north.Seat, b community.Bot, body []byte) error {
	req, err := http.NewRequestWithContext(seat.Context(), http.MethodPost, b.URL, bytes.NewReader(body))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "address of the bot: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Self-ID", selfText(seat))
	if b.Secret != "" {
		req.Header.Set("X-Signature", wire.Signature(b.Secret, body))
	}
	res, err := o.client.Do(req)
	if err != nil {
		return community.Errorf(community.CodeUnreachable, "post: %w", err)
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 64<<10) // quick operations are not taken: a bot calls us
	if res.StatusCode/100 != 2 {
		return community.Errorf(community.CodeUnreachable, "the bot answered HTTP %d", res.StatusCode)
	}
	return nil
}
