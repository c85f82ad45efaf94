package mp

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

func TestWhatAKindOfAccountCannotDoIsShownAndRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		kind      string
		certified bool
		cannot    int
		refused   []string
	}{
		"订阅号":     {subscription, false, 6, []string{"menu.list", "menu.set", "article.statistic", "template.list", "template.send"}},
		"认证的订阅号":  {subscription, true, 3, []string{"template.list", "template.send"}},
		"未认证的服务号": {service, false, 5, []string{"article.statistic", "template.list"}},
		"认证的服务号":  {service, true, 0, nil},
	} {
		r := start(t, func(m map[string]any) { m["kind"], m["certified"] = tc.kind, tc.certified })
		out, err := r.DoChore(t.Context(), "can.list", nil)
		if err != nil {
			t.Fatal(err)
		}
		cannot := 0
		for _, row := range out.Rows {
			if row[1] == "✗" {
				if cannot++; row[2] == "" {
					t.Errorf("%s: %q without a reason", name, row[0])
				}
			}
		}
		if cannot != tc.cannot || !strings.Contains(out.Say[0], strings.TrimPrefix(name, "未")) {
			t.Errorf("%s: %d cannot be done, %q; want %d", name, cannot, out.Say[0], tc.cannot)
		}
		for _, chore := range tc.refused {
			before := len(r.p.calls)
			_, err := r.DoChore(t.Context(), chore, connect.Values{"menu": "入群 = join", "to": "oA", "template": "x", "data": "a=b"})
			if community.CodeOf(err) != community.CodeUnsupported || connect.SayOf(err)[0] == "" || len(r.p.calls) != before {
				t.Errorf("%s: %s = %v; want refused in words, and nothing asked of the platform", name, chore, err)
			}
		}
	}
}

func TestMenuIsReplacedAndTheOldOneGivenBack(t *testing.T) {
	r := start(t, nil)
	r.p.answer["menu/get"] = `{"menu":{"button":[{"name":"官网","type":"view","url":"https://q.example/?a=1&b=2"},{"name":"更多","sub_button":[{"name":"入群","type":"click","key":"join"}]}]}}`
	out, err := r.DoChore(t.Context(), "menu.set", connect.Values{"menu": "课程 / 免费 = free；课程 / 全部 = https://q.example/all?x=1&y=2；联系 = call"})
	if err != nil {
		t.Fatal(err)
	}
	old := "官网 = https://q.example/?a=1&b=2；更多 / 入群 = join"
	if len(out.Rows) != 1 || out.Rows[0][0] != old {
		t.Errorf("before: %q, want %q", out.Rows, old)
	}
	if menu, err := readMenu(old); err != nil || len(menu) != 2 || menu[1].Sub[0].Key != "join" {
		t.Errorf("what is given back cannot be entered: %+v, %v", menu, err)
	}
	sent := r.p.bodies[slices.Index(r.p.calls, "menu/create")]
	want := `{"button":[{"name":"课程","sub_button":[{"name":"免费","type":"click","key":"free"},{"name":"全部","type":"view","url":"https://q.example/all?x=1&y=2"}]},{"name":"联系","type":"click","key":"call"}]}`
	if sent != want {
		t.Errorf("sent %s\nwant %s", sent, want)
	}
	for _, bad := range []string{"", "没有等号", "a = ", " = b", "一 = a；二 = b；三 = c；四 = d", strings.Repeat("长", 20) + " = a", "父 / 一=1；父 / 二=2；父 / 三=3；父 / 四=4；父 / 五=5；父 / 六=6"} {
		if _, err := r.DoChore(t.Context(), "menu.set", connect.Values{"menu": bad}); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%q: %v, want bad_input", bad, err)
		}
	}
}

func TestTotalsOfADayAreThePlatforms(t *testing.T) {
	r := start(t, nil)
	r.p.answer["/datacube/getarticlesummary"] = `{"list":[{"ref_date":"2026-01-02","title":"第三章导读","int_page_read_user":120,"int_page_read_count":180,"share_count":7,"add_to_fav_user":3}]}`
	out, err := r.DoChore(t.Context(), "article.statistic", connect.Values{"day": "2020-01-02"})
	if err != nil || len(out.Rows) != 1 || strings.Join(out.Rows[0], ",") != "第三章导读,120,180,7,3" || !strings.Contains(out.Say[0], "不分人") {
		t.Errorf("totals = %+v, %v", out, err)
	}
	for _, bad := range []string{"yesterday", "2999-01-01"} {
		if _, err := r.DoChore(t.Context(), "article.statistic", connect.Values{"day": bad}); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("day %q: %v, want bad_input", bad, err)
		}
	}
}

func TestTemplateMessageGoesToOneFollower(t *testing.T) {
	r := start(t, nil)
	r.p.answer["template/get_all_private_template"] = `{"template_list":[{"template_id":"T1","title":"开课提醒","content":"{{first.DATA}}"}]}`
	out, err := r.DoChore(t.Context(), "template.list", nil)
	if err != nil || len(out.Rows) != 1 || out.Rows[0][0] != "T1" {
		t.Errorf("templates = %+v, %v", out, err)
	}
	if _, err := r.DoChore(t.Context(), "template.send", connect.Values{"to": "oA", "template": "T1", "link": "https://q.example/l/x", "data": "first=今晚八点；remark = 带书"}); err != nil {
		t.Fatal(err)
	}
	sent := r.p.bodies[slices.Index(r.p.calls, "message/template/send")]
	if want := `{"data":{"first":{"value":"今晚八点"},"remark":{"value":"带书"}},"template_id":"T1","touser":"oA","url":"https://q.example/l/x"}`; sent != want {
		t.Errorf("sent %s\nwant %s", sent, want)
	}
	if _, err := r.DoChore(t.Context(), "template.send", connect.Values{"to": "oA", "template": "T1", "data": "nothing"}); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("values without a name: %v, want bad_input", err)
	}
}
