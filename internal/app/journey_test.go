package app_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/store"
)

// aPassword is everybody's, and cheapHash its hash at the least cost there is: what a password costs is the console's matter.
const (
	aPassword = "a-long-enough-password-1"
	cheapHash = "$argon2id$v=19$m=8,t=1,p=1$aDPgHJgEqOWAhmvin+H13g$n1ffT3trAQrdrB4sKm0bOJPiST7IpfahhJPR8NKA5nI"
)

// shift is a person at work: a served house with a simulated group, and somebody signed in as its owner.
type shift struct {
	*person
	t     *testing.T
	app   *app.App
	org   community.OrgKey
	desk  *store.Desk
	group community.GroupRow
}

func startShift(t *testing.T, dbURL, abilities string, changes ...func(*config.Config)) *shift {
	a, doors := serve(t, dbURL, changes...)
	ctx := t.Context()
	org, err := a.Store().Org(ctx, "徒步社", false)
	check(t, err)
	_, err = a.Store().SaveUser(ctx, "test", community.User{Org: org, Login: "ming", Name: "小明", Role: "owner", Lang: "zh-CN", Enabled: true, Hash: cheapHash}, "")
	check(t, err)
	_, err = a.Hands(org, nil).SaveAccount(ctx, "test", community.Account{Connector: "sim", Name: "群助手", Enabled: true,
		Settings: []byte(`{"scene":"quiet","abilities":"` + abilities + `"}`)}, "")
	check(t, err)
	s := &shift{person: newPerson(t, doors.URL), t: t, app: a, org: org, desk: a.Store().For(community.Scope{Org: org})}
	await(t, func() bool {
		rows, _, err := s.desk.FindGroups(ctx, community.GroupFilter{})
		if err != nil || len(rows) != 1 || rows[0].Members < 8 {
			return false
		}
		s.group = rows[0]
		return true
	})
	if code, body := s.send("/signin", "/signin", url.Values{"login": {"ming"}, "password": {aPassword}}); code != http.StatusOK || !strings.Contains(body, "小明") {
		t.Fatalf("sign-in answered %d: %s", code, excerpt(body))
	}
	return s
}

// does posts a form and wants the page that follows.
func (s *shift) does(page, to string, fields url.Values) string {
	s.t.Helper()
	code, body := s.send(page, to, fields)
	if code != http.StatusOK {
		s.t.Fatalf("POST %s = %d: %s", to, code, excerpt(body))
	}
	return body
}

func (s *shift) member(name string) community.MemberRow {
	s.t.Helper()
	rows, _, err := s.desk.FindMembers(s.t.Context(), community.MemberFilter{Group: s.group.Key, Text: name})
	check(s.t, err)
	if len(rows) != 1 {
		s.t.Fatalf("members called %s = %d, want 1", name, len(rows))
	}
	return rows[0]
}

// becomes waits for the newest action of a verb to reach a state and gives it.
func (s *shift) becomes(verb community.Verb, want community.State) community.ActionRow {
	s.t.Helper()
	var got community.ActionRow
	await(s.t, func() bool {
		rows, _, err := s.desk.FindActions(s.t.Context(), community.ActionFilter{Group: s.group.Key, Verb: verb})
		if err != nil || len(rows) == 0 {
			return false
		}
		got = rows[0]
		return got.State == want
	})
	return got
}

// TestPersonSendsMutesUndoesAndRemoves does by hand what rules do by themselves: same trail, same undo.
func TestPersonSendsMutesUndoesAndRemoves(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, g := t.Context(), "/groups/"+s.group.ID.String()
		s.does(g, g+"/send", url.Values{"text": {"明早八点老地方集合"}})
		s.becomes(community.Send, community.Confirmed)
		m := s.member("大刘")
		page := "/members/" + m.ID.String()
		s.does(page, page+"/mute", url.Values{"g": {s.group.ID.String()}, "seconds": {"600"}, "reason": {"连发广告"}})
		mute := s.becomes(community.Mute, community.Confirmed)
		await(t, func() bool { return s.member("大刘").MutedTill > s.app.Now() })
		s.does(page, "/decisions/"+mute.Decision.String()+"/undo", url.Values{"reason": {"误会"}})
		s.becomes(community.Unmute, community.Confirmed)
		await(t, func() bool { return s.member("大刘").MutedTill <= s.app.Now() })
		s.does(page, page+"/remove", url.Values{"g": {s.group.ID.String()}, "reason": {"屡劝不改"}})
		s.becomes(community.Remove, community.Confirmed)
		await(t, func() bool { return s.member("大刘").LeftAt != 0 })
		_, body := s.get(page)
		for _, word := range []string{"连发广告", "屡劝不改"} {
			if !strings.Contains(body, word) {
				t.Errorf("the member's page does not say %q", word)
			}
		}
		audit, _, err := s.desk.FindAudit(ctx, community.AuditFilter{})
		check(t, err)
		verbs := map[string]int{}
		for _, row := range audit {
			verbs[row.Verb]++
		}
		if verbs["action.act"] != 3 || verbs["decision.undo"] != 1 {
			t.Errorf("audit = %v, want 3 action.act and 1 decision.undo", verbs)
		}
		rep, err := s.app.AsDecided(ctx, s.group.Key)
		check(t, err)
		if rep.Different != 0 || rep.Decisions < 4 {
			t.Errorf("replay: %d decisions, %d different; want at least 4, none different", rep.Decisions, rep.Different)
		}
	})
}

