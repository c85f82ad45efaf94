package app_test

import (
	"bytes"
	"context"
	"image/color"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"qunluo/client"
	"qunluo/internal/community"
)

// doc is an answer, whatever it holds.
type doc = map[string]any

// teller calls operations for a test and fails it where one is refused.
type teller struct {
	*site
	c *client.Client
}

// told is an owner's program with a key of its own, good for some sixty calls.
func (s *site) told() teller { return teller{s, s.program("owner", "all:admin")} }

func (v teller) get(path string, query ...string) (out doc) {
	v.t.Helper()
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	check(v.t, v.c.Get(v.t.Context(), path, q, &out))
	return out
}

func (v teller) send(method, path string, body any) (out doc) {
	v.t.Helper()
	check(v.t, v.c.Send(v.t.Context(), method, path, "", body, &out))
	return out
}

func (v teller) post(path string, body any) doc { v.t.Helper(); return v.send("POST", path, body) }
func (v teller) put(path string, body any) doc  { v.t.Helper(); return v.send("PUT", path, body) }

func (v teller) upload(path string, file []byte, query ...string) (out doc) {
	v.t.Helper()
	q := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	check(v.t, v.c.Upload(v.t.Context(), path, "", q, file, &out))
	return out
}

// listedIn gives the items of a list, or of one within an answer.
func listedIn(d doc, within ...string) (out []doc) {
	for _, name := range within {
		d, _ = d[name].(doc)
	}
	list, _ := d["items"].([]any)
	for _, one := range list {
		out = append(out, one.(doc))
	}
	return out
}

// rowWith finds the row whose field says so; nil = there is none.
func rowWith(list []doc, field string, want any) doc {
	i := slices.IndexFunc(list, func(d doc) bool { return d[field] == want })
	if i < 0 {
		return nil
	}
	return list[i]
}

func today() string { return time.Now().In(time.FixedZone("CST", 8*3600)).Format("2006-01-02") }

