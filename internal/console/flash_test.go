package console

import (
	"net/http"
	"strings"
	"testing"
)

// TestLivePartLeavesTheResultToThePerson: a part of a page that reads itself again between a form and the page that
// follows does not take the result away.
func TestLivePartLeavesTheResultToThePerson(t *testing.T) {
	v := open(t, newHouse()).as("owner")
	_, page := v.get("/")
	token := tokenField.FindStringSubmatch(page)[1]
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if status, _ := v.post("/freeze", "_token", token, "on", "1", "reason", ""); status != http.StatusSeeOther {
		t.Fatalf("the form answered %d, want a redirect", status)
	}
	for _, path := range []string{"/", "/m"} {
		part, _ := http.NewRequest("GET", v.base+path, nil)
		part.Header.Set("HX-Request", "true")
		if _, body := v.send(part); strings.Contains(body, "alert-danger") {
			t.Errorf("a live part of %s shows the result", path)
		}
	}
	if _, body := v.get("/"); !strings.Contains(body, "alert-danger") {
		t.Error("the page that follows does not show the result")
	}
	if _, body := v.get("/"); strings.Contains(body, "alert-danger") {
		t.Error("the result is shown twice")
	}
}
