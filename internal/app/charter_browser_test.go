package app_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// TestCharterPagesFitTheirScreens looks at the pages of the charter on a desk and a phone, and at the public pages on a small phone:
// nothing sticks out, and no console complains.
func TestCharterPagesFitTheirScreens(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	s := startShift(t, "", "", public)
	ctx, rules := t.Context(), s.app.Charters(s.org, nil)
	book, err := policy.Starter(policy.PresetGeneral)
	check(t, err)
	book.Mode, book.Group = community.Live, s.group.Name
	raw := func(b policy.Book) json.RawMessage {
		out, err := json.Marshal(b)
		check(t, err)
		return out
	}
	_, err = rules.Publish(plain(ctx), "ming", s.group.Key, raw(book), "第一版", "", "")
	check(t, err)
	book.Charter.Articles[0].Body = strings.Repeat("很长的一句话没有空格", 20)
	book.Charter.Articles = append(book.Charter.Articles, policy.Article{ID: "new", Level: policy.LevelValue, Title: "新加的一条"})
	check(t, s.app.Hands(s.org, nil).SaveDraft(ctx, "ming", s.group.Key, raw(book), "改一改"))
	m := s.member("大刘")
	_, err = rules.Confirm(ctx, "ming", s.group.Key, m.ID, "当面答应")
	check(t, err)
	said := s.says(m, "随便说一句")
	where := "/messages/" + s.group.ID.String() + "/" + fmt.Sprint(said.Number)
	s.does(where, where+"/strike", url.Values{"article": {"kind"}, "reason": {"当面说过"}})
	at := "/rules/" + s.group.ID.String()
	for _, width := range []int64{1440, 390} {
		w := look(t, s.base, width, "zh-CN")
		w.signIn("ming")
		for name, path := range map[string]string{"charter": at + "/charter", "charter-article": at + "/charter/article/no-ads", "charter-words": at + "/charter/words", "charter-confirmed": at + "/confirmed",
			"charter-missing": at + "/confirmed?missing=1", "charter-rule": at + "/rule/ads", "charter-versions": at + "/versions", "charter-member": "/members/" + m.ID.String(), "charter-strikes": "/strikes", "charter-preview": at + "/charter/preview"} {
			w.open(path)
			w.shot(name)
		}
		w.quiet(fmt.Sprint(width))
	}
	_, err = rules.Publish(plain(ctx), "ming", s.group.Key, raw(book), "第二版", "", "")
	check(t, err)
	page, _, err := rules.Page(ctx, s.group.Key)
	check(t, err)
	link, err := rules.ConfirmLink(ctx, s.group.Key, m.ID)
	check(t, err)
	phone := look(t, s.base, 360, "zh-CN")
	for name, path := range map[string]string{"h5-charter": "/g/" + page.Slug, "h5-charter-old": "/g/" + page.Slug + "/1", "h5-confirm": link[strings.Index(link, "/y/"):]} {
		phone.open(path)
		phone.shot(name)
	}
	phone.quiet("360")
}
