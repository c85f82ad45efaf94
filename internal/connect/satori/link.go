package satori

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	writeTimeout = 10 * time.Second
	pingEach     = 10 * time.Second
	silence      = 35 * time.Second // after so much of it the other end is gone
	maxDiscard   = 64 << 20         // bytes of a frame that are read only to get past it
)

// link is one WebSocket connection.
type link struct {
	conn  *websocket.Conn
	ctx   context.Context // the link's own life, no caller's request
	end   context.CancelFunc
	heard atomic.Int64 // UTC ms of the last frame
	stuck atomic.Bool  // the reader waits for the host: silence proves nothing
	buf   bytes.Buffer

	mu  sync.Mutex
	why error // set before the link was ended by us
}

func newLink(ctx context.Context, conn *websocket.Conn) *link {
	conn.SetReadLimit(-1) // read bounds and gets past what is too large
	l := &link{conn: conn}
	l.ctx, l.end = context.WithCancel(ctx)
	l.heard.Store(time.Now().UnixMilli())
	return l
}

func (l *link) close() {
	l.end()
	_ = l.conn.CloseNow() // nothing is left to be said
}

// fail ends the link for a reason.
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
	return err
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
	n, err := io.CopyN(&l.buf, r, MaxFrame+1)
	if err != nil && err != io.EOF {
		return nil, err
	}
	l.heard.Store(time.Now().UnixMilli())
	if n > MaxFrame {
		more, err := io.CopyN(io.Discard, r, maxDiscard)
		switch {
		case err == nil:
			return nil, community.Errorf(community.CodeInternal, "frame of more than %d bytes: connection closed", n+more)
		case err != io.EOF:
			return nil, err
		}
		return nil, community.Errorf(community.CodeTooLarge, "frame of %d bytes, at most %d", n+more, MaxFrame)
	}
	if kind != websocket.MessageText {
		return nil, community.Errorf(community.CodeBadInput, "binary frame of %d bytes", n)
	}
	return l.buf.Bytes(), nil
}

func (l *link) write(op int, body any) error {
	data, err := json.Marshal(struct {
		Op   int `json:"op"`
		Body any `json:"body,omitempty"`
	}{op, body})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(l.ctx, writeTimeout)
	defer cancel()
	return l.conn.Write(ctx, websocket.MessageText, data)
}

// watch pings, and ends the link when nothing comes back. It returns when the link ends.
func (l *link) watch() {
	for connect.Sleep(l.ctx, pingEach) {
		quiet := time.Since(time.UnixMilli(l.heard.Load()))
		if quiet > silence && !l.stuck.Load() {
			l.fail(unreachable("网关 "+quiet.Round(time.Second).String()+" 没有声音，断开重连。", "nothing heard from the gateway for "+quiet.Round(time.Second).String()))
			return
		}
		if err := l.write(opPing, nil); err != nil {
			return // reading says why
		}
	}
}

func unreachable(zh, en string) error { return connect.Trouble(community.CodeUnreachable, zh, en) }
