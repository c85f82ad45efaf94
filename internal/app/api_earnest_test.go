package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"image/color"
	"image/png"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/client"
	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/draft"
	"qunluo/internal/drift"
	"qunluo/internal/tier"
)

// site is an office as programs see it.
func (o *office) site() *site {
	return &site{t: o.t, app: o.app, org: o.org, desk: o.app.Store().For(community.Scope{Org: o.org}), base: o.door}
}

// site is a shift's house as programs see it.
func (s *shift) site() *site {
	return &site{t: s.t, app: s.app, org: s.org, desk: s.desk, group: s.group, base: s.base}
}

// comes asks by operations until something has come about, twice a second: a token is good for sixty calls a minute.
func (s *site) comes(what string, done func(v teller) bool) {
	s.t.Helper()
	var v teller
	for i := range 120 {
		if i%15 == 0 {
			v = s.told()
		}
		if done(v) {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	s.t.Fatalf("within a minute it did not come about: %s", what)
}

// TestProgramsSettleWhatDiffersFromThePlatform lets a platform change, reads what differs, and settles it every way; what was done is
// read at the platform and by other operations.
func TestProgramsSettleWhatDiffersFromThePlatform(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		o := openOffice(t, dbURL, map[string]any{"owners": "owner"})
		s := o.site()
		v, at := s.told(), "/connections/"+o.account.ID.String()
		v.post(at+"/drift/read", nil)
		s.comes("a first reading, of all parts: what it finds of notices is what stands here", func(v teller) bool {
			parts, _ := v.get(at+"/drift", "limit", "100")["parts"].([]any)
			return len(parts) == len(drift.Parts) && !slices.ContainsFunc(parts, func(p any) bool { return p.(doc)["state"] == string(drift.Busy) })
		})
		o.corp.Remark("owner", "wm2", "改过的备注")
		o.corp.Notify("wrHIKE", "改到周日")
		o.corp.Give("wrREAD", "helper")
		v.post(at+"/drift/read", nil)
		lines := map[string]doc{}
		s.comes("a reading of what differs", func(v teller) bool {
			got := v.get(at+"/drift", "limit", "100")
			clear(lines)
			for _, l := range listedIn(got, "lines") {
				lines[l["field"].(string)+" "+l["subject"].(string)] = l
			}
			parts, _ := got["parts"].([]any)
			return len(parts) > 0 && lines["remark wm2"] != nil && lines["notice wrHIKE"] != nil && lines["owner wrREAD"] != nil && lines["known wrOTHER"] != nil
		})
		remark := lines["remark wm2"]
		if remark["here"] != "徒步-阿敏" || remark["there"] != "改过的备注" || remark["owner"] != "owner" || remark["task"] != nil || fmt.Sprint(remark["ways"]) != "[take push]" {
			t.Errorf("remark = %v", remark)
		}
		settle := func(line doc, way string) doc {
			return v.post(at+"/drift/"+line["id"].(string)+"/"+way, doc{"reason": "对齐"})
		}
		if said := settle(remark, "push"); said["said"] == nil {
			t.Errorf("settled = %v", said)
		}
		if got := o.corp.Did(); !slices.Contains(got, "remark wm2 徒步-阿敏") {
			t.Errorf("the platform was told %v, want our remark", got)
		}
		settle(lines["owner wrREAD"], "ask")
		settle(lines["notice wrHIKE"], "take")
		var task doc
		s.comes("a task to hand the group over", func(v teller) bool {
			task = rowWith(listedIn(v.get("/tasks")), "verb", string(community.HandOver))
			return task != nil
		})
		if !strings.Contains(task["text"].(string), "helper") || task["state"] != "open" {
			t.Errorf("task = %v", task)
		}
		v.post(at+"/drift/read", nil)
		s.comes("a reading without what was settled", func(v teller) bool {
			found := map[string]doc{}
			for _, l := range listedIn(v.get(at+"/drift", "limit", "100"), "lines") {
				found[l["field"].(string)+" "+l["subject"].(string)] = l
			}
			return found["remark wm2"] == nil && found["notice wrHIKE"] == nil && found["owner wrREAD"] != nil && found["owner wrREAD"]["task"] == task["id"]
		})
		if err := v.c.Send(t.Context(), "POST", at+"/drift/"+remark["id"].(string)+"/push", "", doc{}, nil); codeOf(err) != "not_found" && codeOf(err) != "conflict" {
			t.Errorf("settled twice = %v", err)
		}
	})
}

