package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/proof"
)

const otherPassword = "another-long-password-2"

// armed gives somebody a second factor in use and its codes of the last resort.
func (n *night) armed(login string) (proof.Secret, []string) {
	n.t.Helper()
	ctx, u := n.t.Context(), n.users[login]
	secret, err := n.app.Gate().Begin(ctx, u)
	check(n.t, err)
	codes, _, err := n.app.Gate().Confirm(ctx, "test", u, secret.Code(proof.Step(n.app.Now())))
	check(n.t, err)
	return secret, codes
}

// fresh is a code that was not used before.
func (n *night) fresh(s proof.Secret) string {
	n.pass(time.Minute) // beyond the step used last, and the rate of tries
	return s.Code(proof.Step(n.app.Now()))
}

// link prints a set-up link, as qunluo setup-url does, and gives its path.
func (n *night) link() string {
	n.t.Helper()
	at, err := n.app.NewSetup(n.t.Context(), n.url)
	check(n.t, err)
	return strings.TrimPrefix(at, n.url)
}

// in says whether a browser is signed in.
func (p *person) in() bool {
	p.t.Helper()
	_, body := p.get("/me")
	return !strings.Contains(body, `action="/signin"`)
}

func setupForm(login, code string) url.Values {
	return url.Values{"org": {"x"}, "login": {login}, "name": {"小明"}, "password": {otherPassword}, "again": {otherPassword}, "code": {code}}
}

// enter signs in and says whether that opened.
func (n *night) enter(login, password, code string) *person {
	n.t.Helper()
	p := newPerson(n.t, n.url)
	p.send("/signin", "/signin", url.Values{"login": {login}, "password": {password}, "code": {code}})
	return p
}

// TestSetupLinkTakesTheSecondFactorToo: a link stands in for a lost password and for nothing more.
func TestSetupLinkTakesTheSecondFactorToo(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		secret, codes := n.armed("ming")
		before := n.enter("ming", aPassword, n.fresh(secret))
		if !before.in() {
			t.Fatal("the owner cannot sign in")
		}
		path := n.link()
		tab := newPerson(t, n.url)
		if code, body := tab.get(path); code != http.StatusOK || !strings.Contains(body, `name="code"`) {
			t.Fatalf("the page = %d: %s", code, excerpt(body))
		}
		for name, x := range map[string]struct{ login, code, says string }{
			"no code": {"ming", "", "还要填验证码"}, "the login written otherwise": {" MING ", "", "还要填验证码"}, "a wrong code": {"ming", "000000", "验证码不对"}, "no code of the last resort": {"ming", "AAAA-BBBB-CCCC-DDDD", "验证码不对"},
		} {
			n.pass(time.Minute)
			if code, body := tab.send(path, path, setupForm(x.login, x.code)); code != http.StatusUnprocessableEntity || !strings.Contains(body, x.says) || tab.in() {
				t.Errorf("%s: %d, signed in %v: %s", name, code, tab.in(), excerpt(body))
			}
		}
		if p := n.enter("ming", otherPassword, n.fresh(secret)); p.in() || !before.in() {
			t.Error("a refused link changed the password, or ended a sign-in")
		}

		// The same link is good still, with a code. It ends what was open before.
		if code, body := tab.send(path, path, setupForm("ming", n.fresh(secret))); code != http.StatusOK || !tab.in() || before.in() {
			t.Fatalf("with a code = %d, signed in %v, the one before %v: %s", code, tab.in(), before.in(), excerpt(body))
		}
		if f, err := n.app.Gate().Factor(t.Context(), n.users["ming"]); err != nil || !f.On() {
			t.Errorf("the second factor after it = %+v, %v; want it in use", f, err)
		}
		if code, body := newPerson(t, n.url).get(path); code != http.StatusForbidden || !strings.Contains(body, "setup_link") {
			t.Errorf("the link once more = %d: %s", code, excerpt(body))
		}
		if n.enter("ming", aPassword, n.fresh(secret)).in() || !n.enter("ming", otherPassword, n.fresh(secret)).in() {
			t.Error("the old password opens, or the new one does not")
		}
		if n.enter("ming", otherPassword, "").in() {
			t.Error("the new password opens without a code")
		}

		// Fifteen minutes later it opens nothing, and spends no code.
		late := n.link()
		n.pass(15 * time.Minute)
		code := codes[0]
		if status, body := newPerson(t, n.url).get(late); status != http.StatusForbidden || !strings.Contains(body, "setup_link") {
			t.Errorf("an old link = %d: %s", status, excerpt(body))
		}
		out := newPerson(t, n.url)
		if status, _ := out.send("/signin", late, setupForm("ming", code)); status != http.StatusForbidden || out.in() {
			t.Errorf("an old link posted to = %d, signed in %v", status, out.in())
		}
		n.pass(time.Minute)
		if !n.enter("ming", otherPassword, code).in() {
			t.Error("a code was spent by a link that was too old")
		}

		// The factor is lost, too: on the server it is taken away, on record; only then a link is enough.
		owner := n.users["ming"]
		open := n.enter("ming", otherPassword, n.fresh(secret))
		check(t, n.app.Gate().Reset(t.Context(), "cli", owner, "手机和备用码都丢了"))
		if open.in() {
			t.Error("a sign-in from before lives on after the second factor was taken away")
		}
		trail, _, err := n.desk.FindAudit(t.Context(), community.AuditFilter{Verb: "factor.reset", Page: community.Page{Limit: 5}})
		check(t, err)
		if len(trail) != 1 || trail[0].Reason != "手机和备用码都丢了" || trail[0].Subject != "user:"+owner.ID.String() || trail[0].User != "cli" {
			t.Errorf("trail = %+v", trail)
		}
		path, tab = n.link(), newPerson(t, n.url)
		if code, body := tab.send(path, path, setupForm("ming", "")); code != http.StatusOK || !tab.in() {
			t.Errorf("the link where there is no second factor = %d: %s", code, excerpt(body))
		}
	})
}

