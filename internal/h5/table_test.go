package h5

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
	"qunluo/internal/i18n"
	"qunluo/internal/table"
)

// papers are shared tables by what their links say; edits are decided as the store does.
type papers struct {
	rows map[string][]table.Row
	told []table.Edit
}

const evil = "\u202eevil<script>alert(1)</script>"

func (p *papers) Table(_ context.Context, link string) (SharedTable, error) {
	switch link {
	case "over":
		return SharedTable{}, community.Errorf(community.CodeLate, "over")
	case "edit", "guest", "see", "long":
	default:
		return SharedTable{}, community.Errorf(community.CodeNotFound, "none")
	}
	s := SharedTable{Table: table.Table{Title: "报名" + evil, GroupName: "读书 1 群" + evil, Note: evil, Access: table.MembersEdit, Columns: []table.Column{{ID: "c1", Name: "姓名" + evil, Kind: table.Person, Needed: true}, {ID: "c2", Name: "人数", Kind: table.Number}, {ID: "c3", Name: "集合", Kind: table.Choice, Options: []string{"东门", evil}},
		{ID: "c4", Name: "到了", Kind: table.Check}, {ID: "c5", Name: "资料", Kind: table.Link}, {ID: "c6", Name: "哪天", Kind: table.Date}, {ID: "c7", Name: "备注", Kind: table.Text}}}, Name: evil, Edits: link != "see", Guest: link == "guest"}
	if p.rows[link] == nil {
		n := 25
		if link == "long" {
			n = 200
		}
		for i := range n {
			row, _ := table.Added(table.Edit{Values: map[string]string{"c1": "大刘", "c2": "2", "c3": "东门", "c4": "1", "c5": "https://example.com/x", "c6": "2026-01-05", "c7": evil + strings.Repeat("长", 1900)}}, int64(i+1))
			p.rows[link] = append(p.rows[link], row)
		}
	}
	s.Rows = p.rows[link]
	return s, nil
}

func (p *papers) Edit(ctx context.Context, link, name string, list []table.Edit) ([]table.Edit, []table.Row, error) {
	s, err := p.Table(ctx, link)
	if err != nil {
		return nil, nil, err
	}
	if s.Guest && name == "" {
		return nil, nil, table.Fault(community.CodeBadInput, "请写上你的名字", "please give your name")
	}
	var now []table.Row
	for i, e := range list {
		if e, err = s.Tidy(e); err != nil {
			return nil, nil, err
		}
		row := s.Rows[0]
		if e.Verb == table.Add {
			row, e = table.Added(e, 999)
		} else {
			row, e = table.Apply(row, e, 999)
			p.rows[link][0] = row
		}
		list[i], now = e, append(now, row)
	}
	p.told = append(p.told, list...)
	return list, now, nil
}