// TestProgramsDoChoresAndPostMoments lists, reads and does chores, asks employees for a moment and reads who reacted, and says that an
// account is held back no longer.
func TestProgramsDoChoresAndPostMoments(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		o := openOffice(t, dbURL, nil)
		s := o.site()
		v, at, ctx := s.told(), "/connections/"+o.account.ID.String(), t.Context()
		chores := listedIn(v.get(at + "/chores"))
		transfer := rowWith(chores, "name", "transfer.contacts")
		if len(chores) < 5 || transfer == nil || transfer["changes"] != true {
			t.Fatalf("chores = %v", chores)
		}
		if got := v.get(at + "/chores/transfer.contacts"); len(got["arguments"].([]any)) != 4 || got["title"].(doc)["zh"] != "继承客户" {
			t.Errorf("chore = %v", got)
		}
		o.corp.Hold(true)
		if got := v.post(at+"/chores/transfer.contacts", doc{"arguments": doc{"from": "owner", "to": "helper", "left": "false"}, "reason": "换人"}); got["said"] == nil {
			t.Errorf("done = %v", got)
		}
		if err := v.c.Send(ctx, "POST", at+"/chores/transfer.contacts", "", doc{"arguments": doc{"from": "nobody"}}, nil); codeOf(err) == "" {
			t.Error("a chore without what it takes was done")
		}
		if got := rowWith(listedIn(v.get("/audit", "limit", "50")), "reason", "换人"); got == nil {
			t.Error("the trail does not know of the chore")
		}
		v.post(at+"/drift/read", nil)
		s.comes("hand-overs that wait", func(v teller) bool {
			n := 0
			for _, l := range listedIn(v.get(at+"/drift", "limit", "100"), "lines") {
				if l["part"] == "transfers" && l["why"] == "waiting" && l["there"] == "owner → helper" {
					n++
				}
			}
			return n == 3
		})

		v = s.told()
		picture1 := v.upload("/files", picture(t, color.White), "name", "一.png")["file"]
		posted := v.post(at+"/moments", doc{"text": "周六徒步", "employees": []string{"owner"}, "tags": []string{"意向/高"}, "pictures": []any{picture1}, "reason": "活动"})
		id, _ := posted["moment"].(string)
		made := o.corp.Moments()
		if id == "" || len(made) != 1 || made[0].ID != id || len(made[0].Attached) != 1 || !slices.Equal(made[0].Tags, []string{"t1"}) {
			t.Fatalf("posted %v, at the platform: %+v", posted, made)
		}
		o.corp.Publish(id, "owner")
		o.corp.React(id, []string{"wm1", "wm2"}, []string{"wm1"})
		v.post(at+"/chores/moment.read", doc{"arguments": doc{}})
		got := rowWith(listedIn(v.get(at+"/moments")), "id", id)
		if got == nil || got["text"] != "周六徒步" || got["pictures"] != 1.0 || got["only_some_see_it"] != true || got["likes"] != 2.0 || got["comments"] != 1.0 || got["posts"].([]any)[0].(doc)["published"] != true {
			t.Errorf("moment = %v", got)
		}
		who := listedIn(v.get("/moment-reactions", "moment", id))
		if len(who) != 2 || rowWith(who, "name", "老周")["comments"] != 1.0 || rowWith(who, "name", "阿敏")["likes"] != 1.0 {
			t.Errorf("reactions = %v", who)
		}
		if err := v.c.Send(ctx, "POST", at+"/moments", "", doc{"text": "x", "tags": []string{"没有这个标签"}}, nil); codeOf(err) == "" || len(o.corp.Moments()) != 1 {
			t.Errorf("a moment for a tag that nobody has = %v, %d at the platform", err, len(o.corp.Moments()))
		}

		_, err := o.app.Engine().Apply(ctx, community.Inbound{Type: community.AccountRestricted, Account: o.account.Key, Group: community.Ref{ID: "wrHIKE"}, Key: "held", OccurredAt: o.app.Now(), Body: community.Body{Text: "限制 7 天"}})
		check(t, err)
		if got := v.get(at); got["restricted_since"] == nil || got["restricted_why"] != "限制 7 天" {
			t.Errorf("held back: %v", got)
		}
		v.post(at+"/release", doc{"reason": "平台解除了"})
		if got := v.get(at); got["restricted_since"] != nil {
			t.Errorf("after the release: %v", got)
		}
		if got := rowWith(listedIn(v.get("/audit", "limit", "20")), "reason", "平台解除了"); got == nil {
			t.Error("the trail does not know of the release")
		}
	})
}