// TestTwoTabsOfOneSetupLink: both hold a good proof; one of them gets in, and its password holds.
func TestTwoTabsOfOneSetupLink(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		secret, codes := n.armed("ming")
		path := n.link()
		good := n.fresh(secret)
		for _, proofs := range [][2]string{{good, codes[0]}, {codes[1], codes[1]}} {
			tabs := [2]*person{newPerson(t, n.url), newPerson(t, n.url)}
			var status [2]int
			var forms [2]url.Values
			for i, p := range tabs { // both have the page before either posts
				_, body := p.get(path)
				forms[i] = setupForm("ming", proofs[i])
				forms[i].Set("password", otherPassword+string(rune('a'+i)))
				forms[i].Set("again", forms[i].Get("password"))
				for _, m := range hidden.FindAllStringSubmatch(body, -1) {
					forms[i].Set(m[1], m[2])
				}
			}
			var both sync.WaitGroup
			for i, p := range tabs {
				both.Go(func() {
					resp, err := p.http.PostForm(p.base+path, forms[i])
					if err != nil {
						t.Error(err)
						return
					}
					resp.Body.Close()
					status[i] = resp.StatusCode
				})
			}
			both.Wait()
			won := 0
			if tabs[1].in() {
				won = 1
			}
			if tabs[0].in() == tabs[1].in() || status[won] != http.StatusOK || status[1-won] < 400 {
				t.Fatalf("signed in %v and %v, answered %v; want one of them", tabs[0].in(), tabs[1].in(), status)
			}
			if !n.enter("ming", forms[won].Get("password"), n.fresh(secret)).in() || n.enter("ming", forms[1-won].Get("password"), n.fresh(secret)).in() {
				t.Error("the password of whoever got in does not hold, or that of the other does")
			}
			path = n.link()
		}
	})
}
