package console

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"qunluo/internal/proof"
)

// openGate starts a console whose gate can be looked at.
func openGate(t *testing.T, h *house) (*visitor, *fakeGate) {
	g := newFakeGate(h)
	d := h.fullDeps()
	d.Gate = g
	return openWith(t, d), g
}

func TestSecondFactorIsSetUpInBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.users[0].Lang = lang
		v, g := openGate(t, h)
		v.as("owner")
		at := h.now.UnixMilli()
		look := func(path string, want int) string {
			t.Helper()
			status, body := v.get(path)
			if got := unsaid.FindAllString(body, 5); status != want || got != nil {
				t.Errorf("%s in %s = %d, unsaid %v", path, lang, status, got)
			}
			return body
		}
		look("/me/factor", 200)
		v.post("/me/factor/begin")
		body := look("/me/factor", 200)
		if !strings.Contains(body, "data:image/png;base64,") || !strings.Contains(body, "GEZD GNBV GY3T QOJQ") {
			t.Error("neither a code to scan nor a key to type")
		}
		if status, body := v.post("/me/factor/confirm", "code", fakeSecret20.Code(proof.Step(at+3600_000))); status != 422 || !strings.Contains(body, "60") || unsaid.MatchString(body) {
			t.Errorf("a clock an hour off = %d, not told", status)
		}
		if status, _ := v.post("/me/factor/confirm", "code", "000000"); status != 422 || g.factors[h.users[0].ID].On() {
			t.Errorf("a wrong code = %d, or in use", status)
		}
		status, body := v.post("/me/factor/confirm", "code", fakeSecret20.Code(proof.Step(at)))
		if status != 200 || strings.Count(body, "AAAA-AAAA-AAAA-AAAA") != proof.RecoveryCodes || unsaid.MatchString(body) {
			t.Errorf("confirmed = %d, want the codes of the last resort", status)
		}
		if body := look("/me/factor", 200); strings.Contains(body, "AAAA-AAAA") || strings.Contains(body, "GEZD") {
			t.Error("what is shown once is shown again")
		}
		for _, path := range []string{"/me/signins", "/users/signins", "/users/demand", "/users/" + h.users[1].ID.String() + "/signins", "/me", "/users", "/users/" + h.users[1].ID.String()} {
			look(path, 200)
		}
	}
}

func TestDemandedFactorComesBeforeEverythingElse(t *testing.T) {
	h := newHouse()
	v, g := openGate(t, h)
	v.as("owner")
	if status, body := v.post("/users/demand", "roles", "owner", "minutes", "0"); status != 422 || !strings.Contains(body, "1 到 60") {
		t.Errorf("nought minutes = %d", status)
	}
	if status, _ := v.post("/users/demand", "roles", "king", "minutes", "5"); status != 422 {
		t.Errorf("a role that is none = %d", status)
	}
	v.post("/users/demand", "roles", "owner", "minutes", "5")
	for _, path := range []string{"/", "/members", "/tokens", "/members.csv"} {
		if _, body := v.get(path); !strings.Contains(body, "设置好之后才能继续") {
			t.Errorf("%s is open to somebody who owes a second factor", path)
		}
	}
	before := len(h.users)
	v.post("/users/new", "login", "eve", "role", "owner", "reach", "org", "lang", "zh-CN", "password", "a long enough password")
	if len(h.users) != before {
		t.Error("somebody who owes a second factor made a user")
	}
	v.post("/me/factor/begin")
	v.post("/me/factor/confirm", "code", fakeSecret20.Code(proof.Step(h.now.UnixMilli())))
	if _, body := v.get("/members"); strings.Contains(body, "设置好之后才能继续") {
		t.Error("once set up, it is still demanded")
	}
	v.post("/me/factor/off")
	if !g.factors[h.users[0].ID].On() {
		t.Error("what is demanded was switched off")
	}
	if _, body := v.get("/me/factor"); strings.Contains(body, "factor-off") {
		t.Error("the page offers to switch off what is demanded")
	}
}

