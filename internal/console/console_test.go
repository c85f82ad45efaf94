package console

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
	"qunluo/internal/rights"
)

var update = flag.Bool("update", false, "write golden files")

// visitor is a browser without script.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
	lang   string
}

// open starts a console over the house and returns a visitor.
func open(t *testing.T, h *house) *visitor {
	t.Helper()
	return openWith(t, h.fullDeps())
}

func openWith(t *testing.T, d Deps) *visitor {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	d.Log = quiet
	handler, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	broken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "broken", 500) })
	srv := httptest.NewServer(httpd.Edge(quiet, nil, broken, handler))
	t.Cleanup(func() {
		srv.CloseClientConnections() // a page in a browser may still listen
		srv.Close()
	})
	jar, _ := cookiejar.New(nil)
	return &visitor{t: t, base: srv.URL, client: &http.Client{Jar: jar}}
}

// as signs in.
func (v *visitor) as(login string) *visitor {
	v.t.Helper()
	status, body := v.post("/signin", "login", login, "password", fakePassword)
	if status != 200 || strings.Contains(body, `name="password"`) {
		v.t.Fatalf("sign in as %s = %d", login, status)
	}
	return v
}

func (v *visitor) get(path string) (int, string) {
	v.t.Helper()
	req, _ := http.NewRequest("GET", v.base+path, nil)
	req.Header.Set("Accept-Language", v.lang)
	return v.send(req)
}

var tokenField = regexp.MustCompile(`name="_token" value="([^"]+)"`)

