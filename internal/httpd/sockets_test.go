package httpd

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func TestSocketsAreFoundByNameAndByPlace(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want map[string]int
	}{
		{nil, map[string]int{}},
		{[]string{"LISTEN_PID=7", "LISTEN_FDS=2", "LISTEN_FDNAMES=local:console"}, map[string]int{"local": 3, "console": 4}},
		{[]string{"LISTEN_PID=7", "LISTEN_FDS=2", "LISTEN_FDNAMES=qunluo.socket:qunluo.socket"}, map[string]int{"console": 3, "local": 4}},
		{[]string{"LISTEN_PID=7", "LISTEN_FDS=1"}, map[string]int{"console": 3}},
		{[]string{"LISTEN_PID=8", "LISTEN_FDS=1"}, map[string]int{}}, // meant for another process
		{[]string{"QUNLUO_SOCKETS=7,console=9,local=11"}, map[string]int{"console": 9, "local": 11}},
		{[]string{"QUNLUO_SOCKETS=8,console=9"}, map[string]int{}},
		{[]string{"QUNLUO_SOCKETS=7,console=1,local=x,,"}, map[string]int{}},
	} {
		if got := descriptors(c.env, 7); !maps.Equal(got, c.want) {
			t.Errorf("%v = %v, want %v", c.env, got, c.want)
		}
	}
}

// TestWhoCallsWhileNobodyListensIsAnsweredByTheNext: the socket stays when its listener is closed.
func TestWhoCallsWhileNobodyListensIsAnsweredByTheNext(t *testing.T) {
	var before Sockets
	ln, err := before.Listen(ConsoleDoor, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", address) // nobody listens
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	env, err := before.Leave([]string{"A=b", "LISTEN_FDS=4"})
	if err != nil || len(env) != 2 {
		t.Fatalf("environment %q, %v", env, err)
	}
	after, err := Inherit(env, os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	next, err := after.Listen(ConsoleDoor, "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "here again") }), ReadHeaderTimeout: time.Second}
	go srv.Serve(next) //nolint:errcheck // ends with Close
	defer srv.Close()
	answer, err := io.ReadAll(conn)
	if err != nil || len(answer) < 10 || string(answer[len(answer)-10:]) != "here again" {
		t.Errorf("answered %q, %v", answer, err)
	}
}

func TestSteadyRunsOnWhenTold(t *testing.T) {
	for _, c := range []struct {
		upgrade string
		ends    bool
	}{{"", false}, {"websocket", true}} {
		r := httptest.NewRequestWithContext(canceled(t), "POST", "/", nil)
		r.Header.Set("Upgrade", c.upgrade)
		Steady(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if ended := r.Context().Err() != nil; ended != c.ends {
				t.Errorf("upgrade %q: context ended %t, want %t", c.upgrade, ended, c.ends)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// TestWhoWasLetInIsAnswered: a connection that was accepted, and asks only when the server was told to stop; one that says nothing does not
// hold it up for long.
func TestWhoWasLetInIsAnswered(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan struct{}, 2)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	srv := NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "answered") }), slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, counting{ln, accepted}, srv) }()
	var conns []net.Conn
	for range 2 {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
		<-accepted
	}
	began := time.Now()
	stop()
	for { // until nobody listens
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			break
		}
		conn.Close()
	}
	if _, err := io.WriteString(conns[0], "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conns[0])
	if err != nil || !strings.HasSuffix(string(answer), "answered") {
		t.Errorf("answered %q, %v", answer, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > Grace {
		t.Errorf("it took %v to stop, because of somebody who says nothing", took)
	}
}

// counting tells of what it accepts.
type counting struct {
	net.Listener
	accepted chan struct{}
}

func (c counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		select {
		case c.accepted <- struct{}{}:
		default:
		}
	}
	return conn, err
}