// TestReviewedDecisionIsKept closes a decision in the review queue.
func TestReviewedDecisionIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		m := s.member("老周")
		made, err := s.app.Hands(s.org, nil).Act(t.Context(), "x", []community.Action{{Verb: community.Mute, Group: s.group.Key, Target: m.Key, Seconds: 60}}, "试")
		check(t, err)
		for _, kind := range []string{"kept", "dismiss"} {
			check(t, s.app.Hands(s.org, nil).Judge(t.Context(), "x", made[0], kind, "看过"))
			d, err := s.desk.DecisionByID(t.Context(), made[0])
			check(t, err)
			if want := map[string]string{"kept": "kept", "dismiss": "dismissed"}[kind]; d.Resolution != want || d.ResolvedBy != "x" {
				t.Errorf("after %s: resolution %q by %q, want %q by x", kind, d.Resolution, d.ResolvedBy, want)
			}
		}
		if err := s.app.Hands(s.org, nil).Judge(t.Context(), "x", made[0], "forgive", ""); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("an unknown kind gives %v, want bad input", err)
		}
	})
}

// TestWhatThePlatformForbidsBecomesATaskCard works with a connection that can do nothing.
func TestWhatThePlatformForbidsBecomesATaskCard(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "*=none,member.list=native")
		m := s.member("米粒")
		page := "/members/" + m.ID.String()
		s.does(page, page+"/warn", url.Values{"g": {s.group.ID.String()}, "text": {"请不要刷屏"}, "reason": {"刷屏"}})
		act := s.becomes(community.Send, community.HumanTask)
		_, body := s.get("/inbox")
		if !strings.Contains(body, "请不要刷屏") || !strings.Contains(body, act.ID.String()) {
			t.Fatalf("the inbox shows no card with the text: %s", excerpt(body))
		}
		s.does("/inbox", "/inbox/"+act.ID.String()+"/claim", url.Values{})
		s.does("/inbox", "/inbox/"+act.ID.String()+"/done", url.Values{})
		s.becomes(community.Send, community.Acked)
		if rows, n, err := s.desk.FindTasks(t.Context(), community.TaskFilter{}); err != nil || n != 0 {
			t.Errorf("open tasks = %d %v (%v), want none", n, rows, err)
		}
	})
}

// TestRulebookIsBegunTriedPublishedAndRolledBack goes through the screens of a rulebook.
func TestRulebookIsBegunTriedPublishedAndRolledBack(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		at := "/rules/" + s.group.ID.String()
		s.does(at, at+"/begin", url.Values{"preset": {"general"}})
		if body := s.does(at+"/test", at+"/test", url.Values{"text": {"刷单日结，加微信"}, "role": {"member"}}); !strings.Contains(body, "广告") {
			t.Errorf("the test box does not name the rule: %s", excerpt(body))
		}
		if code, body := s.get(at + "/replay?days=30&run=1"); code != http.StatusOK {
			t.Errorf("replay = %d: %s", code, excerpt(body))
		}
		s.does(at, at+"/publish", url.Values{"reason": {"第一版"}})
		s.does("/groups/"+s.group.ID.String(), "/groups/"+s.group.ID.String()+"/mode", url.Values{"mode": {"live"}, "reason": {"试过了"}})
		await(t, func() bool {
			g, err := s.desk.GroupByKey(t.Context(), s.group.Key)
			return err == nil && g.Mode == community.Live && g.Book == 2
		})
		s.does(at+"/versions", at+"/rollback", url.Values{"version": {"1"}, "reason": {"还是先观察"}, "move_none": {"只是退回去"}})
		await(t, func() bool {
			g, err := s.desk.GroupByKey(t.Context(), s.group.Key)
			return err == nil && g.Book == 3
		})
	})
}

