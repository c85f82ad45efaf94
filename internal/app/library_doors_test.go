package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
	"qunluo/internal/store"
)

// TestItemsAreNamedThroughEveryDoor: an SOP whose step names an item is made in the console's form, by an operation and on the command line; a welcome
// too. All are sent and counted, are listed where the item is used, and keep it from being put away; the pages say so, and what has expired.
func TestItemsAreNamedThroughEveryDoor(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		var shift time.Duration
		s := startSite(t, dbURL, "", func(o *app.Options) { o.Clock = func() time.Time { return time.Now().Add(shift) } })
		ctx := t.Context()
		v := s.told()
		_, err := s.app.Store().SaveUser(ctx, "test", community.User{Org: s.org, Login: "ming", Name: "小明", Role: "owner", Lang: "zh-CN", Enabled: true, Hash: cheapHash}, "")
		check(t, err)
		enter := func() *person {
			p := newPerson(t, s.base)
			if code, body := p.send("/signin", "/signin", url.Values{"login": {"ming"}, "password": {aPassword}}); code != http.StatusOK || !strings.Contains(body, "小明") {
				t.Fatalf("sign-in answered %d: %s", code, excerpt(body))
			}
			return p
		}
		line := terminal{dir: t.TempDir(), env: []string{"QL_DATA_DIR=" + s.opts.Config.DataDir, "QL_DATABASE__URL=" + dbURL}}
		item := v.post("/library", doc{"kind": "post", "title": "七天话术", "text": "{group} {who}，第一句"})
		id := item["id"].(string)
		now := time.Now().In(time.FixedZone("", 8*3600))
		due := now.Add(10 * time.Minute)
		at, day := due.Format("15:04"), 0
		if due.YearDay() != now.YearDay() {
			day = 1
		}
		check(t, s.app.Plans(s.org, nil).SaveLimits(plain(ctx), "lin", plan.Limits{QuietFrom: "00:00", QuietTo: "00:00", Share: 30, Late: 10, GiveUp: 24}, "试"))
		// typed runs command lines while nobody serves: a house alone has its folder.
		typed := func(do func()) {
			t.Helper()
			s.end()
			do()
			s.start()
			s.desk, v.c.Base = s.app.Store().For(community.Scope{Org: s.org}), s.base
		}
		group := s.group.ID.String()

		// Three doors, three SOPs.
		p := enter()
		if _, page := p.get("/sops/new"); !strings.Contains(page, `name="library0"`) || !strings.Contains(page, id) || !strings.Contains(page, "七天话术") {
			t.Fatalf("the form offers no items: %s", excerpt(page))
		}
		form := url.Values{"name": {"表单的"}, "kind0": {"day"}, "day0": {fmt.Sprint(day)}, "at0": {at}, "text0": {""}, "library0": {id}, "values0": {"没有等号"}}
		if _, page := p.send("/sops/new", "/sops", form); !strings.Contains(page, "名字=值") {
			t.Errorf("a line that is no value: %s", excerpt(page))
		}
		form.Set("values0", "")
		if _, page := p.send("/sops/new", "/sops", form); !strings.Contains(page, "变量没有值") {
			t.Errorf("a variable without a value: %s", excerpt(page))
		}
		form.Set("values0", "who = 大家")
		if code, page := p.send("/sops/new", "/sops", form); code != http.StatusOK || !strings.Contains(page, "素材“七天话术” 第 1 版") || !strings.Contains(page, "{group} 大家，第一句") {
			t.Fatalf("saved: %d %s", code, excerpt(page))
		}
		named := []doc{{"id": "s1", "kind": "day", "day": day, "at": at, "text": "", "library": id, "values": doc{"who": "各位"}}}
		made := v.post("/sops", doc{"name": "接口的", "steps": named})
		if step := made["steps"].([]any)[0].(doc); step["library"] != id || step["values"].(doc)["who"] != "各位" {
			t.Errorf("the operation made %v", step)
		}
		file := filepath.Join(line.dir, "steps.json")
		check(t, os.WriteFile(file, []byte(fmt.Sprintf(`[{"kind":"day","day":%d,"at":%q,"library":%q,"values":{"who":"朋友们"}}]`, day, at, id)), 0o600))
		typed(func() { line.must(t, nil, "sop", "new", "命令行的", "--steps", file) })
		p = enter()
		sops := listedIn(v.get("/sops"))
		if len(sops) != 3 {
			t.Fatalf("%d SOPs, want three", len(sops))
		}
		for _, sop := range sops {
			v.post("/sops/"+sop["id"].(string)+"/groups", doc{"group": group})
		}

		// Two doors to a welcome, after a first book.
		_, err = s.app.Hands(s.org, nil).Publish(plain(ctx), "lin", s.group.Key, bookOf(t, community.Live, nil), "")
		check(t, err)
		hello := v.post("/library", doc{"kind": "welcome", "title": "进门话", "text": "{name}好"})
		bye := hello["id"].(string)
		if code, page := p.send("/library/"+bye+"/greet", "/library/"+bye+"/greet", url.Values{"g": {group}}); code != http.StatusOK || !strings.Contains(page, `name="move_none"`) {
			t.Errorf("a change that names no figure: %d %s", code, excerpt(page))
		}
		if code, page := p.send("/library/"+bye+"/greet", "/library/"+bye+"/greet", url.Values{"g": {group}, "move_none": {"换个说法"}}); code != http.StatusOK || !strings.Contains(page, "的欢迎语换成了这份素材") {
			t.Errorf("the page: %d %s", code, excerpt(page))
		}
		if rules := v.post("/library/"+bye+"/greet", doc{"group": group, "no_figure": "再换"}); rules["version"] != float64(3) {
			t.Errorf("the operation made version %v", rules["version"])
		}
		var greets struct {
			Group   string
			Version int
		}
		typed(func() {
			line.must(t, &greets, "library", "greet", bye, group, "--no-figure", "又换")
			if code, _, talk := line.types(t, "library", "archive", bye); code == 0 || !strings.Contains(talk, "周末徒步群") {
				t.Errorf("the verb put it away: %d %s", code, talk)
			}
		})
		p = enter()
		if greets.Version != 4 {
			t.Errorf("the verb made version %d", greets.Version)
		}
		draft := string(must(json.Marshal(doc{"mode": "live", "rules": []doc{{"id": "w", "name": "欢迎", "kind": "welcome", "mode": "live", "params": doc{"entries": []doc{{"library": bye}}}}}}))(t))
		check(t, s.app.Hands(s.org, nil).SaveDraft(ctx, "lin", s.group.Key, json.RawMessage(draft), ""))
		if _, page := p.get("/rules/" + group + "/rule/w"); !strings.Contains(page, `<option value="`+bye+`" selected`) {
			t.Errorf("the form of the rule does not show the item: %s", excerpt(page))
		}

		// Where it is used, and that it stays.
		uses := listedIn(v.get("/library/" + id + "/uses"))
		places := map[string]string{}
		for _, u := range uses {
			places[u["title"].(string)] = u["place"].(string)
		}
		if len(uses) != 3 || places["表单的"] != shelf.InStep || places["接口的"] != shelf.InStep || places["命令行的"] != shelf.InStep {
			t.Errorf("uses = %v", places)
		}
		_, page := p.get("/library/" + id)
		for _, want := range []string{"表单的", "接口的", "命令行的", "按名字，总是最新", "/sops/" + sops[0]["id"].(string)} {
			if !strings.Contains(page, want) {
				t.Errorf("the item's page lacks %q", want)
			}
		}
		if _, page := p.send("/library/"+id, "/library/"+id+"/archive", url.Values{"away": {"1"}}); !strings.Contains(page, "还有这些地方按名字用着它") {
			t.Errorf("put away: %s", excerpt(page))
		}

		// It goes, in the version of that moment.
		v.put("/library/"+id, doc{"changed": v.get("/library/" + id)["changed"], "title": "七天话术", "text": "{group} {who}，新的一句"})
		_, err = s.world.Join(simGroup, community.Who{ID: "30001", Name: "阿明"}, "qr", "", "")
		check(t, err)
		said := func(end string) func() bool {
			return func() bool {
				for _, m := range s.world.Sent() {
					if strings.HasSuffix(m.Text, end) {
						return true
					}
				}
				return false
			}
		}
		await(t, said("阿明好"))
		await(t, func() bool {
			list := listedIn(v.get("/library/" + bye + "/said"))
			return len(list) == 1 && list[0]["welcomes"] == float64(1)
		})
		typed(func() { shift = 15 * time.Minute })
		for _, who := range []string{"大家", "各位", "朋友们"} {
			await(t, said("周末徒步群 "+who+"，新的一句"))
		}
		await(t, func() bool {
			list := listedIn(v.get("/library/" + id + "/said"))
			return len(list) == 1 && list[0]["steps"] == float64(3) && list[0]["version"] == float64(2)
		})
		var counted struct {
			Rows []struct{ Version, Steps int }
		}
		typed(func() { line.must(t, &counted, "library", "said", id) })
		if !slices.Equal(counted.Rows, []struct{ Version, Steps int }{{2, 3}}) {
			t.Errorf("the verb counts %+v", counted.Rows)
		}
		p = enter()
		if _, page := p.get("/library/" + id); !strings.Contains(page, "按名字发出") {
			t.Errorf("the item's page does not count what was said: %s", excerpt(page))
		}
		if _, page := p.get("/sops/" + sops[0]["id"].(string)); !strings.Contains(page, "第 2 版") {
			t.Errorf("the SOP's page does not name the version: %s", excerpt(page))
		}
		v.put("/library/"+id, doc{"changed": v.get("/library/" + id)["changed"], "title": "七天话术", "text": "过时了", "expires": "2020-01-01"})
		if _, page := p.get("/sops/" + sops[0]["id"].(string)); !strings.Contains(page, "到时不发，会请人处理") {
			t.Errorf("the SOP's page does not say that its item has expired: %s", excerpt(page))
		}
	})
}

