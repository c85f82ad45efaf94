package httpd

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Grace is how long Serve waits for running requests when it is told to stop.
const Grace = 5 * time.Second

// NewServer makes a server with bounds on everything a slow or hostile client could stretch. A handler that streams
// lifts its own deadlines with Unhurried.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Unhurried lifts the read and write deadlines of one request: uploads and event streams.
func Unhurried(w http.ResponseWriter) error {
	c := http.NewResponseController(w)
	return errors.Join(c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{}))
}

// Serve answers on ln until ctx ends, then lets running requests finish for at most Grace. Requests' contexts end with
// ctx, so that event streams do not hold it up. Whoever was let in is answered: see newcomers.
func Serve(ctx context.Context, ln net.Listener, srv *http.Server) error {
	srv.BaseContext = func(net.Listener) context.Context { return ctx }
	fresh := &newcomers{silent: map[net.Conn]bool{}}
	fresh.watch(srv)
	stopped := make(chan error, 1)
	go func() { stopped <- srv.Serve(ln) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), Grace)
	defer cancel()
	closed := ln.Close()
	<-stopped // what was accepted at the last moment is known by now
	fresh.settle(end)
	err := srv.Shutdown(end)
	if closed != nil && !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	return err
}

// Steady lets requests run to their end when the server is told to stop: their contexts do not end with it, nor with the caller. For short
// ones whose sender does not come again. What becomes a stream is left alone.
func Steady(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			r = r.WithContext(context.WithoutCancel(r.Context()))
		}
		h.ServeHTTP(w, r)
	})
}

// newcomers are connections that were accepted and of which no request reached its handler yet. http.Server drops them without an answer
// when it is told to stop while it reads their first request: so that is told only when there are none.
type newcomers struct {
	mu     sync.Mutex
	silent map[net.Conn]bool
}

type connKey struct{}

// firstWord is how long a connection may take from being accepted to its first request when the server is to stop.
const firstWord = time.Second

func (n *newcomers) watch(srv *http.Server) {
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			n.mu.Lock()
			n.silent[c] = true
			n.mu.Unlock()
		case http.StateClosed, http.StateHijacked:
			n.heard(c)
		}
	}
	srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) }
	next := srv.Handler
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(net.Conn); ok {
			n.heard(c)
		}
		next.ServeHTTP(w, r)
	})
}

func (n *newcomers) heard(c net.Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.silent, c)
}

// settle waits until all are heard. Those that say nothing are closed: browsers keep such connections in store.
func (n *newcomers) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, firstWord)
	defer cancel()
	for {
		n.mu.Lock()
		left := len(n.silent)
		n.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
			continue
		case <-ctx.Done():
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		for c := range n.silent {
			_ = c.Close() // nobody asked anything
		}
		return
	}
}