// TestSharedTablePagesInEveryState: in both languages, hostile cells harmless, without script, within 60 KB; who may only see is offered no form.
func TestSharedTablePagesInEveryState(t *testing.T) {
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	quiet, b := slog.New(slog.DiscardHandler), &papers{rows: map[string][]table.Row{}}
	h, err := New(Deps{Codes: newBoard(), Tables: b, Words: words, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(httpd.Edge(quiet, nil, http.NotFoundHandler(), h))
	t.Cleanup(srv.Close)
	for _, c := range []struct {
		at     string
		status int
		zh, en string
		form   bool
	}{
		{"edit", 200, "共 25 行", "25 rows", false}, {"long", 200, "下一页", "Later", false}, {"edit?q=nobody", 200, "共 0 行", "0 rows", false}, {"edit?from=20", 200, "上一页", "Earlier", false}, {"edit?from=-9&said=1", 200, "存好了", "Saved", false},
		{"see", 200, "看全部内容", "See all of it", false}, {"see/1", 200, "东门", "东门", false}, {"edit/1", 200, "保存", "Save", true}, {"edit/new", 200, "加一行", "Add a row", true}, {"guest/1", 200, "你的名字", "Your name", true},
		{"see/new", 404, "", "", false}, {"edit/99", 404, "", "", false}, {"edit/x", 404, "", "", false}, {"over", 410, "已过期", "has expired", false}, {"none", 404, "", "", false},
	} {
		for lang, want := range map[string]string{"zh-CN": c.zh, "en": c.en} {
			res, body := ask(t, srv.URL+"/s/"+c.at, "phone", lang)
			if res.StatusCode != c.status || !strings.Contains(body, want) || strings.Contains(body, `method="post"`) != c.form || strings.Contains(body, "<script") || strings.Contains(body, "[table.") || strings.Contains(body, "[h5.") {
				t.Errorf("%s in %s = %d, want %d, %q and a form %v: %.2000s", c.at, lang, res.StatusCode, c.status, want, c.form, body)
			}
			if shown := strings.ReplaceAll(body, `value="`, ""); !c.form && strings.Contains(shown, "\u202e") {
				t.Errorf("%s in %s turns the page around", c.at, lang)
			}
			if c.status == 200 && res.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: the address is passed on: %s", c.at, res.Header)
			}
			var packed strings.Builder
			z := gzip.NewWriter(&packed)
			z.Write([]byte(body)) //nolint:errcheck // a builder
			z.Close()             //nolint:errcheck // a builder
			if packed.Len() > 40<<10 || len(body) > 60<<10 {
				t.Errorf("%s = %d bytes, %d packed", c.at, len(body), packed.Len())
			}
		}
	}
}

// TestARowIsFilledInOnAPhone: what was changed becomes edits, once under the form's key; what met another is asked; what does not fit says so and keeps what was typed.
func TestARowIsFilledInOnAPhone(t *testing.T) {
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	quiet, b := slog.New(slog.DiscardHandler), &papers{rows: map[string][]table.Row{}}
	h, err := New(Deps{Codes: newBoard(), Tables: b, Words: words, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(httpd.Edge(quiet, nil, http.NotFoundHandler(), h))
	t.Cleanup(srv.Close)
	quick := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	post := func(at string, form url.Values) (int, string) {
		t.Helper()
		res, err := quick.PostForm(srv.URL+"/s/"+at, form)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	form := func(value string) url.Values {
		return url.Values{"key": {"k"}, "v_c1": {"大刘"}, "was_c1": {"大刘"}, "seen_c1": {"1"}, "v_c2": {value}, "was_c2": {"2"}, "seen_c2": {"1"}}
	}
	if status, _ := post("edit/1", form("3")); status != 303 || len(b.told) != 1 || b.told[0].Key != "k.c2" || b.told[0].Value != "3" || b.told[0].Seen != 1 {
		t.Errorf("filled in = %d, edits %+v", status, b.told)
	}
	status, body := post("edit/1", form("9"))
	if status != 409 || !strings.Contains(body, "别人刚改成“3”") && !strings.Contains(body, "Somebody just made it “3”") || !strings.Contains(body, `value="9"`) || !strings.Contains(body, `name="seen_c2" value="999"`) {
		t.Errorf("what met another = %d: %.3000s", status, body)
	}
	if status, body := post("edit/1", form("many")); status != 422 || !strings.Contains(body, `value="many"`) {
		t.Errorf("what does not fit = %d: %.1000s", status, body)
	}
	if status, _ := post("see/1", form("4")); status != 403 {
		t.Errorf("by a link that only shows = %d", status)
	}
	if status, _ := post("guest/1", form("4")); status != 422 {
		t.Errorf("a guest without a name = %d", status)
	}
	if status, _ := post("edit/1", url.Values{"v_c7": {strings.Repeat("x", 600<<10)}}); status != 413 {
		t.Errorf("far too much = %d", status)
	}
	if status, _ := post("edit/new", url.Values{"key": {"n"}, "v_c1": {"米粒"}}); status != 303 || b.told[len(b.told)-1].Verb != table.Add {
		t.Errorf("another row = %d", status)
	}
}
