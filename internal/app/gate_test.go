package app_test

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/proof"
)

// gatehouse is a house with two owners and a moderator.
type gatehouse struct {
	t    *testing.T
	app  *app.App
	base string
	org  community.OrgKey
}

func openGatehouse(t *testing.T, dbURL string) *gatehouse {
	a, doors := serve(t, dbURL)
	org, err := a.Store().Org(t.Context(), "甲社", false)
	check(t, err)
	g := &gatehouse{t, a, doors.URL, org}
	hash := console.HashPassword(rightsPassword)
	for _, who := range [][2]string{{"lin", "owner"}, {"wang", "owner"}, {"zhou", "moderator"}} {
		login, role := who[0], who[1]
		_, err := a.Store().SaveUser(t.Context(), "test", community.User{Org: org, Login: login, Name: login, Role: role, Lang: "zh-CN", Enabled: true, Hash: hash}, "")
		check(t, err)
	}
	return g
}

func (g *gatehouse) user(login string) community.User {
	g.t.Helper()
	u, err := g.app.Store().UserByLogin(g.t.Context(), login)
	check(g.t, err)
	return u
}

// try signs in with a fresh browser.
func (g *gatehouse) try(login, password, code string) (*person, bool) {
	g.t.Helper()
	p := newPerson(g.t, g.base)
	status, body := p.send("/signin", "/signin", url.Values{"login": {login}, "password": {password}, "code": {code}})
	return p, status == http.StatusOK && !strings.Contains(body, `name="password"`)
}

func (g *gatehouse) enter(login, code string) *person {
	g.t.Helper()
	p, ok := g.try(login, rightsPassword, code)
	if !ok {
		g.t.Fatalf("%s does not get in", login)
	}
	return p
}

var (
	keyText  = regexp.MustCompile(`user-select-all[^>]*>([A-Z2-7 ]{39})<`)
	codeText = regexp.MustCompile(`<li>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</li>`)
)

// enrol sets a second factor up through the pages; step is the one whose code was used.
func (g *gatehouse) enrol(p *person) (secret proof.Secret, step int64, codes []string) {
	g.t.Helper()
	p.send("/me/factor", "/me/factor/begin", url.Values{})
	_, body := p.get("/me/factor")
	m := keyText.FindStringSubmatch(body)
	if m == nil {
		g.t.Fatalf("no key to type: %s", excerpt(body))
	}
	raw, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(m[1], " ", ""))
	check(g.t, err)
	secret = raw
	step = proof.Step(time.Now().UnixMilli())
	status, body := p.send("/me/factor", "/me/factor/confirm", url.Values{"code": {secret.Code(step)}})
	for _, c := range codeText.FindAllStringSubmatch(body, -1) {
		codes = append(codes, c[1])
	}
	if status != http.StatusOK || len(codes) != proof.RecoveryCodes {
		g.t.Fatalf("confirmed = %d with %d codes: %s", status, len(codes), excerpt(body))
	}
	return secret, step, codes
}

// TestSecondFactorOpensOnce: with a second factor a password alone opens nothing, a code opens one browser, and so does each code of the
// last resort; the database holds neither the secret nor the codes.
func TestSecondFactorOpensOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGatehouse(t, dbURL)
		secret, step, _ := g.enrol(g.enter("lin", ""))
		f, err := g.app.Store().Factor(t.Context(), g.user("lin").Key)
		check(t, err)
		if !f.On() || bytes.Contains(f.Sealed, secret) || bytes.Contains(f.Sealed, []byte(secret.Key())) {
			t.Error("the secret is not in use, or lies open in the database")
		}
		for name, code := range map[string]string{"no code": "", "the code that confirmed": secret.Code(step), "an hour later": secret.Code(step + 120)} {
			if _, ok := g.try("lin", rightsPassword, code); ok {
				t.Errorf("%s opens", name)
			}
		}
		// two browsers with one code: one gets in
		var all sync.WaitGroup
		var mu sync.Mutex
		in := 0
		for range 2 {
			all.Go(func() {
				if _, ok := g.try("lin", rightsPassword, secret.Code(step+1)); ok {
					mu.Lock()
					in++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if in != 1 {
			t.Errorf("one code opened %d of two browsers", in)
		}
	})
}

func TestRecoveryCodeOpensOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGatehouse(t, dbURL)
		_, _, codes := g.enrol(g.enter("lin", ""))
		if _, ok := g.try("lin", "another wrong password", codes[0]); ok {
			t.Error("a code of the last resort stands in for the password")
		}
		g.enter("lin", strings.ToLower(codes[0])) // the wrong password did not spend it
		if _, ok := g.try("lin", rightsPassword, codes[0]); ok {
			t.Error("a code of the last resort opens twice")
		}
		f, err := g.app.Store().Factor(t.Context(), g.user("lin").Key)
		check(t, err)
		if f.Codes != proof.RecoveryCodes-1 {
			t.Errorf("%d codes are left", f.Codes)
		}
		if !g.audited("factor.recovery") || !g.audited("factor.on") {
			t.Error("using a code, or switching on, is not on record")
		}
	})
}

