package h5

import (
	"net/http"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func TestFileBehindALinkRunsNothingInTheBrowser(t *testing.T) {
	b := newBoard()
	page := community.ID{7}
	b.files = map[community.ID]community.Medium{page: {Name: "课程.html", Type: "text/html; charset=utf-8", Data: []byte("<script>alert(1)</script>")}}
	srv, _ := street(t, b)
	res, body := ask(t, srv.URL+"/f/"+page.String(), "phone", "zh-CN")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") ||
		!strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(body, "script") {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	for _, at := range []string{"/f/" + (community.ID{8}).String(), "/f/nonsense"} {
		if res, body := ask(t, srv.URL+at, "phone", "zh-CN"); res.StatusCode != http.StatusNotFound || strings.Contains(body, "script>alert") {
			t.Errorf("%s = %d, want 404", at, res.StatusCode)
		}
	}
}
