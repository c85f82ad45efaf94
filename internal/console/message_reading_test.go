package console

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func withReadings(t *testing.T, h *house) string {
	t.Helper()
	d := h.decided[0]
	text := "https://evil.example/<script>alert(1)</script>\n加微信领"
	data, err := json.Marshal(community.Reading{Event: d.Event, By: "识图", Parts: []community.ReadPart{
		{Part: 0, Kind: community.ReadQR, Span: community.Span{Start: 0, End: 46}}, {Part: 1, Kind: community.ReadText, Span: community.Span{Start: 47, End: len(text)}},
		{Part: 2, Code: community.CodeTooLarge}, {Part: 3, Kind: community.ReadQR, Span: community.Span{Start: 5, End: 9999}}}})
	if err != nil {
		t.Fatal(err)
	}
	h.reads = map[int64][]community.Event{d.Event: {{Number: 900, Group: d.Group, Type: community.MediaRead, Body: community.Body{Text: text, Data: data}}, {Number: 901, Group: d.Group}}}
	g, _ := one(h.groups, func(g community.GroupRow) bool { return g.Key == d.Group })
	return "/messages/" + g.ID.String() + "/" + strconv.FormatInt(d.Event, 10)
}

func TestMessagePageSaysWhatStandsInItsPictures(t *testing.T) {
	for lang, want := range map[string][]string{
		"zh-CN": {"第 1 张图里的二维码", "第 2 张图里的文字（识图）", "加微信领", "没有读：太大，或解开后太大", "没有读：读不了"},
		"en":    {"QR code in picture 1", "Words in picture 2 (识图)", "not read: it is too large, or becomes so"},
	} {
		h := newHouse()
		h.users[0].Lang = lang
		path := withReadings(t, h)
		status, body := openWith(t, h.deps()).as("owner").get(path)
		if status != 200 || unsaid.MatchString(body) || strings.Contains(body, "<script>alert(1)") {
			t.Errorf("%s in %s = %d, unsaid %v", path, lang, status, unsaid.FindAllString(body, 5))
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: no %q on the page", lang, w)
			}
		}
	}
}

func TestLocksRaidsAndReadingsAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	h := furnished()
	path := withReadings(t, h)
	g := "/rules/" + fakeID(20).String()
	pages := map[string]string{"reading": path, "rules-new-lock": g + "/new?kind=lock", "rules-new-raid": g + "/new?kind=raid"}
	v := open(t, h)
	for _, page := range pages {
		if status, _ := open(t, h).as("owner").get(page); status != 200 {
			t.Errorf("%s = %d", page, status)
		}
	}
	soundTo(t, v.base, "zh-CN", pages)
}
