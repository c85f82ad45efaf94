package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/config"
	"qunluo/internal/store/storetest"
)

// TestEveryConnectorIsExamined: whatever one may connect passes conntest in the tests of its own room.
func TestEveryConnectorIsExamined(t *testing.T) {
	a, err := app.Open(t.Context(), app.Options{Config: config.Config{DataDir: storetest.DataDir(t)}})
	check(t, err)
	defer func() { check(t, a.Close()) }()
	for _, kind := range a.Wires().Kinds() {
		files, err := filepath.Glob(filepath.Join("..", "connect", strings.ReplaceAll(kind.Name, "-", ""), "*_test.go"))
		check(t, err)
		examined := false
		for _, name := range files {
			text, err := os.ReadFile(name)
			check(t, err)
			examined = examined || strings.Contains(string(text), "conntest.Exercise(")
		}
		if !examined {
			t.Errorf("%s is offered and never examined (%d test files)", kind.Name, len(files))
		}
	}
}
