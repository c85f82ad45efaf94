package console

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/rights"
)

// with adds somebody who signs in.
func (h *house) with(login string, role rights.Role, reach rights.Reach, groups ...community.GroupKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := len(h.users)
	h.users = append(h.users, community.User{Key: int64(60 + n), ID: fakeID(860 + n), Org: 1, Login: login, Name: login, Role: string(role), Reach: string(reach), Groups: groups, Hash: fakeHash, Lang: "zh-CN", Enabled: true})
}

// is gives somebody by login.
func (h *house) is(login string) *community.User {
	i := slices.IndexFunc(h.users, func(u community.User) bool { return u.Login == login })
	return &h.users[i]
}

func TestRouteWithoutAPowerKeepsTheConsoleFromStarting(t *testing.T) {
	for _, one := range []route{{pattern: "GET /x"}, {pattern: "GET /x", may: "nothing"}, {pattern: "GET /x", may: rights.Enter, and: "nothing"}} {
		if got := undeclared([]route{one}); !slices.Equal(got, []string{"GET /x"}) {
			t.Errorf("may %q and %q: undeclared = %q", one.may, one.and, got)
		}
	}
	if got := undeclared((&Console{deps: newHouse().fullDeps()}).routes()); got != nil {
		t.Errorf("undeclared = %q", got)
	}
}

func TestScopeIsGivenInTheConsole(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	at := "/users/" + h.is("mod").ID.String()
	fields := []string{"login", "mod", "name", "周舟", "lang", "zh-CN", "role", "editor", "reach", "groups"}
	if _, page := v.post(at, fields...); !strings.Contains(page, "请至少勾选一个") || h.is("mod").Role != RoleModerator {
		t.Error("chosen groups without a group: not said, or saved")
	}
	v.post(at, append(fields, "groups", h.groups[1].ID.String(), "groups", h.groups[0].ID.String())...)
	if u := h.is("mod"); u.Role != "editor" || u.Reach != "groups" || !slices.Equal(u.Groups, []community.GroupKey{2, 1}) {
		t.Errorf("saved %s %s %v", u.Role, u.Reach, u.Groups)
	}
	_, page := v.get(at)
	if !strings.Contains(page, h.groups[0].Name) || strings.Count(page, "checked") != 2 {
		t.Errorf("the form shows %d ticks, want 2", strings.Count(page, "checked"))
	}
	if _, list := v.get("/users"); !strings.Contains(list, "指定的群：2 个") || !strings.Contains(list, "内容编辑") {
		t.Error("the list does not tell role and scope")
	}
	v.post(at, "login", "mod", "name", "周舟", "lang", "zh-CN", "role", "moderator", "reach", "own", "groups", h.groups[1].ID.String())
	if u := h.is("mod"); u.Reach != "own" || len(u.Groups) != 0 {
		t.Errorf("own groups: saved %s %v", u.Reach, u.Groups)
	}
}

func TestAdminGivesNoMoreThanAnAdminHolds(t *testing.T) {
	h := newHouse()
	h.with("boss", rights.Admin, rights.Whole)
	v := open(t, h).as("boss")
	owner, mod := "/users/"+h.is("owner").ID.String(), "/users/"+h.is("mod").ID.String()
	for name, try := range map[string]func() string{
		"makes an owner": func() string {
			_, b := v.post(mod, "login", "mod", "role", "owner", "lang", "zh-CN", "reach", "org")
			return b
		},
		"takes over an owner": func() string {
			_, b := v.post(owner, "login", "owner", "role", "owner", "lang", "zh-CN", "reach", "org", "password", "another long password")
			return b
		},
		"switches an owner off": func() string { _, b := v.post(owner+"/switch", "on", "0"); return b },
		"makes themself owner": func() string {
			_, b := v.post("/users/"+h.is("boss").ID.String(), "login", "boss", "role", "owner", "lang", "zh-CN", "reach", "org")
			return b
		},
	} {
		if body := try(); !strings.Contains(body, "不能超过自己的") {
			t.Errorf("an admin %s: not refused in words", name)
		}
	}
	if u := h.is("owner"); u.Hash != fakeHash || !u.Enabled || h.is("mod").Role != RoleModerator || h.is("boss").Role != "admin" {
		t.Error("something was changed")
	}
	if _, page := v.get(mod); strings.Contains(page, `<option value="owner"`) || !strings.Contains(page, `<option value="admin"`) {
		t.Error("the form offers what cannot be given, or not what can")
	}
	v.post(mod, "login", "mod", "name", "周舟", "role", "finance", "lang", "zh-CN", "reach", "org")
	if h.is("mod").Role != "finance" {
		t.Errorf("an admin made a %s, want finance", h.is("mod").Role)
	}
}

func TestRefusalSaysWhatIsMissingAndWhomToAsk(t *testing.T) {
	h := newHouse()
	h.with("boss", rights.Admin, rights.Whole)
	h.with("far", rights.Admin, rights.Chosen, 1)
	status, page := open(t, h).as("mod").get("/users")
	for _, want := range []string{"管理用户", "你的角色（版主）没有", "有这个权力的角色", "所有者、管理员", "<bdi>林晓</bdi>", "<bdi>boss</bdi>"} {
		if status != 403 || !strings.Contains(page, want) {
			t.Errorf("the refusal (%d) lacks %q", status, want)
		}
	}
	if strings.Contains(page, "<bdi>far</bdi>") || strings.Contains(page, "已停用的版主") {
		t.Error("it names somebody who cannot help")
	}
	if want := []string{"mod GET /users"}; !slices.Equal(h.refused, want) {
		t.Errorf("on record: %q, want %q", h.refused, want)
	}
	v := open(t, h).as("far")
	if status, page := v.get("/connections/new"); status != 403 || !strings.Contains(page, "你的数据范围是“指定的群”") {
		t.Errorf("an admin of one group connects a platform (%d), or is not told why not", status)
	}
	for range 3 {
		v.get("/users")
	}
	if n := strings.Count(strings.Join(h.refused, "\n"), "far GET /users"); n != 1 {
		t.Errorf("the same refusal within a minute is on record %d times, want once", n)
	}
	h.is("mod").Lang = "en"
	if _, page := open(t, h).as("mod").get("/users"); !strings.Contains(page, "manage users") || !strings.Contains(page, "Ask one of them") {
		t.Error("the English refusal says less")
	}
}

func TestWithdrawnRightsTakeEffectAtTheNextRequestWithASentence(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	if status, _ := v.get("/review"); status != 200 {
		t.Fatalf("review = %d", status)
	}
	h.mu.Lock()
	h.is("mod").Role = "editor"
	h.mu.Unlock()
	status, page := v.get("/review")
	if status != 403 || !strings.Contains(page, "你的权限刚刚变了：现在的角色是内容编辑") {
		t.Errorf("after the role was withdrawn: %d, and no sentence about it", status)
	}
	if _, page := v.get("/"); strings.Contains(page, "你的权限刚刚变了") {
		t.Error("it is said twice")
	}
	h.mu.Lock()
	h.is("mod").Reach, h.is("mod").Groups = "groups", []community.GroupKey{1}
	h.mu.Unlock()
	if _, page := v.get("/"); !strings.Contains(page, "数据范围是指定的群") {
		t.Error("a scope that was withdrawn is not told")
	}
}
