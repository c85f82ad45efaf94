package onebot

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	maxAnswer    = 16 << 20 // bytes of an answer to a list call
	maxDiscard   = 64 << 20 // bytes of a frame that are read only to get past it; beyond, the connection is closed
	writeTimeout = 10 * time.Second
	callTimeout  = 15 * time.Second
	idlePing     = 60 * time.Second // without a known heartbeat: how long silence may last before we ask
)

// link is one WebSocket connection. Its life ends with close.
type link struct {
	conn *websocket.Conn // nil: calls go by HTTP
	http *api
	ctx  context.Context // the link's own life, no caller's request
	end  context.CancelFunc

	heard    atomic.Int64 // UTC ms of the last frame
	interval atomic.Int64 // heartbeat in ms; 0 = none announced
	stuck    atomic.Bool  // the reader waits for the host: silence proves nothing
	quoted   atomic.Bool  // ids are strings here

	mu      sync.Mutex
	last    int64
	pending map[string]chan answer // by echo
	long    int                    // of pending: may be answered with more than MaxFrame bytes

	why error // set before the link was ended by us

	buf bytes.Buffer
}

func newLink(ctx context.Context, conn *websocket.Conn) *link {
	conn.SetReadLimit(-1) // read bounds and gets past what is too large
	l := &link{conn: conn, pending: map[string]chan answer{}}
	l.ctx, l.end = context.WithCancel(ctx)
	l.heard.Store(time.Now().UnixMilli())
	return l
}

// close ends the link at once; pending calls get CodeTimeout.
func (l *link) close() {
	l.end()
	if l.conn != nil {
		_ = l.conn.CloseNow() // nothing is left to be said
	}
}

// fail ends the link for a reason that reason gives to whoever reads it.
func (l *link) fail(why error) {
	l.mu.Lock()
	l.why = why
	l.mu.Unlock()
	l.close()
}

// reason is why the link ended: ours, or what reading said.
func (l *link) reason(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why != nil {
		return l.why
	}
	return community.Errorf(community.CodeUnreachable, "connection lost: %w", err)
}