// TestWhatProgramsEnterIsReadBack enters what people enter on pages about figures, and reads it by other operations.
func TestWhatProgramsEnterIsReadBack(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		v, group := s.told(), "/groups/"+s.group.ID.String()
		person := rowWith(listedIn(v.get("/members", "text", "老周")), "name", "老周")["id"]

		made := v.post(group+"/renewals", doc{"day": today(), "what": "换了主持人"})
		if got := rowWith(listedIn(v.get("/renewals", "group", s.group.ID.String())), "id", made["id"]); got == nil || got["what"] != "换了主持人" || got["voided_at"] != nil {
			t.Errorf("renewal = %v", got)
		}
		v.post("/renewals/"+made["id"].(string)+"/void", doc{"reason": "弄错了"})
		if got := rowWith(listedIn(v.get("/renewals")), "id", made["id"]); got["voided_at"] == nil || got["voided_why"] != "弄错了" {
			t.Errorf("a void renewal = %v", got)
		}

		at := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
		pay := doc{"payments": []doc{{"member": person, "amount": 9900, "at": at, "ref": "A1", "what": "年费"}, {"member": person, "amount": -900, "at": at, "ref": "A2"}}}
		if got := v.post(group+"/payments", pay); len(got["added"].([]any)) != 2 || got["known"] != 0.0 {
			t.Errorf("payments = %v", got)
		}
		if got := v.post(group+"/payments", pay); len(got["added"].([]any)) != 0 || got["known"] != 2.0 {
			t.Errorf("the same payments = %v, want them known", got)
		}
		if got := v.get(group + "/board"); got["currency"] != "CNY" || got["net"] != 9000.0 || got["payers"] != 1.0 {
			t.Errorf("board = %v %v %v, want 9000 fen of one", got["currency"], got["net"], got["payers"])
		}
		if got := listedIn(v.get(group+"/board/people", "what", "paid")); len(got) != 1 || got[0]["member"] != person || got[0]["name"] != "老周" {
			t.Errorf("who paid = %v", got)
		}

		sent := v.post(group+"/sent-things", doc{"title": "语音分享", "format": "voice_live", "at": at, "minutes": 90})
		v.put("/sent-things/hand/"+sent["source"].(string), doc{"format": "voice_live", "minutes": 120, "reads": 30})
		poll := v.post(group+"/format-polls", doc{"title": "喜欢哪种", "day": today(), "votes": doc{"article": 3, "voice_live": 9}})
		got := v.get(group + "/formats")
		if list := got["sent"].([]any); len(list) != 1 || list[0].(doc)["minutes"] != 120.0 || list[0].(doc)["fen"] != nil || list[0].(doc)["reads"] != 30.0 {
			t.Errorf("sent = %v", list)
		}
		if list := got["polls"].([]any); len(list) != 1 || list[0].(doc)["votes"].(doc)["voice_live"] != 9.0 {
			t.Errorf("polls = %v", list)
		}
		v.post("/format-polls/"+poll["id"].(string)+"/drop", doc{"reason": "重复"})
		if list := v.get(group + "/formats")["polls"].([]any); len(list) != 0 {
			t.Errorf("polls after the drop = %v", list)
		}

		if got := v.post("/lead-signals", doc{"signals": []doc{{"who": "老周", "kind": "signup", "at": at}, {"who": "没有这个人", "kind": "signup", "at": at}}}); got["added"] != 2.0 || got["unmatched"] != 1.0 {
			t.Errorf("signals = %v", got)
		}
		if signals := v.get("/leads")["signals"].(doc); signals["signup"] != 2.0 {
			t.Errorf("leads know of %v", signals)
		}

		order := doc{"weekday": 2, "hour": 9, "lang": "zh-CN", "way": "webhook", "address": "https://desk.example.org/in", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "groups": []any{s.group.ID.String()}}
		weekly := v.post("/weekly-reports", order)
		order["hour"] = 10
		delete(order, "secret")
		id := weekly["id"].(string)
		v.put("/weekly-reports/"+id, order)
		if got := v.get("/weekly-reports/" + id); got["hour"] != 10.0 || strings.Contains(toText(got), "whsec_") {
			t.Errorf("order = %v", got)
		}
		if got := v.get("/weekly-reports/" + id + "/preview"); len(got["sections"].([]any)) == 0 || got["title"] == "" {
			t.Errorf("preview = %v", got)
		}
		v.post("/weekly-reports/"+id+"/drop", doc{"reason": "不要了"})
		if got := rowWith(listedIn(v.get("/weekly-reports")), "id", id); got != nil {
			t.Errorf("after the drop = %v", got)
		}
	})
}