func (g *gatehouse) audited(verb string) bool {
	g.t.Helper()
	_, n, err := g.app.Store().For(community.Scope{Org: g.org}).FindAudit(g.t.Context(), community.AuditFilter{Verb: verb})
	check(g.t, err)
	return n > 0
}

// TestLostFactorIsResetByAnotherOwner: with a reason, on record; the person's sign-ins end; nobody resets their own.
func TestLostFactorIsResetByAnotherOwner(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGatehouse(t, dbURL)
		lin := g.enter("lin", "")
		g.enrol(lin)
		at := "/users/" + g.user("lin").ID.String() + "/factor/reset"
		on := func() bool {
			f, err := g.app.Store().Factor(t.Context(), g.user("lin").Key)
			check(t, err)
			return f.On()
		}
		lin.send("/me", at, url.Values{"reason": {"试试"}})
		zhou := g.enter("zhou", "")
		if status, _ := zhou.send("/me", at, url.Values{"reason": {"试试"}}); status != http.StatusForbidden || !on() {
			t.Errorf("a moderator, or oneself, resets: %d", status)
		}
		wang := g.enter("wang", "")
		wang.send("/me", at, url.Values{})
		if !on() {
			t.Error("reset without a reason")
		}
		wang.send("/me", at, url.Values{"reason": {"手机丢了"}})
		if on() || !g.audited("factor.reset") {
			t.Error("another owner did not reset, or it is not on record")
		}
		if _, body := lin.get("/members"); !strings.Contains(body, `name="password"`) {
			t.Error("a sign-in outlives the reset")
		}
		g.enter("lin", "")
	})
}

// TestRightsThatChangeCountAtTheNextRequest: a role that is withdrawn, a person who is locked, a sign-in that is ended while a page is open.
func TestRightsThatChangeCountAtTheNextRequest(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGatehouse(t, dbURL)
		wang, zhou := g.enter("wang", ""), g.enter("zhou", "")
		if status, _ := wang.get("/users"); status != http.StatusOK {
			t.Fatalf("users = %d", status)
		}
		u := g.user("wang")
		u.Role = "analyst"
		_, err := g.app.Store().SaveUser(t.Context(), "test", u, "")
		check(t, err)
		if status, _ := wang.get("/users"); status != http.StatusForbidden {
			t.Errorf("a role that was withdrawn opens: %d", status)
		}
		if status, _ := wang.send("/me", "/users/new", url.Values{"login": {"eve"}}); status != http.StatusForbidden {
			t.Errorf("a form that was open is taken: %d", status)
		}
		for name, end := range map[string]func(u community.User){
			"ended": func(u community.User) {
				_, err := g.app.Gate().EndSignIns(t.Context(), u, community.ID{}, community.Audit{User: "cli"})
				check(t, err)
			},
			"locked": func(u community.User) {
				u.Enabled = false
				_, err := g.app.Store().SaveUser(t.Context(), "test", u, "")
				check(t, err)
			},
		} {
			u := g.user("zhou")
			if !u.Enabled {
				u.Enabled = true
				_, err := g.app.Store().SaveUser(t.Context(), "test", u, "")
				check(t, err)
			}
			zhou = g.enter("zhou", "")
			end(u)
			if _, body := zhou.get("/inbox"); !strings.Contains(body, `name="password"`) {
				t.Errorf("%s, and the next page opens", name)
			}
		}
	})
}