// live puts a rulebook in force and lets the group act.
func (v teller) live(book string) {
	v.t.Helper()
	v.post("/groups/"+v.group.ID.String()+"/rulebooks", doc{"book": json.RawMessage(book), "note": "试", "no_figure": "试"})
	check(v.t, v.app.Hands(v.org, nil).SetMode(v.t.Context(), "test", v.group.Key, community.Live, "试"))
}

// TestProgramsAnswerDecisions answers what a rule hit by each of its means; what came of it is read at the platform and by the ledger.
func TestProgramsAnswerDecisions(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		v := s.told()
		v.live(`{"mode":"live","rules":[{"id":"ad","name":"广告","kind":"keyword","mode":"dry","params":{"lists":[{"words":["加微信"]}]}}]}`)
		for i, x := range []struct {
			do, member, name string
			body             doc
			verb             community.Verb
		}{
			{"warn", "20001", "老周", doc{"text": "别发广告"}, community.Send}, {"mute", "20002", "大刘", doc{"seconds": 600}, community.Mute},
			{"recall", "20003", "阿青", nil, community.RecallMsg}, {"remove", "20003", "阿青", doc{"block": true}, community.Remove},
		} {
			text := fmt.Sprint("想赚钱加微信", i)
			s.say(x.member, text)
			var d doc
			s.comes("a decision about "+text, func(v teller) bool {
				d = rowWith(listedIn(v.get("/decisions", "group", s.group.ID.String())), "text", text)
				return d != nil
			})
			if d["resolution"] != "" || d["member_name"] != x.name {
				t.Fatalf("decision = %v", d)
			}
			body := doc{"do": x.do, "reason": "看过了"}
			for k, val := range x.body {
				body[k] = val
			}
			at := "/decisions/" + d["id"].(string)
			v.post(at+"/act", body)
			if got := v.get(at); got["resolution"] != "kept" || got["reason"] != "看过了" || got["resolved_by"] != s.user("owner") {
				t.Errorf("%s: decision = %v", x.do, got)
			}
			var act doc
			s.comes(x.do, func(v teller) bool {
				for _, a := range listedIn(v.get("/actions", "group", s.group.ID.String())) {
					if a["verb"] == string(x.verb) && (a["state"] == "acked" || a["state"] == "confirmed") {
						act = a
					}
				}
				return act != nil
			})
			done := map[string]bool{"warn": s.sent("别发广告"), "mute": len(s.world.Deeds()) > 0, "recall": len(s.world.Deeds()) > 1, "remove": len(s.world.Deeds()) > 2}
			if !done[x.do] {
				t.Errorf("%s: nothing reached the platform", x.do)
			}
		}
		if err := v.c.Send(t.Context(), "POST", "/decisions/"+strings.Repeat("0", 22)+"/act", "", doc{"do": "mute", "reason": "x"}, nil); codeOf(err) != "not_found" {
			t.Errorf("no such decision = %v", err)
		}
	})
}

