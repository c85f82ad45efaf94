package httpd

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

// CSP is the content security policy of every page.
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// Headers sets the security headers of every answer.
func Headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", CSP)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// SameSite refuses changes that another site started (http.CrossOriginProtection); refused answers them.
func SameSite(refused http.Handler, next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(refused)
	return guard.Handler(next)
}

type factsKey struct{}

type facts struct {
	id    string
	ip    netip.Addr
	route string
	err   error
}

// RequestID is the id of the request, shown on error pages and in the log; "" outside Edge.
func RequestID(ctx context.Context) string {
	if f, ok := ctx.Value(factsKey{}).(*facts); ok {
		return f.id
	}
	return ""
}

// ClientIP is the address of the person, read from X-Forwarded-For only behind a trusted relay.
func ClientIP(ctx context.Context) netip.Addr {
	if f, ok := ctx.Value(factsKey{}).(*facts); ok {
		return f.ip
	}
	return netip.Addr{}
}

// Note gives the access log the route that was taken (never the path: it may hold a token) and an error that made the
// answer a 5xx.
func Note(ctx context.Context, route string, err error) {
	if f, ok := ctx.Value(factsKey{}).(*facts); ok {
		f.route, f.err = route, err
	}
}

// Edge is the outermost handler: request id, client address, one log line per request (debug below 500), recovery.
// broken answers after a panic when nothing was written yet.
func Edge(log *slog.Logger, trusted []netip.Prefix, broken, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		f := &facts{id: rand.Text()[:12], ip: clientIP(r, trusted)}
		r = r.WithContext(context.WithValue(r.Context(), factsKey{}, f))
		w.Header().Set("X-Request-Id", f.id)
		seen := &witness{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				log.Error("request panicked", "id", f.id, "route", f.route, "panic", p, "stack", string(debug.Stack()))
				if seen.status == 0 {
					broken.ServeHTTP(seen, r)
				}
			}
			level := slog.LevelDebug
			if seen.status >= 500 {
				level = slog.LevelError
			}
			args := []any{"id", f.id, "method", r.Method, "route", f.route, "status", seen.status, "bytes", seen.bytes,
				"ms", time.Since(began).Milliseconds(), "ip", f.ip}
			if f.err != nil {
				args = append(args, "err", f.err)
			}
			log.Log(r.Context(), level, "request", args...)
		}()
		next.ServeHTTP(seen, r)
	})
}

// clientIP walks X-Forwarded-For from the right past trusted relays.
func clientIP(r *http.Request, trusted []netip.Prefix) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	at = at.Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && within(at, trusted); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = hop.Unmap()
	}
	return at
}

func within(a netip.Addr, in []netip.Prefix) bool {
	for _, p := range in {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// witness remembers what was answered.
type witness struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *witness) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *witness) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// MaxBody bounds the body of every request to n bytes; a handler that takes more sets its own bound first.
func MaxBody(n int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, n)
		next.ServeHTTP(w, r)
	})
}