// TestGuessingIsSlowedDown: the sixth try within a minute for one login is not looked at, whether the login exists or not.
func TestGuessingIsSlowedDown(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGatehouse(t, dbURL)
		for _, login := range []string{"lin", "nobody"} {
			p := newPerson(t, g.base)
			var got []int
			for range 7 {
				status, _ := p.send("/signin", "/signin", url.Values{"login": {login}, "password": {"a wrong password"}, "code": {"123456"}})
				got = append(got, status)
			}
			if !slices.Contains(got, http.StatusTooManyRequests) || got[0] != http.StatusUnprocessableEntity {
				t.Errorf("%s: %v", login, got)
			}
		}
	})
}

// TestLineKeepsSecondFactors walks the verbs.
func TestLineKeepsSecondFactors(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := seat{t, t.TempDir(), dbURL}
		s.pipe("a-long-enough-password-1\n", "user", "add", "lin", "--role", "owner")
		read := func(v any, args ...string) {
			t.Helper()
			check(t, json.Unmarshal([]byte(s.run(args...)), v))
		}
		var key struct{ Key, Address string }
		read(&key, "user", "totp", "begin", "lin")
		raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key.Key)
		check(t, err)
		if !strings.HasPrefix(key.Address, "otpauth://totp/") || len(raw) != proof.SecretBytes {
			t.Errorf("key %+v", key)
		}
		if code, _, talk := s.try("user", "totp", "confirm", "lin", proof.Secret(raw).Code(proof.Step(time.Now().UnixMilli())+120)); code == 0 || !strings.Contains(talk, "60") && !strings.Contains(talk, "59") {
			t.Errorf("a clock an hour off: exit %d, %s", code, talk)
		}
		var made struct{ Codes []string }
		read(&made, "user", "totp", "confirm", "lin", proof.Secret(raw).Code(proof.Step(time.Now().UnixMilli())))
		if len(made.Codes) != proof.RecoveryCodes {
			t.Errorf("codes %v", made.Codes)
		}
		var demand struct {
			Roles   []string
			Minutes int
		}
		read(&demand, "user", "totp", "demand", "--role", "owner", "--minutes", "10")
		if !slices.Equal(demand.Roles, []string{"owner"}) || demand.Minutes != 10 {
			t.Errorf("demand %+v", demand)
		}
		if code, _, _ := s.try("user", "totp", "demand", "--role", "king"); code == 0 {
			t.Error("a role that is none is demanded of")
		}
		var list struct {
			Rows []struct {
				Login, State string
				Demanded     bool
				Codes        int `json:"codes_left"`
			}
		}
		read(&list, "user", "totp", "list")
		if len(list.Rows) != 1 || list.Rows[0].State != "on" || !list.Rows[0].Demanded || list.Rows[0].Codes != proof.RecoveryCodes {
			t.Errorf("list %+v", list)
		}
		if code, _, _ := s.try("user", "totp", "reset", "lin"); code == 0 {
			t.Error("reset without a reason")
		}
		var now struct{ State string }
		read(&now, "user", "totp", "reset", "lin", "--reason", "手机丢了")
		if now.State != "off" {
			t.Errorf("after the reset: %+v", now)
		}
		s.run("user", "sessions", "list")
		s.run("audit", "reveal", "list")
		if code, _, _ := s.try("audit", "reveal", "answer", "AAAAAAAAAAAAAAAAAAAAAA", "agree"); code == 0 {
			t.Error("a wish that nobody has is answered")
		}
		var ended struct{ Ended int }
		read(&ended, "user", "sessions", "end", "lin", "--reason", "试")
		if ended.Ended != 0 {
			t.Errorf("ended %+v", ended)
		}
	})
}

// pipe runs one line that reads from its input; it must end well.
func (s seat) pipe(in string, args ...string) {
	s.t.Helper()
	var out, talk bytes.Buffer
	p := cli.Program{Args: append(args, "--json"), Dir: s.dir, Env: []string{"QL_DATA_DIR=" + filepath.Join(s.dir, "data"), "QL_DATABASE__URL=" + s.url},
		In: strings.NewReader(in), Out: &out, Err: &talk, Houses: app.CommandLine()}
	if code := p.Run(s.t.Context()); code != cli.ExitDone {
		s.t.Fatalf("%v: exit %d, %s", args, code, talk.String())
	}
}