func toText(d doc) string {
	var out []string
	for _, v := range d {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

// TestProgramsRunTheHouse adds and takes away connections, bots, hooks and people who sign in. Secrets are told once.
func TestProgramsRunTheHouse(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		v, ctx := s.told(), t.Context()
		kind := rowWith(listedIn(v.get("/connection-kinds")), "kind", "telegram")
		if kind == nil || len(kind["settings"].([]any)) == 0 {
			t.Fatalf("telegram = %v, want its settings", kind)
		}
		made := v.post("/connections", doc{"kind": "telegram", "name": "小号", "settings": doc{"token": "123:abcdefghijklmnopqrstuvwxyz0123456789"}})
		at := "/connections/" + made["id"].(string)
		v.post(at+"/switch", doc{"on": false, "reason": "先停"})
		if got := v.get(at + "/settings"); strings.Contains(toText(got["settings"].(doc)), "abcdef") || got["settings"].(doc)["token"] == nil {
			t.Errorf("settings = %v, want the token masked", got)
		}
		v.put(at, doc{"name": "小号二", "settings": doc{}})
		if got := v.get(at); got["name"] != "小号二" || got["enabled"] != false {
			t.Errorf("connection = %v", got)
		}
		v.post(at+"/remove", doc{"reason": "不用了"})
		if err := v.c.Get(ctx, at, nil, nil); codeOf(err) != "not_found" {
			t.Errorf("after it was removed = %v", err)
		}
		sim := listedIn(v.get("/connections"))[0]
		if got := v.post("/connections/"+sim["id"].(string)+"/test", nil); len(got["groups"].([]any)) != 1 {
			t.Errorf("test = %v, want the one group", got)
		}
		if got := listedIn(v.get("/abilities")); rowWith(got, "group", s.group.ID.String()) == nil || len(rowWith(got, "group", s.group.ID.String())["verbs"].(doc)) == 0 {
			t.Errorf("abilities = %v", got)
		}

		for _, one := range []struct {
			list, name string
			body       doc
		}{{"/bots", "bot", doc{"name": "答疑", "scopes": []string{"read", "send"}}}, {"/hooks", "hook", doc{"name": "工单", "scopes": []string{"send"}, "signed": true}}} {
			var first, again doc
			check(t, v.c.Post(ctx, one.list, "new-"+one.name, one.body, &first))
			check(t, v.c.Post(ctx, one.list, "new-"+one.name, one.body, &again))
			if first["token"] == "" || again["token"] != "" || again[one.name].(doc)["id"] != first[one.name].(doc)["id"] || one.body["signed"] == true && (first["signing_key"] == "" || again["signing_key"] != "") {
				t.Errorf("%s = %v, again %v: want one, its token told once", one.list, first, again)
			}
			at := one.list + "/" + first[one.name].(doc)["id"].(string)
			if turned := v.post(at+"/rotate", doc{}); turned["token"] == "" || turned["token"] == first["token"] {
				t.Errorf("%s = %v, want another token", at, turned)
			}
			if got := listedIn(v.get(one.list)); len(got) != 1 || got[0]["id"] != first[one.name].(doc)["id"] {
				t.Errorf("%s = %v", one.list, got)
			}
			v.post(at+"/remove", doc{"reason": "试完了"})
			if got := listedIn(v.get(one.list)); len(got) != 0 {
				t.Errorf("%s after removing = %v", one.list, got)
			}
		}

		var first, again doc
		told := doc{"name": "工单", "url": "https://desk.example.org/in", "kinds": []string{"task.opened"}}
		check(t, v.c.Post(ctx, "/outlets", "new-outlet", told, &first))
		check(t, v.c.Post(ctx, "/outlets", "new-outlet", told, &again))
		if first["signing_key"] == "" || again["signing_key"] != "" {
			t.Errorf("outlet = %v, again %v; want its key told once", first, again)
		}
		at = "/outlets/" + first["outlet"].(doc)["id"].(string)
		if turned := v.post(at+"/rotate", doc{}); turned["signing_key"] == "" || turned["signing_key"] == first["signing_key"] {
			t.Errorf("outlet = %v, want another key", turned)
		}
		if got := listedIn(v.get("/outlets")); len(got) != 1 || got[0]["host"] != "desk.example.org" {
			t.Errorf("outlets = %v", got)
		}
		v.put("/model", doc{"on": false, "url": "https://model.example.org/v1", "key": "sk-geheim", "model": "m", "purpose": "措辞", "calls_24h": 10, "chars_24h": 10000, "keep_days": 7})
		if got := v.get("/model"); got["host"] != "model.example.org" || strings.Contains(toText(got), "sk-geheim") {
			t.Errorf("model = %v", got)
		}

		v = s.told()
		anna := v.post("/users", doc{"login": "anna", "name": "安娜", "role": "moderator", "lang": "zh-CN", "reach": "groups", "groups": []string{s.group.ID.String()}})
		at = "/users/" + anna["id"].(string)
		raise := doc{"name": "安娜", "role": "owner", "lang": "zh-CN", "reach": "org"}
		if err := v.c.Send(ctx, "PUT", at, "", raise, nil); codeOf(err) != "forbidden" {
			t.Errorf("raised = %v, want forbidden", err)
		}
		v.put(at, doc{"name": "安娜二", "role": "analyst", "lang": "en", "reach": "groups", "groups": []string{s.group.ID.String()}})
		ways := []doc{{"kind": "webhook", "address": "https://desk.example.org/in", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}
		v.put(at+"/notify", doc{"ways": ways})
		v.put(at+"/notify", doc{"ways": []doc{{"kind": "webhook", "address": "https://desk.example.org/in"}}})
		if got := listedIn(v.get(at + "/notify")); len(got) != 1 || got[0]["signed"] != true || got[0]["secret"] != nil {
			t.Errorf("ways = %v, want the secret kept and not shown", got)
		}
		v.post(at+"/switch", doc{"on": false})
		if got := v.get(at); got["name"] != "安娜二" || got["role"] != "analyst" || got["enabled"] != false {
			t.Errorf("user = %v", got)
		}
		for _, one := range listedIn(v.get("/audit", "limit", "200")) {
			if text := toText(one); strings.Contains(text, "whsec_Mf") || strings.Contains(text, "sk-geheim") || strings.Contains(text, "abcdefghijklmnop") {
				t.Errorf("the trail holds a secret: %v", one)
			}
		}
	})
}

// TestProgramsBringFilesAndTakeThemAway uploads what people upload and reads it back.
func TestProgramsBringFilesAndTakeThemAway(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		v, ctx, group := s.told(), t.Context(), "/groups/"+s.group.ID.String()

		got := v.upload(group+"/tables/from", []byte("姓名,人数\n老周,2\n大刘,3\n"), "title", "报名", "name", "a.csv")
		if got["rows"] != 2.0 {
			t.Fatalf("table = %v, want two rows", got)
		}
		table := got["table"].(doc)
		at := "/tables/" + table["id"].(string)
		if got := v.upload(at+"/import", []byte("姓名,人数\n阿青,1\n"), "name", "b.csv"); got["rows"] != 1.0 {
			t.Errorf("import = %v, want one row more", got)
		}
		if n := len(listedIn(v.get(at + "/rows"))); n != 3 {
			t.Errorf("%d rows, want 3", n)
		}
		raw, err := v.c.Download(ctx, at+"/file", url.Values{"form": {"csv"}})
		if check(t, err); !strings.Contains(string(raw), "阿青") {
			t.Errorf("the file holds %q", raw)
		}
		table = v.get(at)
		v.put(at, doc{"seen": table["shape"], "title": "报名表", "access": "view", "columns": table["columns"]})
		was := v.get(at + "/link")["link"]
		v.post(at+"/relink", doc{})
		if now := v.get(at + "/link")["link"]; now == was || now == "" {
			t.Errorf("link = %v, was %v; want another", now, was)
		}
		if n := len(listedIn(v.get(at + "/links"))); n == 0 {
			t.Error("no member has an address of the table")
		}
		v.post(at+"/close", doc{"closed": true})
		if got := v.get(at); got["closed_at"] == nil || got["title"] != "报名表" {
			t.Errorf("table = %v, want it renamed and put away", got)
		}
		v.post(at+"/close", doc{"closed": false})

		d := v.post("/documents", doc{"title": "值班表", "link": "https://docs.example.org/1", "purpose": "值班", "owner": s.user("owner"), "review": today(), "every_days": 30})
		at = "/documents/" + d["id"].(string)
		v.put(at, doc{"version": d["version"], "title": "值班表二", "link": "https://docs.example.org/1", "purpose": "值班", "owner": s.user("owner"), "review": today(), "every_days": 30})
		v.post(at+"/review", doc{"note": "只有我们"})
		if got := rowWith(listedIn(v.get("/documents")), "id", d["id"]); got["title"] != "值班表二" || got["note"] != "只有我们" || got["reviewed_at"] == nil {
			t.Errorf("document = %v", got)
		}
		v.post(at+"/drop", doc{})
		if got := rowWith(listedIn(v.get("/documents")), "id", d["id"]); got != nil {
			t.Errorf("a dropped document = %v", got)
		}

		v = s.told()
		one, two := v.upload("/files", picture(t, color.White), "name", "a.png"), v.upload("/files", picture(t, color.Black), "name", "b.png")
		raw, err = v.c.Download(ctx, "/files/"+one["file"].(string), nil)
		if check(t, err); !bytes.Equal(raw, picture(t, color.White)) {
			t.Errorf("the kept file is %d bytes, want the same", len(raw))
		}
		gif := v.post("/posters/gif", doc{"frames": []any{one["file"], two["file"]}, "wide": 120})
		raw, err = v.c.Download(ctx, "/files/"+gif["file"].(string), nil)
		if check(t, err); !bytes.HasPrefix(raw, []byte("GIF89a")) {
			t.Errorf("moving picture = %.10q", raw)
		}
		if got := v.upload("/posters/images", picture(t, color.White)); got["hash"] == "" {
			t.Errorf("image = %v", got)
		}

		code := v.post("/codes", doc{"kind": "group", "name": "进群码"})
		at = "/codes/" + code["id"].(string)
		raw, err = v.c.Download(ctx, at+"/qr", nil)
		if check(t, err); !bytes.HasPrefix(raw, []byte("\x89PNG")) {
			t.Fatalf("QR code = %.10q", raw)
		}
		v.put(group+"/goal/without", doc{"because": "先开门"})
		v.upload(at+"/pictures", raw, "group", s.group.ID.String())
		if got := v.get(at)["entries"].([]any); len(got) != 1 || got[0].(doc)["group_name"] != s.group.Name {
			t.Errorf("entries = %v, want the picture of the group", got)
		}

		v.upload(group+"/paste", []byte("老周\n大刘\n小何\n"), "kind", "roster")
		run := v.upload("/imports", []byte("name,role\n老周,member\n小何,member\n"), "name", "名单.csv", "format", "roster-csv", "new_group", "读书会")
		done := func(id any) (state string) {
			await(t, func() bool {
				state = s.told().get("/imports/" + id.(string))["state"].(string)
				return state != "running"
			})
			return state
		}
		if state := done(run["id"]); state != "dry" {
			t.Fatalf("a trial is %q, want dry: %v", state, v.get("/imports/"+run["id"].(string)))
		}
		kept := v.post("/imports/"+run["id"].(string)+"/commit", nil)
		if state := done(kept["id"]); state != "done" {
			t.Fatalf("an import is %q, want done", state)
		}
		if got := rowWith(listedIn(v.get("/groups")), "name", "读书会"); got == nil {
			t.Error("the imported group is not there")
		}
		v.post("/imports/"+kept["id"].(string)+"/undo", doc{"reason": "弄错了"})
		if state := done(kept["id"]); state != "undone" {
			t.Errorf("an import taken back is %q", state)
		}
	})
}