// TestSignInTellsNothing: the same page, to the byte but for the login that was typed, whatever is wrong.
func TestSignInTellsNothing(t *testing.T) {
	h := newHouse()
	v, g := openGate(t, h)
	v.as("owner")
	v.post("/me/factor/begin")
	v.post("/me/factor/confirm", "code", fakeSecret20.Code(proof.Step(h.now.UnixMilli())))
	h.pass(time.Minute)
	next := fakeSecret20.Code(proof.Step(h.now.UnixMilli()))
	var first string
	for name, pairs := range map[string][]string{
		"unknown login":         {"login", "nemo5", "password", fakePassword, "code", next},
		"wrong password":        {"login", "owner", "password", "wrong wrong wrong", "code", next},
		"wrong code":            {"login", "owner", "password", fakePassword, "code", "000000"},
		"no code":               {"login", "owner", "password", fakePassword},
		"locked":                {"login", "gone5", "password", fakePassword},
		"wrong password, other": {"login", "mod55", "password", "wrong wrong wrong"},
	} {
		fresh := *v
		fresh.client = newClient()
		status, body := fresh.post("/signin", pairs...)
		body = tokenField.ReplaceAllString(strings.ReplaceAll(body, `value="`+pairs[1]+`"`, `value=""`), "")
		if status != 422 {
			t.Errorf("%s = %d, want 422", name, status)
		}
		if first == "" {
			first = body
		}
		if body != first {
			t.Errorf("%s answers differently", name)
		}
	}
	if f := g.factors[h.users[0].ID]; f.LastStep >= proof.Step(h.now.UnixMilli()) {
		t.Error("a code was spent with a wrong password")
	}
	fresh := *v
	fresh.client = newClient()
	if status, _ := fresh.post("/signin", "login", "owner", "password", fakePassword, "code", next); status != 200 {
		t.Errorf("all right = %d", status)
	}
}

// TestDangerAsksForAProofAndKeepsTheForm: five minutes after the last proof a change of users asks, keeps what was filled in, takes a
// password or a code, and goes on.
func TestDangerAsksForAProofAndKeepsTheForm(t *testing.T) {
	h := newHouse()
	v, _ := openGate(t, h)
	v.as("owner")
	fields := []string{"login", "eve", "name", "\"><script>alert(1)</script>", "role", "moderator", "reach", "groups", "groups", h.groups[0].ID.String(), "groups", h.groups[1].ID.String(), "lang", "zh-CN", "password", "a long enough password"}
	h.pass(5 * time.Minute)
	before := len(h.users)
	status, body := v.post("/users/new", fields...)
	if status != 403 || len(h.users) != before || !strings.Contains(body, `name="_proof"`) || !strings.Contains(body, `action="/users/new"`) {
		t.Fatalf("an old proof = %d", status)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if !strings.Contains(body, `name="`+fields[i]+`"`) {
			t.Errorf("%s is not kept", fields[i])
		}
	}
	if strings.Contains(body, "<script>alert") || strings.Count(body, `name="groups"`) != 2 {
		t.Error("what is kept is not escaped, or not whole")
	}
	if status, body := v.post("/users/new", append(fields, "_proof", "wrong password")...); status != 403 || !strings.Contains(body, "不对，请再试") || len(h.users) != before {
		t.Errorf("a wrong proof = %d", status)
	}
	if status, _ := v.post("/users/new", append(fields, "_proof", fakePassword)...); status != 200 || len(h.users) != before+1 {
		t.Errorf("a proof = %d, %d users", status, len(h.users))
	}
	if u := h.users[len(h.users)-1]; u.Login != "eve" || len(u.Groups) != 2 || u.Name != fields[3] {
		t.Errorf("made %+v", u)
	}
	if status, _ := v.get("/members.csv"); status != 200 {
		t.Errorf("right after a proof: %d", status)
	}
	h.pass(6 * time.Minute)
	status, body = v.get("/members.csv?q=" + url.QueryEscape("老周"))
	if status != 200 || !strings.Contains(body, `action="/prove"`) || strings.Contains(body, "860000") {
		t.Fatalf("a list with an old proof = %d", status)
	}
	if status, body := v.post("/prove", "next", "https://evil.example/", "_proof", fakePassword); status != 200 || strings.Contains(body, "evil.example") {
		t.Errorf("to another site = %d", status)
	}
	if status, _ := v.get("/members.csv"); status != 200 {
		t.Errorf("after the proof: %d", status)
	}
	h.pass(6 * time.Minute)
	for range 6 {
		status, body = v.post("/prove", "next", "/members.csv", "_proof", "wrong")
	}
	if !strings.Contains(body, "试得太频繁") {
		t.Errorf("six wrong proofs = %d, not limited", status)
	}
}

