package console

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// givenFile is a file of a form.
type givenFile struct {
	field, name string
	data        []byte
}

// give posts a form with files and the token of a page, or without one where token is "none".
func (v *visitor) give(path, token string, fields []string, files ...givenFile) (int, string) {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if token != "none" {
		_, page := v.get("/signin")
		_ = w.WriteField("_token", tokenField.FindStringSubmatch(page)[1])
	}
	for i := 0; i+1 < len(fields); i += 2 {
		_ = w.WriteField(fields[i], fields[i+1])
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f.field, f.name)
		if err != nil {
			v.t.Fatal(err)
		}
		_, _ = part.Write(f.data)
	}
	_ = w.Close()
	req, _ := http.NewRequest("POST", v.base+path, &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Accept-Language", v.lang)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.send(req)
}

func TestFilesOfAMassSendStayInItsForm(t *testing.T) {
	h := furnished()
	v := open(t, h)
	v.as("owner")
	poster, text := givenFile{"files", "海报.png", []byte("PNG")}, []string{"text", "今晚直播", "by_link", "1"}
	status, body := v.give("/broadcasts/estimate", "", text, poster)
	kept := `name="piece" value="` + fakeID(680).String() + `"`
	if status != 200 || !strings.Contains(body, kept) || !strings.Contains(body, "今晚直播") || !strings.Contains(body, `src="/files/`+fakeID(680).String()) {
		t.Fatalf("estimate = %d, the file is not in the form", status)
	}
	h.did = nil
	status, _ = v.give("/broadcasts", "", append(text, "piece", fakeID(681).String(), "piece", fakeID(680).String(), "drop", "piece:"+fakeID(680).String(),
		"app_id", "wx8bd80126147df384", "app_page", "pages/a", "app_title", "第三章", "app_link", "https://q.example/3"), givenFile{"app_cover", "封面.png", []byte("PNG")})
	did := strings.Join(h.did, "\n")
	if status != http.StatusSeeOther && status != 200 || !strings.Contains(did, "with file 课程表.pdf, by link true") || !strings.Contains(did, "with app 第三章") || strings.Contains(did, "with image") {
		t.Errorf("send = %d, did %s; want the kept file and the mini program, without what was left out", status, did)
	}
	for name, f := range map[string]givenFile{"是空的": {"files", "空.png", nil}, "超过 20 MB": {"files", "大.mp4", make([]byte, community.MaxMedium+1)}} {
		status, body := v.give("/broadcasts/estimate", "", text, f)
		if status != 200 || !strings.Contains(body, name) || !strings.Contains(body, "今晚直播") {
			t.Errorf("%s: %d; want it said, and the text still there", name, status)
		}
	}
	if status, body := v.give("/broadcasts/estimate", "", append(text, "piece", fakeID(699).String())); status != 200 || !strings.Contains(body, "附件已经不在了") {
		t.Errorf("a file that is gone: %d", status)
	}
	h.did = nil
	if status, _ := v.give("/broadcasts", "none", text, poster); status < 400 || slices.ContainsFunc(h.did, func(s string) bool { return strings.HasPrefix(s, "keep") }) {
		t.Errorf("without the token: %d, did %v; want nothing kept", status, h.did)
	}
}

func TestKeptFilesAreShownToStaffAndRunNothing(t *testing.T) {
	h := furnished()
	v := open(t, h)
	at := "/files/" + fakeID(681).String()
	if _, body := v.get(at); strings.Contains(body, "content of") {
		t.Error("a stranger reads the file")
	}
	v.as("owner")
	req, _ := http.NewRequest("GET", v.base+at, nil)
	res, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	if status, _ := v.get("/files/" + fakeID(699).String()); status != 404 {
		t.Errorf("no such file: %d", status)
	}
}

// TestStepsOfAnSOPKeepTheirFilesInTheForm: each step has files and a mini program of its own; what a group cannot get is said
// with the step while it is written, and what was typed and chosen stays in the form.
func TestStepsOfAnSOPKeepTheirFilesInTheForm(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	steps := []string{"name", "七天", "kind0", "day", "day0", "0", "at0", "20:00", "text0", "欢迎", "kind1", "weekly", "weekday1", "1", "at1", "09:00", "text1", strings.Repeat("字", 1334), "piece1", fakeID(681).String()}
	status, body := v.give("/sops/check", "", steps, givenFile{"files0", "海报.png", []byte("PNG")})
	for _, want := range []string{`name="piece0" value="` + fakeID(680).String() + `"`, "第 2 步的检查", "wecom-text", "4002 &gt; 4000", `name="piece1" value="` + fakeID(681).String() + `"`} {
		if status != 200 || !strings.Contains(body, want) {
			t.Errorf("check = %d, without %s", status, want)
		}
	}
	if strings.Contains(body, "第 1 步的检查") {
		t.Error("the first step is said to be wrong")
	}
	h.did = nil
	v.give("/sops", "", []string{"name", "七天", "kind0", "day", "day0", "0", "at0", "20:00", "text0", "欢迎", "piece0", fakeID(680).String(), "link0", "https://q.example/c", "by_link0", "1",
		"app_id0", "wx8bd80126147df384", "app_page0", "pages/a", "app_title0", "第三章", "app_file0", fakeID(680).String(), "drop", "piece0:" + fakeID(681).String()})
	if did := strings.Join(h.did, "\n"); !strings.Contains(did, "Link:{URL:https://q.example/c Title:欢迎}") || !strings.Contains(did, "Kind:image") || !strings.Contains(did, "Kind:app") || !strings.Contains(did, "ByLink:true") {
		t.Errorf("saved %s; want the step with its link, picture and mini program", did)
	}
	h.did = nil
	if status, body := v.give("/sops", "", append(steps, "piece0", fakeID(699).String())); status != 200 || len(h.did) != 0 || !strings.Contains(body, "附件已经不在了") {
		t.Errorf("with a file that is gone = %d, did %q; want the form again and nothing saved", status, h.did)
	}
}