// user is the id of somebody who signs in.
func (s *site) user(login string) string {
	s.t.Helper()
	u, err := s.app.Store().UserByLogin(s.t.Context(), login)
	check(s.t, err)
	return u.ID.String()
}

// TestProgramsKeepOrder tries rulebooks, labels messages, does things to many, and changes what guards.
func TestProgramsKeepOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		v, group := s.told(), "/groups/"+s.group.ID.String()
		s.say("20001", "加我微信领福利")
		var message doc
		await(t, func() bool {
			message = rowWith(listedIn(s.told().get("/messages", "group", s.group.ID.String())), "text", "加我微信领福利")
			return message != nil
		})
		book := doc{"mode": "live", "rules": []doc{{"id": "ads", "name": "广告", "kind": "keyword", "mode": "live", "params": doc{"lists": []doc{{"words": []string{"领福利"}}}}}}}
		tried := listedIn(v.post(group+"/rulebooks/try", doc{"text": "快来领福利", "book": book}))
		if len(tried) != 1 || tried[0]["hits"].([]any)[0].(doc)["rule"] != "ads" {
			t.Errorf("tried = %v, want a hit of ads", tried)
		}
		trial := v.post(group+"/rule-trials", doc{"days": 7, "book": book})
		await(t, func() bool {
			got := s.told().get("/rule-trials/" + trial["id"].(string))
			return got["state"] == "done" && got["messages"] == 1.0
		})
		if got := listedIn(v.get(group + "/rule-trials")); len(got) != 1 || got[0]["id"] != trial["id"] {
			t.Errorf("trials = %v", got)
		}
		v.put(group+"/rulebooks/draft", doc{"book": book, "note": "试"})
		if got := v.get(group + "/charter-preview"); !strings.Contains(got["html"].(string), "<html") {
			t.Errorf("charter = %.80v", got)
		}
		number := message["number"].(float64)
		path := group + "/messages/" + strconv.FormatInt(int64(number), 10)
		made := v.post(path+"/case", doc{"want": "hit", "reason": "广告"})
		if got := rowWith(listedIn(v.get("/cases")), "id", made["id"]); got == nil {
			t.Error("the case is not listed")
		}
		reported := v.post(group+"/reports", doc{"message": number, "kind": "message", "words": "广告"})
		if got := rowWith(listedIn(v.get("/reports")), "id", reported["id"]); got == nil || got["event"] != number {
			t.Errorf("report = %v", got)
		}

		person := rowWith(listedIn(v.get("/members", "text", "大刘")), "name", "大刘")["id"].(string)
		order := doc{"kind": "tag", "members": []string{person}, "label": "新人"}
		if got := v.post("/proposals/preview", order); got["total"] != 1.0 || got["refused"] != "" {
			t.Errorf("preview = %v", got)
		}
		order["reason"] = "整理"
		proposal := v.post("/proposals", order)
		await(t, func() bool {
			return rowWith(listedIn(s.told().get("/members/"+person+"/tags")), "tag", "新人") != nil || strings.Contains(tagText(s.told().get("/members/"+person+"/tags")), "新人")
		})
		if got := v.get("/proposals/" + proposal["id"].(string)); got["kind"] != "tag" {
			t.Errorf("proposal = %v", got)
		}
		v = s.told()
		limits := v.get("/bulk-rules")
		limits["expiry"] = 20.0
		if got := v.put("/bulk-rules", doc{"rules": limits, "reason": "短一点"}); got["expiry"] != 20.0 {
			t.Errorf("bulk rules = %v", got)
		}

		own := len(listedIn(v.get("/link-rules")))
		rule := doc{"id": "shop", "since": "2026-01-01", "kind": "host", "hosts": []string{"shop.example"}, "refuse": true, "source": "我们", "verified": true, "reason": []string{"不许", "no"}, "instead": []string{"别发", "do not"}}
		if got := listedIn(v.put("/link-rules", doc{"rules": []doc{rule}})); len(got) != 1 || got[0]["id"] != "shop" {
			t.Errorf("link rules = %v", got)
		}
		estimate := doc{"title": "通知", "text": "看 https://shop.example/1", "groups": []string{s.group.ID.String()}}
		if got := v.post("/broadcasts/estimate", estimate); got["groups"] != 1.0 || got["people"].(float64) == 0 || len(got["findings"].([]any)) != 1 || got["ready"] != false {
			t.Errorf("estimate = %v, want one group, and the link found", got)
		}
		change := listedIn(v.get("/audit", "verb", "setting.set", "subject", "setting:plan.link_rules"))[0]
		v.post("/link-rules/reset", doc{})
		if got := listedIn(v.get("/link-rules")); len(got) != own {
			t.Errorf("%d link rules after the reset, want %d", len(got), own)
		}
		v.post("/send-limits/undo", doc{"change": change["id"], "reason": "还是原来的"}) // what stood before: those of the program
		if got := listedIn(v.get("/link-rules")); len(got) != own {
			t.Errorf("%d link rules after the undo, want %d", len(got), own)
		}
		slots := v.get("/calendar-slots")
		if got := listedIn(v.put("/calendar-slots", doc{"slots": slots["items"], "reason": "照旧"})); len(got) != len(listedIn(slots)) {
			t.Errorf("slots = %v", got)
		}
		template := v.post(group+"/template/save", doc{"name": "hiking", "title": "徒步群", "type": "interest", "lang": "zh-CN", "reason": "好用"})
		if got := rowWith(listedIn(v.get("/templates")), "name", template["name"]); got == nil {
			t.Errorf("templates lack %v", template)
		}
	})
}