// TestEveryDangerousRouteAsks walks the table.
func TestEveryDangerousRouteAsks(t *testing.T) {
	h := newHouse()
	v, g := openGate(t, h)
	v.as("owner")
	h.pass(10 * time.Minute)
	asked := 0
	d := h.fullDeps()
	d.Gate = g
	for _, one := range (&Console{deps: d}).routes() {
		method, path, _ := strings.Cut(one.pattern, " ")
		if !one.dangerous() || one.upload {
			if one.dangerous() {
				t.Errorf("%s is dangerous and takes a file, which cannot be kept", one.pattern)
			}
			continue
		}
		path = strings.NewReplacer("{id}", fakeID(1).String(), "{one}", fakeID(2).String()).Replace(path)
		var status int
		var body string
		if method == "GET" {
			status, body = v.get(path)
		} else {
			status, body = v.post(path)
		}
		if want := map[string]int{"GET": 200, "POST": 403}[method]; status != want || !strings.Contains(body, `name="_proof"`) {
			t.Errorf("%s = %d without a proof", one.pattern, status)
		}
		asked++
	}
	if asked < 25 {
		t.Errorf("%d dangerous routes: the walk looks at too little", asked)
	}
	for _, path := range []string{"/members", "/users", "/inbox"} {
		if status, _ := v.get(path); status != 200 {
			t.Errorf("%s asks for a proof: %d", path, status)
		}
	}
}

// TestEndedSignInIsOutAtTheNextRequest, in whichever browser; hostile words of a browser are nowhere shown.
func TestEndedSignInIsOutAtTheNextRequest(t *testing.T) {
	h := newHouse()
	v, g := openGate(t, h)
	v.as("owner")
	other := *v
	other.client = newClient()
	other.client.Transport = agent("<img src=x onerror=alert(1)>\u202e Chrome/<b>")
	other.as("owner")
	if n := len(g.ins); n != 2 {
		t.Fatalf("%d sign-ins, want 2", n)
	}
	_, body := v.get("/me/signins")
	if strings.Contains(body, "onerror") || !strings.Contains(body, "当前这个") || !strings.Contains(body, "/me/signins/"+g.ins[1].ID.String()+"/end") || strings.Contains(body, "/me/signins/"+g.ins[0].ID.String()+"/end") {
		t.Error("the list shows what a browser says of itself, does not offer to end the other, or offers to end this one")
	}
	if status, _ := other.get("/members"); status != 200 {
		t.Fatal("the other browser is not in")
	}
	v.post("/me/signins/" + g.ins[1].ID.String() + "/end")
	if _, body := other.get("/members"); !strings.Contains(body, `name="password"`) {
		t.Error("an ended sign-in still opens pages")
	}
	other.as("owner")
	v.post("/me/signins/others")
	if _, body := other.get("/members"); !strings.Contains(body, `name="password"`) {
		t.Error("all others were ended, and one still opens pages")
	}
	if status, _ := v.get("/members"); status != 200 {
		t.Error("ending all others ended this one")
	}
	mod := *v
	mod.client = newClient()
	mod.as("mod")
	if status, _ := mod.get("/users/signins"); status != 403 {
		t.Errorf("a moderator lists sign-ins: %d", status)
	}
	if status, _ := mod.post("/me/signins/" + g.ins[0].ID.String() + "/end"); g.ins[0].Ended != 0 {
		t.Errorf("a moderator ended the owner's sign-in: %d", status)
	}
	id := h.is("mod").ID.String()
	if _, body := v.get("/users/" + id + "/signins"); !strings.Contains(body, "登录中") {
		t.Error("an owner does not see a moderator's sign-in")
	}
	v.post("/users/"+id+"/signins/end", "reason", "丢了电脑")
	if _, body := mod.get("/members"); !strings.Contains(body, `name="password"`) {
		t.Error("an owner ended a moderator's sign-ins, and one still opens pages")
	}
	v.post("/signout")
	if st, _ := g.StandingOf(t.Context(), h.users[0], g.ins[0].ID); st.Open {
		t.Error("signed out, and the sign-in is open")
	}
}

func newClient() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar}
}

// agent is what a browser says it is.
type agent string

func (a agent) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", string(a))
	return http.DefaultTransport.RoundTrip(r)
}