// read gives the next frame, valid until the next read. CodeTooLarge and CodeBadInput: this frame was refused, the link
// lives on; any other error ended it.
func (l *link) read() ([]byte, error) {
	kind, r, err := l.conn.Reader(l.ctx)
	if err != nil {
		return nil, err
	}
	if l.buf.Cap() > 4*MaxFrame {
		l.buf = bytes.Buffer{}
	}
	l.buf.Reset()
	bound := int64(MaxFrame)
	n, err := io.CopyN(&l.buf, r, bound+1)
	if n > bound && l.expectsLong() {
		bound = maxAnswer
		var more int64
		more, err = io.CopyN(&l.buf, r, bound-n+1)
		n += more
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	l.heard.Store(time.Now().UnixMilli())
	if n > bound {
		return nil, l.skip(r, n)
	}
	if kind != websocket.MessageText {
		return nil, community.Errorf(community.CodeBadInput, "binary frame of %d bytes", n)
	}
	return l.buf.Bytes(), nil
}

// skip gets past the rest of a frame that is too large.
func (l *link) skip(r io.Reader, n int64) error {
	more, err := io.CopyN(io.Discard, r, maxDiscard)
	if err == nil {
		return community.Errorf(community.CodeInternal, "frame of more than %d bytes: connection closed", n+more)
	}
	if err != io.EOF {
		return err
	}
	return community.Errorf(community.CodeTooLarge, "frame of %d bytes, at most %d", n+more, MaxFrame)
}

// decode reads a frame into f; only an answer may be longer than MaxFrame.
func (l *link) decode(data []byte, f *frame) (err error) {
	if len(data) <= MaxFrame {
		return decode(data, f)
	}
	*f, err = decodeSlow(data)
	if err == nil && f.kind != Answer {
		return community.Errorf(community.CodeTooLarge, "frame of %d bytes, at most %d", len(data), MaxFrame)
	}
	return err
}

// call asks the implementation for something and waits for the answer that carries the call's echo, in whatever order
// answers come. CodeUnreachable: certainly not sent. CodeTimeout: sent, or perhaps sent, and not answered.
func (l *link) call(ctx context.Context, action string, params map[string]any, long bool) (answer, error) {
	if l.http != nil {
		return l.post(ctx, action, params)
	}
	echo, answered := l.expect(long)
	defer l.forget(echo, long)
	frame, err := encodeCall(action, params, echo)
	if err != nil {
		return answer{}, err
	}
	if ctx.Err() != nil || l.ctx.Err() != nil {
		return answer{}, community.Errorf(community.CodeUnreachable, "%s: connection is gone before sending", action)
	}
	if err := l.write(frame); err != nil {
		return answer{}, community.Errorf(community.CodeTimeout, "%s: perhaps sent: %w", action, err)
	}
	timer := time.NewTimer(callTimeout)
	defer timer.Stop()
	select {
	case a := <-answered:
		return a, nil
	case <-ctx.Done():
		return answer{}, community.Errorf(community.CodeTimeout, "%s: sent, given up waiting", action)
	case <-l.ctx.Done():
		return answer{}, community.Errorf(community.CodeTimeout, "%s: sent, then the connection was cut", action)
	case <-timer.C:
		return answer{}, community.Errorf(community.CodeTimeout, "%s: sent, no answer in %s", action, callTimeout)
	}
}

// write does not stop when a caller gives up: half a frame would end the link for everybody.
func (l *link) write(frame []byte) error {
	ctx, cancel := context.WithTimeout(l.ctx, writeTimeout)
	defer cancel()
	return l.conn.Write(ctx, websocket.MessageText, frame)
}

func (l *link) expect(long bool) (echo string, answered chan answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	echo = strconv.Quote("q" + strconv.FormatInt(l.last, 10))
	answered = make(chan answer, 1)
	l.pending[echo] = answered
	if long {
		l.long++
	}
	return echo, answered
}

func (l *link) forget(echo string, long bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pending, echo)
	if long {
		l.long--
	}
}

func (l *link) expectsLong() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.long > 0
}

// answered hands an answer to its call; one nobody waits for any more is dropped.
func (l *link) answered(a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if waiting, ok := l.pending[a.echo]; ok {
		delete(l.pending, a.echo) // a second answer to the same call finds nobody
		waiting <- a
	}
}

// watch ends the link when it has been silent for three heartbeats, or, where none were announced, does not answer a
// ping. It returns when the link ends.
func (l *link) watch() {
	for {
		pause := idlePing
		if beat := time.Duration(l.interval.Load()) * time.Millisecond; beat > 0 {
			pause = min(max(3*beat, 5*time.Second), 10*time.Minute)
		}
		quiet := time.Since(time.UnixMilli(l.heard.Load()))
		if quiet < pause || l.stuck.Load() {
			// Looking again soon: a heartbeat may be announced meanwhile.
			if !connect.Sleep(l.ctx, min(max(pause-quiet, time.Second), 5*time.Second)) {
				return
			}
			continue
		}
		if !l.alive() {
			l.fail(community.Errorf(community.CodeUnreachable, "nothing heard for %s", quiet.Round(time.Second)))
			return
		}
		l.heard.Store(time.Now().UnixMilli())
	}
}

// alive asks after a long silence; an announced heartbeat that stopped is answer enough.
func (l *link) alive() bool {
	if l.interval.Load() > 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(l.ctx, writeTimeout)
	defer cancel()
	return l.conn.Ping(ctx) == nil
}

// encodeCall writes compact JSON without HTML escapes: some implementations compare it with their own writing.
func encodeCall(action string, params map[string]any, echo string) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	call := struct {
		Action string          `json:"action"`
		Params map[string]any  `json:"params"`
		Echo   json.RawMessage `json:"echo"`
	}{action, params, json.RawMessage(echo)}
	if err := enc.Encode(call); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