func tagText(d doc) string {
	var out strings.Builder
	for _, one := range listedIn(d) {
		out.WriteString(toText(one))
	}
	return out.String()
}

// stranger is an owner's program of another organisation.
func (s *site) stranger() *client.Client {
	s.t.Helper()
	ctx := s.t.Context()
	org, err := s.app.Store().Org(ctx, "另一家", true)
	check(s.t, err)
	u, err := s.app.Store().SaveUser(ctx, "test", community.User{Org: org, Login: "elsewhere", Name: "外人", Role: "owner", Enabled: true}, "")
	check(s.t, err)
	k := community.Token{User: u.ID, Name: "外", Expires: time.Now().Add(time.Hour).UnixMilli(), Scopes: []community.TokenScope{{Area: community.AreaAll, Level: community.LevelAdmin}}}
	_, secret, err := s.app.Tokens(org).Make(ctx, "test", k, "试")
	check(s.t, err)
	return &client.Client{Base: s.base, Token: secret, Tries: 1}
}

// TestProgramsAreRefused asks what a role, a token, an organisation or the input does not allow; and the same key twice does it once.
func TestProgramsAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		v, group := s.told(), "/groups/"+s.group.ID.String()
		renewal := v.post(group+"/renewals", doc{"day": today(), "what": "换人"})["id"].(string)
		table := v.upload(group+"/tables/from", []byte("甲\n1\n"), "title", "表", "name", "a.csv")["table"].(doc)["id"].(string)
		document := v.post("/documents", doc{"title": "表", "link": "https://docs.example.org/1", "purpose": "值班", "owner": s.user("owner")})["id"].(string)
		file := v.upload("/files", picture(t, color.White), "name", "a.png")["file"].(string)
		bot := v.post("/bots", doc{"name": "甲", "scopes": []string{"read"}})["bot"].(doc)["id"].(string)
		sim := listedIn(v.get("/connections"))[0]["id"].(string)
		user := s.user("owner")
		none := strings.Repeat("0", 22)
		why := `{"reason":"试"}`
		owner, moderator, analyst, narrow, stranger := s.program("owner", "all:admin"), s.program("moderator", "all:admin"), s.program("analyst", "all:admin"), s.program("owner", "insight:read"), s.stranger()
		for _, tc := range []struct {
			what         string
			c            *client.Client
			method, path string
			body         string
			want         int
		}{
			{"a moderator connects nothing", moderator, "POST", "/connections", `{"kind":"telegram","name":"x","settings":{}}`, 403},
			{"a moderator attaches no bot", moderator, "POST", "/bots", `{"name":"x","scopes":["read"]}`, 403},
			{"a moderator makes no users", moderator, "POST", "/users", `{"login":"x","name":"x","role":"analyst","lang":"en","reach":"org"}`, 403},
			{"a moderator sets no limits", moderator, "PUT", "/bulk-rules", `{"rules":{"limits":{},"expiry":1},"reason":"x"}`, 403},
			{"a moderator imports nothing", moderator, "POST", "/imports/" + none + "/commit", "", 403},
			{"an analyst is shown no names", analyst, "GET", group + "/board/people", "", 403},
			{"an analyst is shown no bonds", analyst, "GET", group + "/bonds", "", 403},
			{"an analyst enters nothing", analyst, "POST", group + "/renewals", `{"day":"` + today() + `","what":"x"}`, 403},
			{"a narrow token writes nothing", narrow, "POST", group + "/renewals", `{"day":"` + today() + `","what":"x"}`, 403},
			{"a narrow token reads no connections", narrow, "GET", "/connections", "", 403},
			{"no such renewal", owner, "POST", "/renewals/" + none + "/void", why, 404},
			{"no such trial", owner, "GET", "/rule-trials/" + none, "", 404},
			{"no such chore", owner, "GET", "/connections/" + sim + "/chores/none", "", 404},
			{"no such kind", owner, "POST", "/connections", `{"kind":"none","name":"x","settings":{}}`, 404},
			{"no such file", owner, "GET", "/files/" + none, "", 404},
			{"no such change", owner, "POST", "/send-limits/undo", `{"change":"` + none + `","reason":"x"}`, 404},
			{"no false alarm without one", owner, "POST", "/alarms/" + none + "/false", why, 404},
			{"a day that is none", owner, "POST", group + "/renewals", `{"day":"soon","what":"x"}`, 422},
			{"days the wrong way round", owner, "GET", group + "/board?from=2026-02-01&to=2026-01-01", "", 422},
			{"a comparison with itself", owner, "GET", "/comparison?groups=" + s.group.ID.String() + "," + s.group.ID.String(), "", 422},
			{"a payment of nothing", owner, "POST", group + "/payments", `{"payments":[{"member":"` + none + `","amount":5,"at":"2026-01-01T00:00:00Z"}]}`, 404},
			{"a signal of no kind", owner, "POST", "/lead-signals", `{"signals":[{"who":"老周","kind":"none","at":"2026-01-01T00:00:00Z"}]}`, 422},
			{"JSON where a file is wanted", owner, "POST", "/imports?name=a.csv", `{}`, 415},
			{"a bot without scopes", owner, "POST", "/bots", `{"name":"x","scopes":[]}`, 422},
			{"a user of no role", owner, "POST", "/users", `{"login":"x","name":"x","role":"king","lang":"en","reach":"org"}`, 422},
			{"a login that is none", owner, "POST", "/users", `{"login":"  !","name":"x","role":"analyst","lang":"en","reach":"org"}`, 422},
			{"a bot that is there", owner, "POST", "/bots", `{"name":"甲","scopes":["read"]}`, 409},
			{"the last owner", owner, "POST", "/users/" + user + "/switch", `{"on":false}`, 409},
			{"the last owner's role", owner, "PUT", "/users/" + user, `{"name":"x","role":"analyst","lang":"en","reach":"org"}`, 409},
			{"another house's group", stranger, "GET", group + "/board", "", 404},
			{"another house's renewal", stranger, "POST", "/renewals/" + renewal + "/void", why, 404},
			{"another house's table", stranger, "GET", "/tables/" + table + "/file", "", 404},
			{"another house's table, closed", stranger, "POST", "/tables/" + table + "/close", `{"closed":true}`, 404},
			{"another house's document", stranger, "POST", "/documents/" + document + "/drop", `{}`, 404},
			{"another house's file", stranger, "GET", "/files/" + file, "", 404},
			{"another house's bot", stranger, "POST", "/bots/" + bot + "/rotate", `{}`, 404},
			{"another house's connection", stranger, "POST", "/connections/" + sim + "/switch", `{"on":false}`, 404},
			{"another house's user", stranger, "POST", "/users/" + user + "/switch", `{"on":false}`, 404},
			{"another house's user's ways", stranger, "GET", "/users/" + user + "/notify", "", 404},
			{"another house's text", stranger, "GET", group + "/paste/" + none, "", 404},
			{"another house's template", stranger, "POST", group + "/template/save", `{"name":"x","title":"x","type":"interest","lang":"en"}`, 404},
		} {
			resp, raw := s.asked(tc.c, tc.method, tc.path, tc.body, "Idempotency-Key", "k-"+strings.ReplaceAll(strings.ReplaceAll(tc.what, " ", "-"), "'", ""))
			if resp.StatusCode != tc.want || resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %s %s = %d %.300s, want %d", tc.what, tc.method, tc.path, resp.StatusCode, raw, tc.want)
			}
		}
		if got := rowWith(listedIn(s.told().get("/renewals")), "id", renewal); got["voided_at"] != nil {
			t.Errorf("a refused call did something: %v", got)
		}

		v = s.told()
		var first, again doc
		body := doc{"day": today(), "what": "只此一次"}
		check(t, v.c.Post(context.WithoutCancel(t.Context()), group+"/renewals", "once", body, &first))
		check(t, v.c.Post(t.Context(), group+"/renewals", "once", body, &again))
		n := 0
		for _, r := range listedIn(v.get("/renewals")) {
			if r["what"] == "只此一次" {
				n++
			}
		}
		if n != 1 || first["id"] != again["id"] {
			t.Errorf("%d renewals of one key, ids %v and %v", n, first["id"], again["id"])
		}
		if err := v.c.Post(t.Context(), group+"/renewals", "once", doc{"day": today(), "what": "另一件"}, nil); codeOf(err) != "conflict" {
			t.Errorf("another call under the key = %v, want a conflict", err)
		}
		if _, raw := s.asked(analyst, "GET", group+"/board", ""); !strings.Contains(raw, `"came":null`) && !strings.Contains(raw, `"came":0`) {
			t.Errorf("an analyst's board = %s, want no small count", raw)
		}
	})
}