// post sends a form with the token of the sign-in page or, once signed in, of Home.
func (v *visitor) post(path string, pairs ...string) (int, string) {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	if !form.Has("_token") {
		_, page := v.get("/signin")
		m := tokenField.FindStringSubmatch(page)
		if m == nil {
			v.t.Fatal("no form token on the page")
		}
		form.Set("_token", m[1])
	}
	req, _ := http.NewRequest("POST", v.base+path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.send(req)
}

func (v *visitor) send(req *http.Request) (int, string) {
	v.t.Helper()
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// TestEveryRouteSaysWhoMayUseIt walks all routes with all roles over HTTP and compares with the golden table.
func TestEveryRouteSaysWhoMayUseIt(t *testing.T) {
	h := newHouse()
	visitors, head := []*visitor{open(t, h)}, "nobody"
	for i, role := range rights.Roles() {
		login := "role-" + string(role)
		h.users = append(h.users, community.User{Key: int64(50 + i), ID: fakeID(850 + i), Org: 1, Login: login, Name: login, Role: string(role), Hash: fakeHash, Lang: "zh-CN", Enabled: true})
		visitors, head = append(visitors, open(t, h).as(login)), head+" "+string(role)
	}
	c := &Console{deps: h.fullDeps()}
	var lines []string
	for _, one := range c.routes() {
		method, path, _ := strings.Cut(one.pattern, " ")
		path = strings.NewReplacer("/new", "/new?kind=sim", "{$}", "", "{token}", "none", "{id}", "none").Replace(path)
		if path == "/live" {
			continue // streams; TestChangesReachTheBrowser looks at it
		}
		line := fmt.Sprintf("%-44s", one.pattern)
		for _, v := range visitors {
			line += " " + verdict(v, method, path)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	golden(t, "routes.txt", "route                                        "+head+"\n"+strings.Join(lines, "\n")+"\n")
}

// verdict: "yes" (the handler was reached), "no" (403), "in?" (sent to sign in). A wrong form token is only looked at
// after the rights, so that a POST without one tells whether the rights would do, and changes nothing.
func verdict(v *visitor, method, path string) string {
	req, _ := http.NewRequest(method, v.base+path, nil)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	client := *v.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	switch {
	case strings.HasPrefix(res.Header.Get("Location"), "/signin"):
		return "in?"
	case res.StatusCode == http.StatusForbidden && strings.Contains(string(body), "stale_form"):
		return "yes"
	case res.StatusCode == http.StatusForbidden && !strings.Contains(string(body), "setup_link"):
		return "no "
	}
	return "yes"
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

func TestSignInTellsNothingAboutLogins(t *testing.T) {
	h := newHouse()
	v := open(t, h)
	_, known := v.post("/signin", "login", "owner", "password", "wrong")
	_, unknown := v.post("/signin", "login", "nobody", "password", "wrong")
	_, off := v.post("/signin", "login", "gone", "password", fakePassword)
	strip := regexp.MustCompile(`value="(owner|nobody|gone)"`)
	a, b, c := strip.ReplaceAllString(known, ""), strip.ReplaceAllString(unknown, ""), strip.ReplaceAllString(off, "")
	if a != b || a != c {
		t.Error("pages for a known, an unknown and a switched-off login differ")
	}
	if !strings.Contains(known, "登录名、密码或验证码不对") {
		t.Error("the page does not say what went wrong")
	}
}

func TestSixthAttemptInAMinuteIsRefused(t *testing.T) {
	h := newHouse()
	v := open(t, h)
	for range triesPerAccount {
		if status, _ := v.post("/signin", "login", "owner", "password", "wrong"); status != http.StatusUnprocessableEntity {
			t.Fatalf("status = %d, want 422", status)
		}
	}
	if status, _ := v.post("/signin", "login", "OWNER", "password", fakePassword); status != http.StatusTooManyRequests {
		t.Errorf("sixth attempt = %d, want 429", status)
	}
	h.pass(time.Minute)
	v.as("owner")
}

func TestAddressMayTryTwentyTimesAMinute(t *testing.T) {
	v := open(t, newHouse())
	var last int
	for i := range triesPerAddress + 1 {
		last, _ = v.post("/signin", "login", fmt.Sprint("someone", i), "password", "x")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("attempt 21 = %d, want 429", last)
	}
}

func TestSessionsEnd(t *testing.T) {
	signedIn := func(v *visitor) bool { _, body := v.get("/"); return !strings.Contains(body, `name="password"`) }
	for _, x := range []struct {
		name string
		do   func(h *house, v *visitor)
		want bool
	}{
		{"29 minutes without a request", func(h *house, v *visitor) { h.pass(29 * time.Minute) }, true},
		{"30 minutes without a request", func(h *house, v *visitor) { h.pass(30 * time.Minute) }, false},
		{"12 hours although busy", func(h *house, v *visitor) {
			for range 36 {
				h.pass(20 * time.Minute)
				v.get("/")
			}
		}, false},
		{"11 hours busy", func(h *house, v *visitor) {
			for range 33 {
				h.pass(20 * time.Minute)
				v.get("/")
			}
		}, true},
		{"signing out", func(h *house, v *visitor) { v.post("/signout") }, false},
		{"switched off", func(h *house, v *visitor) { h.users[0].Enabled = false }, false},
		{"new password", func(h *house, v *visitor) { h.users[0].Hash = HashPassword("another password") }, false},
		{"row deleted", func(h *house, v *visitor) { clear(h.sessions) }, false},
	} {
		h := newHouse()
		v := open(t, h).as("owner")
		x.do(h, v)
		if got := signedIn(v); got != x.want {
			t.Errorf("after %s: signed in = %v, want %v", x.name, got, x.want)
		}
	}
}

func TestStoreNeverSeesASessionToken(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	u, _ := url.Parse(v.base)
	for _, cookie := range v.client.Jar.Cookies(u) {
		if _, found := h.sessions[cookie.Value]; found {
			t.Errorf("the store holds the value of cookie %s", cookie.Name)
		}
		if cookie.Name == "qunluo" && h.sessions[HashToken(cookie.Value)] == nil {
			t.Error("the store does not hold the hash of the session's token")
		}
	}
}

func TestCookieIsLockedToTheHost(t *testing.T) {
	h := newHouse()
	d := h.deps()
	d.Insecure = false
	v := openWith(t, d)
	req, _ := http.NewRequest("GET", v.base+"/signin", nil)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	set := res.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(set, want) {
			t.Errorf("Set-Cookie = %q, want %s in it", set, want)
		}
	}
}

func TestOtherSitesCannotChangeAnything(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	_, page := v.get("/")
	token := tokenField.FindStringSubmatch(page)[1]
	for _, x := range []struct {
		name, site, token string
		want              int
	}{
		{"own form", "same-origin", token, 200},
		{"another site, even with the token", "cross-site", token, 403},
		{"no token", "same-origin", "", 403},
		{"wrong token", "same-origin", "x" + token, 403},
	} {
		h.did = nil
		body := url.Values{"_token": {x.token}, "on": {"1"}, "reason": {"test"}}
		req, _ := http.NewRequest("POST", v.base+"/freeze", strings.NewReader(body.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", x.site)
		status, _ := v.send(req)
		if status != x.want || (len(h.did) > 0) != (x.want == 200) {
			t.Errorf("%s: status = %d, done = %v, want %d", x.name, status, h.did, x.want)
		}
	}
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	v := open(t, newHouse()).as("owner")
	for _, path := range []string{"/", "/signin", "/nowhere", "/static/none.css", "/setup/x"} {
		res, err := v.client.Get(v.base + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Content-Security-Policy"); got != httpd.CSP {
			t.Errorf("%s: policy = %q", path, got)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: headers = %v", path, res.Header)
		}
	}
}

func TestSetupLinkWorksOnceWithinItsTime(t *testing.T) {
	h := newHouse()
	h.users = nil
	token, hash := NewToken()
	h.setup[hash] = fakeNow.Add(SetupMinutes * time.Minute).UnixMilli()
	v := open(t, h)
	if _, page := v.get("/signin"); !strings.Contains(page, "qunluo setup-url") {
		t.Error("the sign-in page does not say how to begin")
	}
	if status, page := v.get("/setup/" + token); status != 200 || !strings.Contains(page, `name="again"`) {
		t.Fatalf("set-up page = %d", status)
	}
	if status, page := v.post("/setup/"+token, "org", "X", "login", "a", "name", "b", "password", "short", "again", "other"); status != 422 || !strings.Contains(page, "至少 10") || !strings.Contains(page, "不一样") {
		t.Errorf("bad password = %d, want 422 and why", status)
	}
	good := []string{"org", "读书会", "login", "boss", "name", "老板", "password", fakePassword, "again", fakePassword}
	if status, page := v.post("/setup/"+token, good...); status != 200 || !strings.Contains(page, "老板") {
		t.Errorf("set-up = %d, want Home", status)
	}
	if len(h.users) != 1 || h.users[0].Role != RoleOwner || !strings.HasPrefix(h.users[0].Hash, "$argon2id$") {
		t.Errorf("users = %+v, want one owner with an argon2id hash", h.users)
	}
	again := open(t, h)
	if status, page := again.get("/setup/" + token); status != 403 || !strings.Contains(page, "setup_link") {
		t.Errorf("second use = %d, want 403", status)
	}
	late, lateHash := NewToken()
	h.setup[lateHash] = fakeNow.UnixMilli()
	if status, _ := again.post("/setup/"+late, good...); status != 403 || len(h.users) != 1 {
		t.Errorf("late use = %d with %d users, want 403", status, len(h.users))
	}
}

func TestNextPageStaysOnThisServer(t *testing.T) {
	for to, want := range map[string]bool{"/inbox?p=2": true, "//evil.example": false, "https://evil.example": false, "/\\evil.example": false, "": false, "inbox": false, "/a#b": true} {
		if got := local(to); got != want {
			t.Errorf("local(%q) = %v, want %v", to, got, want)
		}
	}
}

func TestPasswordFitsOnlyItself(t *testing.T) {
	hash := HashPassword("密码 with spaces")
	for password, want := range map[string]bool{"密码 with spaces": true, "密码 with space": false, "": false} {
		if got, err := passwordFits(hash, password); got != want || err != nil {
			t.Errorf("fits(%q) = %v, %v, want %v", password, got, err, want)
		}
	}
	if fits, err := passwordFits(unfitting(), "密码 with spaces"); fits || err != nil {
		t.Errorf("the hash of nobody's password fits one: %v, %v", fits, err)
	}
	const figures = "$argon2id$v=19$m=19456,t=2,p=1$"
	if other := unfitting(); !strings.HasPrefix(hash, figures) || !strings.HasPrefix(other, figures) || len(hash) != len(other) {
		t.Errorf("hashes %q and %q, want both to cost %s", hash, other, figures)
	}
	for _, bad := range []string{"", "plain", "$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA", "$argon2id$v=19$m=1024,t=0,p=1$AAAA$AAAA", "$2a$10$abc"} {
		if _, err := passwordFits(bad, "x"); err == nil {
			t.Errorf("hash %q was taken", bad)
		}
	}
	if HashPassword("x") == HashPassword("x") {
		t.Error("two hashes are equal: no salt")
	}
}

func TestNamesCannotCarryMarkup(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	_, page := v.get("/")
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "\u202e") {
		t.Error("a nickname reached the page unescaped")
	}
	if !strings.Contains(page, "⟦202E⟧") {
		t.Error("the reversing character is not shown")
	}
}

func TestErrorsAreSaidInWords(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	for _, x := range []struct {
		path   string
		err    error
		status int
		words  string
	}{
		{"/nowhere", nil, 404, "没有这个页面"},
		{"/", community.Errorf(community.CodeBusy, "locked"), 503, "服务器正忙"},
		{"/", fmt.Errorf("disk on fire"), 500, "服务器出错了"},
	} {
		h.err = x.err
		status, page := v.get(x.path)
		if status != x.status || !strings.Contains(page, x.words) || strings.Contains(page, "disk on fire") {
			t.Errorf("%s with %v = %d, want %d and %q", x.path, x.err, status, x.status, x.words)
		}
		if !strings.Contains(page, "请求编号") {
			t.Errorf("%s: no request id", x.path)
		}
	}
}

func TestLanguageIsRemembered(t *testing.T) {
	h := newHouse()
	v := open(t, h)
	v.lang = "en-US,en"
	if _, page := v.get("/signin"); !strings.Contains(page, "Sign in") || !strings.Contains(page, `lang="en"`) {
		t.Error("Accept-Language is not heard")
	}
	v.as("owner")
	if _, page := v.post("/lang", "lang", "en", "back", "/"); !strings.Contains(page, "Freeze automatic actions") {
		t.Error("the page is not English after switching")
	}
	if h.users[0].Lang != "en" {
		t.Errorf("lang = %q, want en", h.users[0].Lang)
	}
}

// TestDevServer shows the pages over invented rows: QL_CONSOLE_DEV=127.0.0.1:8099 go test -run TestDevServer -timeout 0
func TestDevServer(t *testing.T) {
	addr := os.Getenv("QL_CONSOLE_DEV")
	if addr == "" {
		t.Skip("QL_CONSOLE_DEV names no address")
	}
	h := newHouse()
	furnish(h)
	d := h.fullDeps()
	d.DemoHint = "owner / " + fakePassword
	handler, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	broken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "broken", 500) })
	t.Fatal(http.ListenAndServe(addr, httpd.Edge(log, nil, broken, handler)))
}

func TestBannerShowsOnlyWhereSomebodyCouldListen(t *testing.T) {
	for host, want := range map[string]bool{"127.0.0.1:8080": true, "localhost": true, "[::1]:80": true, "192.168.1.5:8080": false, "example.com": false, "localhost.evil.example": false} {
		if got := loopback(host); got != want {
			t.Errorf("loopback(%q) = %v, want %v", host, got, want)
		}
	}
}