// TestProgramsTeachARulebook corrects a hit and teaches a model of the group's own: it stands in the draft, says what it would change,
// and once it is in force lets such a text pass.
func TestProgramsTeachARulebook(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		v, at := s.told(), "/groups/"+s.group.ID.String()
		v.live(string(learning(t)))
		const text = "兼职家教，一天三百，感兴趣加微信jiao7788"
		s.say("20002", text)
		var d doc
		s.comes("the shipped model's hit", func(v teller) bool {
			d = rowWith(listedIn(v.get("/decisions", "group", s.group.ID.String())), "text", text)
			return d != nil && d["verdict"] == "hit"
		})
		v.post("/decisions/"+d["id"].(string)+"/judge", doc{"kind": "false_hit", "reason": "是本群的家教群友"})
		for _, talk := range []string{"今天爬哪座山", "早上八点南门集合", "记得带水", "群里谁有登山杖借一下"} {
			s.say("20001", talk)
		}
		s.comes("the talk", func(v teller) bool { return len(listedIn(v.get("/messages", "group", s.group.ID.String()))) >= 5 })
		published := func() (n int) {
			for _, b := range listedIn(v.get(at + "/rulebooks")) {
				if b["state"] == "published" {
					n++
				}
			}
			return n
		}
		versions := published()
		got := v.post(at+"/rulebooks/learn", doc{"days": 30, "note": "学本群"})
		model, _ := got["model"].(string)
		if model == "" || got["days"] != 30.0 || got["talk"].(float64) == 0 || len(got["rules"].([]any)) != 1 {
			t.Errorf("taught = %v", got)
		}
		kept := v.get(at + "/rulebooks/0")
		raw, err := json.Marshal(kept["body"])
		check(t, err)
		if !strings.Contains(string(raw), model) {
			t.Fatalf("the draft lacks %q: %s", model, raw)
		}
		if n := published(); n != versions {
			t.Errorf("%d versions are in force or were, want no more than the %d before", n, versions)
		}
		v.post(at+"/rulebooks", doc{"book": kept["body"], "note": "本群的模型", "no_figure": "试"})
		s.say("20003", text+"～")
		s.say("20003", "说完了")
		s.comes("what was said after it", func(v teller) bool {
			return rowWith(listedIn(v.get("/messages", "group", s.group.ID.String())), "text", "说完了") != nil
		})
		for _, d := range listedIn(v.get("/decisions", "group", s.group.ID.String())) {
			if d["text"] == text+"～" && d["verdict"] == "hit" {
				t.Errorf("the taught model hits still: %v", d)
			}
		}
	})
}

// TestProgramsDismissARealAlarm: several members complain about one subject, which opens an alarm; dismissed as false it is over, its
// decision is, and what was said is a labelled case.
func TestProgramsDismissARealAlarm(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) { dismissed(t, dbURL, false) })
}

// TestProgramsDismissAnAlarmWhoseDecisionWasFalse: the decision behind it was judged before, or a try stopped half way.
func TestProgramsDismissAnAlarmWhoseDecisionWasFalse(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) { dismissed(t, dbURL, true) })
}

