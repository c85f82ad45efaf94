package console

import (
	"strconv"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func withCopies(h *house) string {
	d := h.decided[0]
	h.actions = []community.ActionRow{
		{Action: community.Action{ID: fakeID(950), Group: 2, Verb: community.Send, Decision: d.ID}, GroupName: "二群", State: community.Confirmed,
			Parts: []community.Fate{{Kind: "image", How: community.PartUploaded, Bytes: 2000}}},
		{Action: community.Action{ID: fakeID(951), Group: 3, Verb: community.Send, Decision: d.ID}, GroupName: "\u202e三群<script>", State: community.Acked,
			Parts: []community.Fate{{Kind: "image", How: community.PartWords, Code: community.CodeLate}, {Kind: "file", How: community.PartWords, Code: community.CodeUnsupported}}},
		{Action: community.Action{ID: fakeID(952), Group: d.Group, Verb: community.Send, Decision: d.ID}, GroupName: "本群", State: community.Acked},
	}
	g, _ := one(h.groups, func(g community.GroupRow) bool { return g.Key == d.Group })
	return "/messages/" + g.ID.String() + "/" + strconv.FormatInt(d.Event, 10)
}

func TestMessagePageSaysWhatBecameOfEachCopy(t *testing.T) {
	for lang, want := range map[string][]string{
		"zh-CN": {"转发到其他群的结果", "图片：已重新上传", "图片：用文字代替（原地址已过期）", "文件：用文字代替（本群的平台发不了）"},
		"en":    {"What became of the copies", "uploaded again", "its address has expired"},
	} {
		h := newHouse()
		h.users[0].Lang = lang
		path := withCopies(h)
		status, body := openWith(t, h.deps()).as("owner").get(path)
		if status != 200 || unsaid.MatchString(body) || strings.Contains(body, "三群<script>") || strings.Contains(body, "本群</") {
			t.Errorf("%s in %s = %d, unsaid %v", path, lang, status, unsaid.FindAllString(body, 5))
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: no %q on the page", lang, w)
			}
		}
	}
}

func TestCopiesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse()
	path := withCopies(h)
	v := openWith(t, h.deps())
	soundTo(t, v.base, "zh-CN", map[string]string{"copies": path})
}
