package wecom

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect/wecom/wecomtest"
	"qunluo/internal/connect/wxcrypt"
)

// quiet answers nobody: only the status is kept.
type quiet struct {
	status int
	head   http.Header
}

func (q *quiet) Header() http.Header         { return q.head }
func (q *quiet) Write(b []byte) (int, error) { return len(b), nil }
func (q *quiet) WriteHeader(status int)      { q.status = status }

// captured is a call as somebody on the line would have it.
type captured struct {
	query url.Values
	body  []byte
}

// forgeries are what can be made of a captured call without knowing token and key.
var forgeries = []func(c *captured, chance *rand.Rand){
	func(c *captured, chance *rand.Rand) {
		c.query.Set("msg_signature", fmt.Sprintf("%040x", chance.Uint64()))
	},
	func(c *captured, chance *rand.Rand) { c.query.Set("nonce", strconv.Itoa(chance.IntN(1e9))) },
	func(c *captured, chance *rand.Rand) {
		c.query.Set("timestamp", strconv.FormatInt(time.Now().Unix()+chance.Int64N(9)+1, 10))
	},
	func(c *captured, chance *rand.Rand) { c.body[chance.IntN(len(c.body))] ^= byte(1 + chance.IntN(255)) },
	func(c *captured, chance *rand.Rand) { c.body = c.body[:chance.IntN(len(c.body))] },
	func(c *captured, _ *rand.Rand) { c.query.Del("msg_signature") },
	func(c *captured, _ *rand.Rand) {
		c.query.Set("signature", c.query.Get("msg_signature"))
		c.query.Set("msg_signature", "0")
	},
	func(c *captured, _ *rand.Rand) { c.body = append([]byte(`<!DOCTYPE x>`), c.body...) },
	func(*captured, *rand.Rand) {}, // the very same again
	func(c *captured, _ *rand.Rand) { // sealed by somebody who guessed token and key
		other, err := wxcrypt.New("another-token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", wecomtest.ID)
		if err != nil {
			panic(err)
		}
		sealed, err := other.Encrypt([16]byte{}, []byte("<xml><MsgType>event</MsgType></xml>"))
		if err != nil {
			panic(err)
		}
		c.query.Set("msg_signature", other.Sign(c.query.Get("timestamp"), c.query.Get("nonce"), sealed))
		c.body = []byte("<xml><Encrypt>" + sealed + "</Encrypt></xml>")
	},
}

// TestForgedOrReplayedCallbacksAreNeverTaken makes 100,000 calls out of 50 captured ones that were taken: none adds an
// event, and the 50 stay the only ones.
func TestForgedOrReplayedCallbacksAreNeverTaken(t *testing.T) {
	each := 2000
	if testing.Short() {
		each = 100
	}
	bubble(t, nil, func(t *testing.T, l *living) {
		chance := rand.New(rand.NewPCG(5, 7))
		var calls []captured
		for i := range 50 {
			req := l.corp.Request("/connect/x/", l.corp.Event("change_external_contact", "add_external_contact",
				wecomtest.Field("UserID", "helper"), wecomtest.Field("ExternalUserID", fmt.Sprint("wm", i))))
			body, again := copyOf(t, req)
			rec := httptest.NewRecorder()
			l.ServeConnect(rec, again(body))
			if rec.Code != http.StatusOK {
				t.Fatalf("the true call %d = %d", i, rec.Code)
			}
			calls = append(calls, captured{req.URL.Query(), body})
		}
		taken := len(l.host.Of(community.FollowerAdded))
		for n := range len(calls) * each {
			c := captured{url.Values{}, bytes.Clone(calls[n%len(calls)].body)}
			for k, v := range calls[n%len(calls)].query {
				c.query[k] = []string{v[0]}
			}
			kind := chance.IntN(len(forgeries))
			forgeries[kind](&c, chance)
			w := &quiet{http.StatusOK, http.Header{}}
			l.ServeConnect(w, httptest.NewRequest(http.MethodPost, "/connect/x/?"+c.query.Encode(), bytes.NewReader(c.body)))
			same := bytes.Equal(c.body, calls[n%len(calls)].body) && c.query.Encode() == calls[n%len(calls)].query.Encode()
			if w.status == http.StatusOK && !same && kind != 3 {
				t.Fatalf("forgery %d of kind %d was answered 200", n, kind)
			}
		}
		if got := len(l.host.Of(community.FollowerAdded)); got != taken || taken != 50 {
			t.Errorf("%d events of 100,000 forged or replayed calls, want 0 beside the %d true ones", got-taken, taken)
		}
		time.Sleep(time.Hour) // an hour later the captured calls are too old even for a memory that was lost
		l.window = wxcrypt.NewWindow(maxWindow)
		for _, c := range calls {
			w := &quiet{http.StatusOK, http.Header{}}
			l.ServeConnect(w, httptest.NewRequest(http.MethodPost, "/connect/x/?"+c.query.Encode(), bytes.NewReader(c.body)))
			if w.status != http.StatusForbidden {
				t.Fatalf("a call of an hour ago = %d, want 403", w.status)
			}
		}
		synctest.Wait()
		if reports := len(l.host.Healths()); reports > 20 {
			t.Errorf("the flood made %d reports, want few", reports)
		}
	})
}