func dismissed(t *testing.T, dbURL string, judged bool) {
	t.Helper()
	var ahead atomic.Int64
	s := startSite(t, dbURL, "", func(o *app.Options) {
		o.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	ctx := t.Context()
	accounts, err := s.desk.Accounts(ctx)
	check(t, err)
	n := 0
	says := func(who, text string, later time.Duration) {
		n++
		ahead.Add(int64(later))
		check(t, s.app.Intake().Host(accounts[0].Key, "sim").Receive(ctx, community.Inbound{Type: community.MessageCreated, Key: fmt.Sprint("said", n), OccurredAt: s.app.Now(), Group: community.Ref{ID: "town", Name: "小区群"},
			Actor: community.Who{ID: who, Name: who}, Body: community.Body{Text: text, Message: fmt.Sprint("said", n)}}))
	}
	says("甲", "大家好", time.Minute)
	await(t, func() bool {
		rows, _, err := s.desk.FindGroups(ctx, community.GroupFilter{Text: "小区群"})
		if err == nil && len(rows) == 1 {
			s.group = rows[0]
		}
		return s.group.Name == "小区群"
	})
	_, err = s.app.Hands(s.org, nil).Publish(plain(ctx), "test", s.group.Key, json.RawMessage(`{"mode":"live","rules":[{"id":"opinion","name":"舆情","kind":"opinion","mode":"live","params":{}}]}`), "第一版")
	check(t, err)
	for i := range 260 {
		says(fmt.Sprint("邻居", i%12), "今天电梯口见", 5*time.Minute)
	}
	for i, line := range []string{"快递柜又坏了", "快递柜没人管，投诉过了", "快递柜乱收费", "快递柜太差了，放不进去"} {
		says(fmt.Sprint("住户", i), line, 2*time.Minute)
	}
	await(t, func() bool {
		list, _, err := s.app.Duty(s.org, nil).Alarms(ctx, true, "", community.Page{Limit: 50})
		return err == nil && len(list) > 0
	})
	v := s.later()
	alarm := rowWith(listedIn(v.get("/alarms", "open", "true")), "kind", "opinion")
	if alarm == nil || alarm["state"] == "over" {
		t.Fatalf("alarm = %v", alarm)
	}
	at := "/alarms/" + alarm["id"].(string)
	if judged {
		d := rowWith(listedIn(v.get("/decisions", "group", s.group.ID.String())), "text", "快递柜太差了，放不进去")
		v.post("/decisions/"+d["id"].(string)+"/judge", doc{"kind": "false_hit", "reason": "只是在吐槽"})
	}
	if got := v.post(at+"/false", doc{"reason": "只是在吐槽"}); got["state"] != "over" || got["id"] != alarm["id"] {
		t.Errorf("dismissed = %v", got)
	}
	if got := v.get(at); got["state"] != "over" || got["ended_at"] == nil {
		t.Errorf("alarm = %v", got)
	}
	if got := listedIn(v.get("/alarms", "open", "true")); rowWith(got, "id", alarm["id"]) != nil {
		t.Errorf("it is among the open ones still: %v", got)
	}
	cases := listedIn(v.get("/cases"))
	if len(cases) != 1 || cases[0]["want"] != "none" || cases[0]["rule"] != "opinion" || !strings.Contains(cases[0]["text"].(string), "快递柜") || cases[0]["why"] != "只是在吐槽" {
		t.Errorf("cases = %v", cases)
	}
	d := rowWith(listedIn(v.get("/decisions", "group", s.group.ID.String())), "resolution", "false_hit")
	if d == nil || d["reason"] != "只是在吐槽" {
		t.Errorf("decision = %v", d)
	}
	if err := v.c.Send(ctx, "POST", at+"/false", "", doc{"reason": "再来"}, nil); codeOf(err) != "conflict" {
		t.Errorf("dismissed twice = %v, want a conflict", err)
	}
}

// later is told where the house's clock runs ahead: the token lives in its time.
func (s *site) later() teller {
	s.t.Helper()
	u, err := s.app.Store().SaveUser(s.t.Context(), "test", community.User{Org: s.org, Login: "owner", Role: "owner", Enabled: true}, "")
	check(s.t, err)
	_, secret, err := s.app.Tokens(s.org).Make(s.t.Context(), "test", community.Token{User: u.ID, Name: "后来", Expires: s.app.Now() + 3600_000,
		Scopes: []community.TokenScope{{Area: community.AreaAll, Level: community.LevelAdmin}}}, "试")
	check(s.t, err)
	return teller{s, &client.Client{Base: s.base, Token: secret, Tries: 1}}
}

// TestProgramsDrawPostersForMany draws a set, waits for it and opens the ZIP: one picture of each, of the layout's size.
func TestProgramsDrawPostersForMany(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		v := s.told()
		rows := []doc{}
		for i := range 4 {
			rows = append(rows, doc{"name": fmt.Sprint("会员", i), "number": fmt.Sprintf("%05d", i), "link": "https://q.example/j/x"})
		}
		first := v.post("/posters/batch", doc{"ref": "card/zh-CN/square", "rows": rows, "filled": doc{"group": "读书会", "date": "2027", "text": ""}, "reason": "年卡"})
		table := v.upload("/posters/batch/from", []byte("name,number,link,group,date,text\n甲,1,https://q.example/j/x,读书会,2027,好\n乙,2,https://q.example/j/x,读书会,2027,好\n"), "ref", "card/zh-CN/portrait")
		if first["total"] != 4.0 || table["total"] != 2.0 {
			t.Fatalf("batches = %v, %v", first, table)
		}
		for _, x := range []struct {
			made       doc
			n          int
			wide, high int
			name       string
		}{{first, 4, 1080, 1080, "0001-会员0.png"}, {table, 2, 1080, 1920, "0001-甲.png"}} {
			var got doc
			s.comes("the posters", func(v teller) bool {
				got = rowWith(listedIn(v.get("/posters/batches")), "id", x.made["id"])
				return got != nil && got["state"] != "waits"
			})
			if got["state"] != "done" || got["done"] != float64(x.n) || got["bytes"].(float64) == 0 {
				t.Fatalf("batch = %v", got)
			}
			raw, err := v.c.Download(t.Context(), "/posters/batches/"+x.made["id"].(string)+"/zip", nil)
			check(t, err)
			files, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
			check(t, err)
			if len(files.File) != x.n || files.File[0].Name != x.name {
				t.Fatalf("%d files, the first %q", len(files.File), files.File[0].Name)
			}
			seen := map[uint32]bool{}
			for _, f := range files.File {
				one, err := f.Open()
				check(t, err)
				img, err := png.Decode(one)
				check(t, err)
				check(t, one.Close())
				if b := img.Bounds(); b.Dx() != x.wide || b.Dy() != x.high {
					t.Errorf("%s is %d×%d, want %d×%d", f.Name, b.Dx(), b.Dy(), x.wide, x.high)
				}
				seen[f.CRC32] = true
			}
			if len(seen) != x.n {
				t.Errorf("%d different pictures of %d", len(seen), x.n)
			}
		}
		if err := v.c.Send(t.Context(), "POST", "/posters/batch", "", doc{"ref": "own/没有", "rows": rows}, nil); codeOf(err) == "" {
			t.Error("posters of no layout were drawn")
		}
	})
}

