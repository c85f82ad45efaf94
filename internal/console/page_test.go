package console

import (
	"bufio"
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

func TestTaskIsClaimedDoneAndShownAsDone(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	id := h.tasks[0].ID.String()
	if _, page := v.post("/inbox/" + id + "/claim"); !strings.Contains(page, "你在处理") {
		t.Error("the card does not say that the person has it")
	}
	if _, page := v.post("/inbox/" + id + "/done"); !strings.Contains(page, "已记为完成") || strings.Contains(page, "task-"+id) {
		t.Error("the task is still waiting, or its end was not said")
	}
	if _, page := v.get("/inbox?state=done"); !strings.Contains(page, "周舟 于") {
		t.Error("the list of done tasks does not say by whom")
	}
	status, page := v.post("/inbox/" + id + "/done")
	if status != 200 || !strings.Contains(page, "别人先了一步") {
		t.Errorf("second done = %d, want to be told that somebody was faster", status)
	}
}

func TestRefusingATaskNeedsAReason(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	id := h.tasks[1].ID.String()
	v.post("/inbox/"+id+"/refuse", "reason", " ")
	if h.tasks[1].State != "open" {
		t.Errorf("state = %s without a reason, want open", h.tasks[1].State)
	}
	v.post("/inbox/"+id+"/refuse", "reason", "群主不在")
	if h.tasks[1].State != "refused" || h.tasks[1].Note != "群主不在" {
		t.Errorf("state = %s note %q, want refused with the reason", h.tasks[1].State, h.tasks[1].Note)
	}
}

func TestFreezeNeedsAReasonAndShowsOnEveryPage(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	if v.post("/freeze", "on", "1"); h.frozen {
		t.Error("frozen without a reason")
	}
	v.post("/freeze", "on", "1", "reason", "误报太多")
	if _, page := v.get("/inbox"); !h.frozen || !strings.Contains(page, "已冻结") {
		t.Error("the freeze is not shown on another page")
	}
	if v.post("/freeze", "on", "0", "reason", "好了"); h.frozen {
		t.Error("still frozen")
	}
}

func TestConnectionIsMadeFromItsSchema(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	_, page := v.get("/connections/new?kind=onebot")
	for _, want := range []string{"账号可能被限制", `name="mode"`, `name="token"`, `type="password"`, `type="checkbox"`, `value="30"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	status, page := v.post("/connections/new?kind=onebot", "_name", "新号", "mode", "forward", "url", "nonsense")
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "要填地址") || !strings.Contains(page, "nonsense") {
		t.Errorf("bad address = %d, want 422, the reason at the field and the value kept", status)
	}
	n := len(h.accounts)
	status, page = v.post("/connections/new?kind=onebot", "_name", "新号", "mode", "reverse", "url", "ws://10.0.0.5:3001/", "token", "t0ken", "private", "1")
	if status != 200 || len(h.accounts) != n+1 || !strings.Contains(page, "已添加 新号") {
		t.Fatalf("adding = %d with %d accounts", status, len(h.accounts))
	}
	got := string(h.accounts[n].Settings)
	for _, want := range []string{`"mode":"reverse"`, `"token":"t0ken"`, `"private":"true"`} {
		if !strings.Contains(got, want) {
			t.Errorf("settings = %s, want %s", got, want)
		}
	}
}

func TestSecretsAreNeverShownAndStayWhenNotChanged(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	id := h.accounts[0].ID.String()
	_, page := v.get("/connections/" + id)
	if strings.Contains(page, "s3cret-token") || !strings.Contains(page, connect.Masked) {
		t.Error("the page shows the secret, or no mask")
	}
	v.post("/connections/"+id, "_name", "改名", "mode", "forward", "url", "ws://127.0.0.1:3001", "token", connect.Masked)
	if got := string(h.accounts[0].Settings); h.accounts[0].Name != "改名" || !strings.Contains(got, "s3cret-token") {
		t.Errorf("after renaming settings = %s, want the secret kept", got)
	}
	status, page := v.post("/connections/"+id, "_name", "改名", "mode", "forward", "url", "ws://evil.example:3001", "token", connect.Masked)
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "请重新输入") || !strings.Contains(string(h.accounts[0].Settings), "127.0.0.1") {
		t.Errorf("another host with the old secret = %d, want 422", status)
	}
	v2 := open(t, h).as("mod")
	if _, page := v2.get("/connections/" + id); strings.Contains(page, `name="token"`) || !strings.Contains(page, "能做什么") {
		t.Error("a moderator sees the settings, or not the abilities")
	}
}

func TestAbilitiesSayHowTheyAreKnown(t *testing.T) {
	h := newHouse()
	_, page := open(t, h).as("owner").get("/connections/" + h.accounts[0].ID.String())
	for _, want := range []string{"原生", "人工", "协助", "不支持", "机器人不是管理员", "Go 语言学习交流群"} {
		if !strings.Contains(page, want) {
			t.Errorf("the matrix lacks %q", want)
		}
	}
}

func TestConnectionIsSwitchedTestedAndDeleted(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	path := "/connections/" + h.accounts[0].ID.String()
	if _, page := v.post(path + "/test"); !strings.Contains(page, "看到 1 个群") {
		t.Error("the test says nothing about what it saw")
	}
	if v.post(path+"/switch", "on", "0", "reason", "维护"); h.accounts[0].Enabled {
		t.Error("still on")
	}
	if v.post(path + "/delete"); len(h.accounts) != 2 {
		t.Error("deleted without a reason")
	}
	if v.post(path+"/delete", "reason", "换号"); len(h.accounts) != 1 {
		t.Error("not deleted")
	}
}

func TestPeopleAreAddedChangedAndSwitchedOff(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	bad := []struct{ pairs, want string }{
		{"login=a b|name=x|role=moderator|lang=en|password=" + fakePassword, "登录名只能用"},
		{"login=new|name=x|role=moderator|lang=en|password=short", "至少 10"},
		{"login=MOD|name=x|role=moderator|lang=en|password=" + fakePassword, "已被占用"},
		{"login=new|name=x|role=god|lang=en|password=" + fakePassword, "这里要填"},
	}
	split := func(s string) (pairs []string) {
		for part := range strings.SplitSeq(s, "|") {
			k, val, _ := strings.Cut(part, "=")
			pairs = append(pairs, k, val)
		}
		return pairs
	}
	for _, x := range bad {
		if status, page := v.post("/users/new", split(x.pairs)...); status != 422 || !strings.Contains(page, x.want) || len(h.users) != 3 {
			t.Errorf("%s = %d, want 422 and %q", x.pairs, status, x.want)
		}
	}
	v.post("/users/new", "login", "new", "name", "新人", "role", "moderator", "lang", "zh-CN", "password", fakePassword)
	if len(h.users) != 4 || h.users[3].Name != "新人" || !h.users[3].Enabled {
		t.Fatalf("users = %d", len(h.users))
	}
	fresh := open(t, h).as("new")
	v.post("/users/"+h.users[3].ID.String()+"/switch", "on", "0", "reason", "离开")
	if _, page := fresh.get("/"); !strings.Contains(page, `name="password"`) {
		t.Error("a switched-off person is still signed in")
	}
	if _, page := v.post("/users/"+h.users[0].ID.String(), "login", "owner", "name", "林晓", "role", "moderator", "lang", "zh-CN"); !strings.Contains(page, "没有所有者") || h.users[0].Role != RoleOwner {
		t.Error("the last owner could step down")
	}
}

func TestOwnPasswordNeedsTheOldOneAndEndsOtherSessions(t *testing.T) {
	h := newHouse()
	v, elsewhere := open(t, h).as("mod"), open(t, h).as("mod")
	if status, _ := v.post("/me", "name", "周舟", "old", "wrong", "password", "a new password", "again", "a new password"); status != 422 {
		t.Errorf("wrong old password = %d, want 422", status)
	}
	if status, page := v.post("/me", "name", "周舟", "old", fakePassword, "password", "a new password", "again", "a new password"); status != 200 || !strings.Contains(page, "已保存") {
		t.Errorf("change = %d", status)
	}
	if _, page := v.get("/inbox"); strings.Contains(page, `name="password"`) {
		t.Error("the own session ended")
	}
	if _, page := elsewhere.get("/inbox"); !strings.Contains(page, `name="password"`) {
		t.Error("the other session goes on")
	}
}

func TestAuditIsFilteredByAddress(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	_, page := v.get("/audit")
	if !strings.Contains(page, "第 1–50 条，共 60 条") || !strings.Contains(page, "p=2") {
		t.Error("the list does not lead on")
	}
	_, page = v.get("/audit?verb=freeze")
	if !strings.Contains(page, "共 15 条") || strings.Contains(page, "换了机器") {
		t.Error("the filter does not filter")
	}
	_, page = v.get("/audit?from=2030-01-01")
	if !strings.Contains(page, "没有这样的记录") {
		t.Error("the empty list says nothing")
	}
}

func TestAuditGoesIntoASheetThatRunsNothing(t *testing.T) {
	h := newHouse()
	h.audit[0].Reason = "=HYPERLINK(1)"
	_, sheet := open(t, h).as("owner").get("/audit.csv?verb=rulebook.publish")
	if got := strings.Count(sheet, "\n"); got != 16 {
		t.Errorf("lines = %d, want a head and 15 rows", got)
	}
	if !strings.Contains(sheet, "'=HYPERLINK") || strings.Contains(sheet, "account.save") {
		t.Error("a formula is not disarmed, or the filter is not heard")
	}
}

func TestChangesReachTheBrowser(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	res, err := v.client.Get(v.base + "/live")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("Content-Type = %s", got)
	}
	h.changes <- Change{Org: 99, Kind: "message"}
	h.changes <- Change{Org: 1, Kind: "task", Group: 7}
	lines := bufio.NewScanner(res.Body)
	var got []string
	for lines.Scan() && !slices.Contains(got, "data: 7") {
		got = append(got, lines.Text())
	}
	if text := strings.Join(got, "\n"); !strings.Contains(text, "event: task\ndata: 7") || strings.Contains(text, "message") {
		t.Errorf("stream = %q, want the task and nothing of another organisation", text)
	}
}

func TestUploadIsReadAsAStreamWithItsToken(t *testing.T) {
	h := newHouse()
	c := &Console{deps: h.deps(), clock: time.Now}
	for _, x := range []struct {
		name, token string
		want        community.Code
	}{{"good", "right", community.CodeNone}, {"wrong token", "wrong", codeStale}, {"no token", "", codeStale}} {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		if x.token != "" {
			form.WriteField("_token", x.token)
		}
		form.WriteField("zone", "Asia/Shanghai")
		file, _ := form.CreateFormFile("file", "a.jsonl")
		file.Write([]byte("{}\n"))
		form.Close()
		r := httptest.NewRequest("POST", "/imports", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		up, err := (&call{c: c, R: r, token: "right"}).upload()
		if got := community.CodeOf(err); got != x.want {
			t.Errorf("%s: code = %q, want %q", x.name, got, x.want)
		}
		if err == nil && (up.Name != "a.jsonl" || up.Fields["zone"] != "Asia/Shanghai") {
			t.Errorf("%s: upload = %+v", x.name, up)
		}
	}
}

func TestGeneratedPagesAreFresh(t *testing.T) {
	tool, err := exec.LookPath("templ")
	if err != nil {
		if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "templ") {
			t.Fatal("no templ, and QL_REQUIRE asks for it")
		}
		t.Skip("no templ on this machine")
	}
	sources, err := filepath.Glob("view/*.templ")
	if err != nil {
		t.Fatal(err)
	}
	kit, err := filepath.Glob("view/ui/*.templ")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range append(sources, kit...) {
		run := exec.Command(tool, "generate", "-f", "internal/console/"+source, "-stdout")
		run.Dir = "../.."
		want, err := run.Output()
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		got, err := os.ReadFile(strings.TrimSuffix(source, ".templ") + "_templ.go")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s was changed without generating", source)
		}
	}
}
