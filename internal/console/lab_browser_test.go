package console

import "testing"

// TestLabIsSoundInABrowser looks at the laboratory and at suggestions as people see them, wide and narrow.
func TestLabIsSoundInABrowser(t *testing.T) {
	t.Parallel()
	at := "/rules/" + fakeID(20).String() + "/lab?rule=ads"
	soundTo(t, open(t, furnished()).base, "zh-CN", map[string]string{"lab": at, "lab-json": at + "&as=json", "suggestions": "/suggestions", "suggestion": "/suggestions/" + fakeID(820).String()})
}