// TestProgramsAgreeThatAModelIsAbroadAndTakeATopic: a model abroad is asked nothing before somebody's written word, and then is; one
// of its wordings stands in the queue of topics.
func TestProgramsAgreeThatAModelIsAbroadAndTakeATopic(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "", mayCallHere)
		v := s.told()
		f := newFakeModel(t, func(string) string { return `{"title": "周末聊什么", "text": "你最近读了什么书？"}` })
		v.put("/model", doc{"on": true, "url": f.URL + "/v1", "key": "sk-s3cret-key", "model": "m1", "purpose": "写草稿", "region": "US", "calls_24h": 10, "chars_24h": 100000, "keep_days": 7, "reason": "试用"})
		order := doc{"kind": "question", "goal": "聊聊读书", "tone": "warm", "length": "short", "group": s.group.ID.String(), "language": "zh-CN"}
		written := func() (got doc) {
			id := v.post("/wordings", order)["id"].(string)
			s.comes("a wording", func(v teller) bool { got = v.get("/wordings/" + id); return got["state"] != "waiting" })
			return got
		}
		if got := written(); len(f.heard()) != 0 || fmt.Sprint(got["notes"]) != "[abroad]" || got["model"] != "" {
			t.Errorf("before the word: %d calls, %v", len(f.heard()), got)
		}
		if err := v.c.Send(t.Context(), "POST", "/model/abroad", "", doc{"reason": "因为"}, nil); codeOf(err) != "bad_input" {
			t.Errorf("a word that says nothing = %v", err)
		}
		v.post("/model/abroad", doc{"reason": "已做个人信息出境影响评估，只送遮住后的要点"})
		if got := v.get("/model"); got["state"] != "ready" || got["abroad_agreed_at"] == nil || got["abroad_agreed_by"] != s.user("owner") || got["abroad_agreed_why"] != "已做个人信息出境影响评估，只送遮住后的要点" {
			t.Errorf("model = %v, want the word, whose it is and its time", got)
		}
		got := written()
		choice := got["choices"].([]any)[0].(doc)
		if len(f.heard()) != 1 || choice["source"] != draft.FromModel || got["model"] != "m1" {
			t.Fatalf("after the word: %d calls, %v", len(f.heard()), got)
		}
		topic := v.post("/wordings/"+got["id"].(string)+"/topic", doc{"choice": 0, "title": "周末聊什么", "text": "你最近在读什么书？说一句推荐的话。"})
		queued := rowWith(listedIn(v.get("/topics")), "id", topic["id"])
		if queued == nil || queued["title"] != "周末聊什么" || queued["text"] != "你最近在读什么书？说一句推荐的话。" || queued["state"] != "waiting" {
			t.Errorf("topics = %v", queued)
		}
		if now := v.get("/wordings/" + got["id"].(string)); now["state"] != "taken" || now["made_into"] == "" {
			t.Errorf("wording = %v, want it taken", now)
		}
		if err := v.c.Send(t.Context(), "POST", "/wordings/"+got["id"].(string)+"/topic", "", doc{"choice": 99, "title": "x", "text": "y"}, nil); codeOf(err) != "bad_input" {
			t.Errorf("a choice that is none = %v, want bad input: the topic would be without the mark of a model", err)
		}
		if got := listedIn(v.get("/topics")); len(got) != 1 {
			t.Errorf("%d topics, want the one", len(got))
		}
	})
}