// TestOpenTasksLoseExclusiveWordsThroughEveryDoor: an item becomes exclusive by an operation; neither the page of tasks nor the program's list shows the words
// that a person was to paste, and none lets them say that they did it. Released on the command line the words are there again.
func TestOpenTasksLoseExclusiveWordsThroughEveryDoor(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "message.send=human")
		ctx, v, group := t.Context(), s.told(), s.group.ID.String()
		const secret = "方法册第三章：每周三晚上八点准时开讲，前十分钟只点名不讲课，连着八周的群到课率从三成升到了七成"
		_, err := s.app.Store().SaveUser(ctx, "test", community.User{Org: s.org, Login: "ming", Name: "小明", Role: "owner", Lang: "zh-CN", Enabled: true, Hash: cheapHash}, "")
		check(t, err)
		tx, err := s.app.Store().BeginLog(ctx)
		check(t, err)
		key, err := store.NewRegistry().Group(ctx, tx, store.Origin{Org: s.org, Platform: "wechat"}, community.Ref{ID: "会员群", Name: "会员群"})
		check(t, err)
		check(t, tx.Commit(ctx))
		club, err := s.desk.GroupByKey(ctx, key)
		check(t, err)
		id := v.post("/library", doc{"kind": "post", "title": "方法册", "text": secret})["id"].(string)
		v.post("/groups/"+group+"/send", doc{"text": "给大家：" + secret, "reason": "发一下"})
		page := func() string {
			p := newPerson(t, s.base)
			if code, body := p.send("/signin", "/signin", url.Values{"login": {"ming"}, "password": {aPassword}}); code != http.StatusOK {
				t.Fatalf("sign-in answered %d: %s", code, excerpt(body))
			}
			_, body := p.get("/inbox")
			return body
		}
		tasks := func() []doc { return listedIn(v.get("/tasks")) }
		await(t, func() bool {
			list := tasks()
			return len(list) == 1 && strings.Contains(list[0]["text"].(string), secret)
		})
		task := tasks()[0]["id"].(string)
		if body := page(); !strings.Contains(body, "前十分钟只点名") || !strings.Contains(body, "/inbox/"+task+"/done") {
			t.Fatalf("before, the page has no words to paste: %s", excerpt(body))
		}
		v.post("/library/"+id+"/exclusive", doc{"groups": []string{club.ID.String()}, "reason": "只给会员"})
		if text := tasks()[0]["text"].(string); strings.Contains(text, "前十分钟") || !strings.Contains(text, "《方法册》") {
			t.Errorf("the program is told %q", text)
		}
		if body := page(); strings.Contains(body, "前十分钟只点名") || !strings.Contains(body, "《方法册》") || strings.Contains(body, "/inbox/"+task+"/done") || !strings.Contains(body, "/inbox/"+task+"/release") {
			t.Errorf("the page still has the words, or lets somebody say that it was done: %s", excerpt(body))
		}
		if err := v.c.Post(ctx, "/tasks/"+task+"/done", "", doc{"note": "发了"}, nil); codeOf(err) != "conflict" {
			t.Errorf("said to be done: %v, want a conflict", err)
		}
		s.end()
		line := terminal{dir: t.TempDir(), env: []string{"QL_DATA_DIR=" + s.opts.Config.DataDir, "QL_DATABASE__URL=" + dbURL}}
		line.must(t, nil, "library", "release", id, "moments", "--reason", "招新用")
		line.must(t, nil, "library", "release", id, group, "--reason", "合办")
		s.start()
		s.desk, v.c.Base = s.app.Store().For(community.Scope{Org: s.org}), s.base
		if body := page(); !strings.Contains(body, "前十分钟只点名") || !strings.Contains(body, "/inbox/"+task+"/done") {
			t.Errorf("released, the words are not there again: %s", excerpt(body))
		}
		check(t, v.c.Post(ctx, "/tasks/"+task+"/done", "", doc{"note": "发了"}, nil))
		p := newPerson(t, s.base)
		p.send("/signin", "/signin", url.Values{"login": {"ming"}, "password": {aPassword}})
		if _, body := p.get("/library/" + id); !strings.Contains(body, "朋友圈（员工的客户朋友圈）") || !strings.Contains(body, "招新用") || !strings.Contains(body, "合办") {
			t.Errorf("the item's page does not show where it was released: %s", excerpt(body))
		}
	})
}
