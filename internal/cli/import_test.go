package cli

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestZoneIsAskedUntilItIsOne(t *testing.T) {
	for name, tc := range map[string]struct{ typed, want, says string }{
		"nothing":      {"\n", "Asia/Shanghai", ""},
		"a zone":       {"Europe/Berlin\n", "Europe/Berlin", ""},
		"wrong, right": {"北京\nUTC\n", "UTC", "没有时区 北京"},
		"never right":  {"a/b\nc/d\ne/f\nUTC\n", "", "没有时区 e/f"},
	} {
		t.Run(name, func(t *testing.T) {
			var talk bytes.Buffer
			c := &call{talk: &talk}
			got, err := c.askZone(bufio.NewReader(strings.NewReader(tc.typed)))
			if got != tc.want || (err == nil) != (tc.want != "") || !strings.Contains(talk.String(), tc.says) {
				t.Errorf("zone %q (%v), said %q; want %q and to hear %q", got, err, talk.String(), tc.want, tc.says)
			}
		})
	}
}

func TestZoneIsAssumedAloudWithoutATerminal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.txt")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, zoneless := range map[string]bool{"without zone": true, "with zone": false} {
		t.Run(name, func(t *testing.T) {
			var talk bytes.Buffer
			c := &call{talk: &talk, in: strings.NewReader(""), program: &Program{Houses: Houses{Zoneless: func([]string, string) (bool, error) { return zoneless, nil }}}}
			args, err := (&importRunCmd{Paths: []string{path}}).Asks(c)
			if err != nil || args != nil {
				t.Fatalf("asks gives %v, %v; want nothing", args, err)
			}
			if said := strings.Contains(talk.String(), "Asia/Shanghai"); said != zoneless {
				t.Errorf("said %q", talk.String())
			}
		})
	}
}