// TestProgramsPasteTalkAndTakeItBack reads a text without writing, takes it in, and takes it back; a list of members is read again with
// somebody renamed.
func TestProgramsPasteTalkAndTakeItBack(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		g, err := s.app.Hands(s.org, nil).AddGroup(t.Context(), "test", community.Group{Name: "宝妈一群"}, 0, "新群")
		check(t, err)
		v, at := s.told(), "/groups/"+g.ID.String()+"/paste"
		said := func(v teller) []doc { return listedIn(v.get("/messages", "group", g.ID.String())) }
		ended := func(run doc) (got doc) {
			s.comes("the end of a reading", func(v teller) bool { got = v.get(at + "/" + run["id"].(string)); return got["state"] != "running" })
			return got
		}
		paste := func(kind, text string) doc {
			var out doc
			check(t, v.c.Upload(t.Context(), at, "", url.Values{"kind": {kind}}, []byte(text), &out))
			return ended(out)
		}
		ended(v.post(at+"/"+paste("roster", "小满妈\n阿敏\n老周\n")["id"].(string)+"/save", doc{}))
		again := ended(v.post(at+"/"+paste("roster", "小满妈\n敏敏\n老周\n")["id"].(string)+"/again", doc{"renamed": doc{"阿敏": "敏敏"}}))
		if done := ended(v.post(at+"/"+again["id"].(string)+"/save", doc{})); done["state"] != "done" {
			t.Fatalf("kept = %v", done)
		}
		here := func(v teller) []string {
			var names []string
			for _, m := range listedIn(v.get("/members", "group", g.ID.String(), "present", "true")) {
				names = append(names, m["name"].(string))
			}
			slices.Sort(names)
			return names
		}
		want := []string{"小满妈", "敏敏", "老周"}
		slices.Sort(want)
		s.comes("the members by their names of now", func(v teller) bool { return slices.Equal(here(v), want) })

		v = s.told()
		run := paste("talk", "小满妈 2026-11-02 09:30\n早上好\n\n阿敏 2026-11-02 09:31\n明天谁去公园\n")
		if run["state"] != "dry" || len(said(v)) != 0 {
			t.Fatalf("the trial = %v, %d messages", run, len(said(v)))
		}
		kept := ended(v.post(at+"/"+run["id"].(string)+"/save", doc{}))
		if kept["state"] != "done" {
			t.Fatalf("kept = %v", kept)
		}
		s.comes("both messages", func(v teller) bool { return len(said(v)) == 2 })
		if got := said(v); got[0]["text"] != "明天谁去公园" || got[1]["text"] != "早上好" {
			t.Errorf("messages = %v", got)
		}
		if err := v.c.Send(t.Context(), "POST", at+"/"+kept["id"].(string)+"/undo", "", doc{}, nil); codeOf(err) != "bad_input" {
			t.Errorf("taken back without a reason = %v", err)
		}
		v.post(at+"/"+kept["id"].(string)+"/undo", doc{"reason": "贴错群了"})
		s.comes("no message any more", func(v teller) bool { return len(said(v)) == 0 })
		if got := v.get(at + "/" + kept["id"].(string)); got["state"] != "undone" {
			t.Errorf("run = %v, want it undone", got)
		}
	})
}

