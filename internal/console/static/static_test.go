package static

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
)

func TestVendoredFilesAreWhatTheRecordSays(t *testing.T) {
	raw, err := embedded.ReadFile("vendor/VENDOR.json")
	if err != nil {
		t.Fatal(err)
	}
	var record []struct {
		File, Package, Version, Integrity, Licence, Source, SHA256 string
		Text                                                       string `json:"licence_text"`
	}
	if err := json.Unmarshal(raw, &record); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"VENDOR.json": true}
	for _, r := range record {
		body, err := embedded.ReadFile("vendor/" + r.File)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		if got := hex.EncodeToString(sum[:]); got != r.SHA256 {
			t.Errorf("sha256 of %s = %s, want %s", r.File, got, r.SHA256)
		}
		if !strings.HasPrefix(r.Integrity, "sha512-") || r.Version == "" || r.Licence == "" || r.Source == "" {
			t.Errorf("%s: incomplete record %+v", r.File, r)
		}
		if text, err := embedded.ReadFile("vendor/" + r.Text); err != nil || len(text) < 100 {
			t.Errorf("%s: no licence text: %v", r.File, err)
		}
		known[r.File], known[r.File+".gz"], known[r.File+".br"] = true, true, true
	}
	rows, err := fs.ReadDir(embedded, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range rows {
		if !e.IsDir() && !known[e.Name()] {
			t.Errorf("vendor/%s is in no record", e.Name())
		}
	}
}

func TestOwnStyleSheetStaysSmall(t *testing.T) {
	body, err := embedded.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 6<<10 {
		t.Errorf("app.css = %d bytes, want at most %d", len(body), 6<<10)
	}
}