// TestReplayListsWhatARuleDoesByTheClock: several newcomers are welcomed at once some seconds later, on no event's account.
func TestReplayListsWhatARuleDoesByTheClock(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		at, now := "/rules/"+s.group.ID.String(), s.app.Now()
		s.does(at, at+"/begin", url.Values{"preset": {"general"}})
		accounts, err := s.desk.Accounts(t.Context())
		check(t, err)
		group := community.Ref{ID: s.external()}
		joined := func(id, name string, ago int64) community.Inbound {
			return community.Inbound{Type: community.MemberJoined, Key: "joined-" + id, OccurredAt: now - ago, Group: group, Subject: community.Who{ID: id, Name: name}}
		}
		check(t, s.app.Intake().Host(accounts[0].Key, "sim").Receive(t.Context(), joined("n1", "新人甲", 60_000), joined("n2", "新人乙", 59_000),
			community.Inbound{Type: community.MessageCreated, Key: "hello", OccurredAt: now - 30_000, Group: group, Actor: community.Who{ID: "n1", Name: "新人甲"},
				Body: community.Body{Text: "大家好", Message: "hello"}}))
		await(t, func() bool {
			_, n, err := s.desk.FindMessages(t.Context(), community.MessageFilter{Group: s.group.Key, Text: "大家好"})
			return err == nil && n == 1
		})
		if code, body := s.get(at + "/replay?days=30&run=1"); code != http.StatusOK || !strings.Contains(body, "新人甲") || !strings.Contains(body, "欢迎新人") {
			t.Errorf("replay = %d: %s", code, excerpt(body))
		}
	})
}

// upload posts a file as a browser does.
func (s *shift) upload(page, to, path string, fields map[string]string) string {
	s.t.Helper()
	_, body := s.get(page)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		if m[1] == "_token" {
			check(s.t, w.WriteField(m[1], m[2]))
			break
		}
	}
	for name, value := range fields {
		check(s.t, w.WriteField(name, value))
	}
	part, err := w.CreateFormFile("file", filepath.Base(path))
	check(s.t, err)
	raw, err := os.ReadFile(path)
	check(s.t, err)
	_, err = part.Write(raw)
	check(s.t, err)
	check(s.t, w.Close())
	res, err := s.http.Post(s.base+to, w.FormDataContentType(), &form)
	check(s.t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	check(s.t, err)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("upload to %s = %d: %s", to, res.StatusCode, excerpt(string(answer)))
	}
	return string(answer)
}

// TestUploadIsTriedDryThenTakenThenUndone brings a history in through the pages.
func TestUploadIsTriedDryThenTakenThenUndone(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx := t.Context()
		newest := func(state string) community.ImportRow {
			t.Helper()
			var run community.ImportRow
			await(t, func() bool {
				rows, _, err := s.desk.FindImports(ctx, community.Page{})
				if err != nil || len(rows) == 0 {
					return false
				}
				run = rows[0]
				return run.State == state
			})
			return run
		}
		s.upload("/imports", "/imports", history(t, 80), nil)
		dry := newest("dry")
		if _, n, err := s.desk.FindMessages(ctx, community.MessageFilter{Text: "读第"}); err != nil || n != 0 {
			t.Fatalf("a dry run wrote %d messages (%v)", n, err)
		}
		at := "/imports/" + dry.ID.String()
		s.does(at, at+"/commit", url.Values{})
		done := newest("done")
		messages := func(want int) {
			t.Helper()
			await(t, func() bool {
				rows, _, err := s.desk.FindMessages(ctx, community.MessageFilter{Text: "读第", Limit: 200})
				return err == nil && len(rows) == want
			})
		}
		messages(80)
		at = "/imports/" + done.ID.String()
		s.does(at, at+"/undo", url.Values{"reason": {"传错了文件"}})
		messages(0)
		if code, body := s.get("/imports"); code != http.StatusOK || !strings.Contains(body, "晨读") {
			t.Errorf("the list of imports = %d: %s", code, excerpt(body))
		}
	})
}

// TestBadUploadsAreRefusedInWords tries what people really upload.
func TestBadUploadsAreRefusedInWords(t *testing.T) {
	s := startShift(t, "", "")
	for name, content := range map[string]string{
		"empty.txt": "", "picture.png": "\x89PNG\r\n\x1a\n\x00\x00", "half.jsonl": `{"_type":"header","chatlab":{"version":"0.0.2"`, "noise.csv": "a,b\n1,2\n",
		"../../etc/evil.jsonl": "{}",
	} {
		path := filepath.Join(t.TempDir(), "x")
		check(t, os.WriteFile(path, []byte(content), 0o600))
		named := filepath.Join(filepath.Dir(path), filepath.Base(name))
		check(t, os.Rename(path, named))
		before, _, err := s.desk.FindImports(t.Context(), community.Page{})
		check(t, err)
		s.upload("/imports", "/imports", named, nil)
		await(t, func() bool {
			rows, _, err := s.desk.FindImports(t.Context(), community.Page{})
			return err == nil && (len(rows) == len(before) || rows[0].State != "running")
		})
		rows, _, err := s.desk.FindImports(t.Context(), community.Page{})
		check(t, err)
		if len(rows) > len(before) && rows[0].State != "failed" && rows[0].State != "dry" {
			t.Errorf("%s: state %q, want failed", name, rows[0].State)
		}
	}
	if _, n, err := s.desk.FindMessages(t.Context(), community.MessageFilter{}); err != nil || n != 0 {
		t.Errorf("bad uploads left %d messages (%v)", n, err)
	}
}
