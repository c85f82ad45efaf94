package conntest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Network is a network in memory, for counterparts that live in a bubble: what is dialled arrives at Accept.
type Network struct {
	arrived chan net.Conn
	closed  chan struct{}
	once    sync.Once

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

var _ net.Listener = (*Network)(nil)

// NewNetwork makes a network that ends with the test.
func NewNetwork(t *testing.T) *Network {
	n := &Network{arrived: make(chan net.Conn), closed: make(chan struct{}), conns: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

// Accept implements net.Listener.
func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.arrived:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr implements net.Listener.
func (n *Network) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// Dial connects to whoever accepts; it has the form of net.Dialer.DialContext.
func (n *Network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut {
		return nil, net.ErrClosed
	}
	ours, theirs := net.Pipe()
	select {
	case n.arrived <- theirs:
		n.conns[theirs] = true
		return ours, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Cut ends all connections and lets nobody connect until Mend.
func (n *Network) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = true
	for c := range n.conns {
		_ = c.Close()
	}
	clear(n.conns)
}

// Mend lets connections through again.
func (n *Network) Mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = false
}

// Serve answers HTTP on the network until the test ends.
func (n *Network) Serve(t *testing.T, h http.Handler) {
	server := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(n)
	}()
	t.Cleanup(func() {
		n.Cut()
		_ = server.Close()
		<-served
	})
}

// Client is an HTTP client whose every call goes over the network.
func (n *Network) Client(t *testing.T) *http.Client {
	transport := &http.Transport{DialContext: n.Dial, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// Way leads each bubble's calls to its own network, though the connector is one.
type Way struct{ To *http.Client }

// RoundTrip implements http.RoundTripper.
func (w *Way) RoundTrip(r *http.Request) (*http.Response, error) { return w.To.Transport.RoundTrip(r) }