// TestProgramsTryTierRules tries rules over the history of a real group: the trial says what would have been, and changes nothing.
func TestProgramsTryTierRules(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		h := startShift(t, dbURL, "")
		g := h.reads()
		s := h.site()
		v, at := s.told(), "/groups/"+g.ID.String()
		rules := listedIn(v.get(at + "/tier-rules"))
		raw, err := json.Marshal(tier.Default()) // nobody has changed them
		check(t, err)
		var now doc
		check(t, json.Unmarshal(raw, &now))
		try := func(rules doc) doc { return v.post(at+"/tier-rules/try", doc{"rules": rules, "weeks": 8}) }
		first := try(now)
		if !reflect.DeepEqual(first["in_force"], first["tried"]) || first["in_force"].(doc)["weeks"] != 8.0 || first["in_force"].(doc)["changes"].(float64) < 1 || first["least"] != now["least"] {
			t.Errorf("the rules in force, tried = %v, want eight weeks, people who move, and no difference", first)
		}
		wide := maps.Clone(now)
		wide["keep_share"], wide["core_in"], wide["core_cut"], wide["core_out"], wide["normal_in"], wide["normal_cut"], wide["normal_out"] = false, 30, 32, 35, 80, 85, 90
		got := try(wide)
		if !reflect.DeepEqual(got["in_force"], first["in_force"]) || got["tried"].(doc)["within"] != 0.0 || got["in_force"].(doc)["within"].(float64) < 4 {
			t.Errorf("a core of a third, tried = %v, want no week within the targets where those in force keep most", got)
		}
		v.post(at+"/tiers/now", nil)
		stand := listedIn(v.get(at + "/tiers"))
		core := 0
		for _, m := range stand {
			if m["tier"] == "core" {
				core++
			}
		}
		if first["would_move_today"] != float64(len(stand)) || core == 0 || core > len(stand)/5 {
			t.Errorf("%v would be placed, %d were, %d of them core", first["would_move_today"], len(stand), core)
		}
		if again := try(wide); again["would_move_today"] != 0.0 {
			t.Errorf("right after a decision %v would move, want nobody within a week", again["would_move_today"])
		}
		if after := listedIn(v.get(at + "/tier-rules")); !reflect.DeepEqual(after, rules) {
			t.Errorf("rules after a trial = %v, were %v", after, rules)
		}
		if err := v.c.Send(t.Context(), "POST", at+"/tier-rules/try", "", doc{"rules": doc{}}, nil); codeOf(err) != "bad_input" {
			t.Errorf("rules that say nothing = %v", err)
		}

	})
}

// TestProgramsTurnThePagesOfALive reads questions and people of a live Q&A page by page, each once and in one order; of people no more
// than one person may carry off alone.
func TestProgramsTurnThePagesOfALive(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, q := t.Context(), n.aLive()
		for _, name := range []string{"阿青", "老周", "林小满"} {
			at, err := n.app.LiveQAs(n.org, nil).Link(ctx, q.ID, n.member(name).Key)
			check(t, err)
			if code, body := n.posts(strings.TrimPrefix(at, n.url), url.Values{"do": {"sign"}}); code != 200 {
				t.Fatalf("signing up = %d: %s", code, excerpt(body))
			}
		}
		s := &site{t: t, app: n.app, org: n.org, desk: n.desk, group: n.group, base: n.url}
		c := s.program("owner", "all:admin")
		v, at := teller{s, c}, "/liveqa/"+q.ID.String()
		for _, text := range []string{"怎么请假", "能带朋友来吗", "几点开始"} {
			v.post(at+"/questions", doc{"text": text})
		}
		pages := func(path, field string, within ...string) (out []any, sizes []int) {
			query := []string{"limit", "2"}
			for {
				got := v.get(path, query...)
				list := got
				for _, name := range within {
					list = got[name].(doc)
				}
				if list["total"] != 3.0 {
					t.Errorf("%s: %v in all, want 3", path, list["total"])
				}
				for _, one := range listedIn(got, within...) {
					out = append(out, one[field])
				}
				sizes = append(sizes, len(listedIn(got, within...)))
				next, more := list["next"].(string)
				if !more {
					return out, sizes
				}
				query = []string{"limit", "2", "cursor", next}
			}
		}
		if got, sizes := pages(at, "no", "list"); fmt.Sprint(sizes) != "[2 1]" || fmt.Sprint(got) != "[1 2 3]" {
			t.Errorf("questions %v in pages of %v, want each once", got, sizes)
		}
		if got, sizes := pages(at+"/people", "name"); fmt.Sprint(sizes) != "[2 1]" || fmt.Sprint(got) != "[阿青 老周 林小满]" {
			t.Errorf("people %v in pages of %v, want each once, as they signed up", got, sizes)
		}
		n.tight()
		if got := v.get(at+"/people", "limit", "2"); len(listedIn(got)) != 2 {
			t.Errorf("as many as one may carry off = %v", got)
		}
		if err := v.c.Get(ctx, at+"/people", url.Values{"limit": {"3"}}, nil); codeOf(err) != "forbidden" {
			t.Errorf("more people than one may carry off = %v, want forbidden", err)
		}
	})
}
