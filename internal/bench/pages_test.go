package bench_test

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/bench"
	"qunluo/internal/config"
)

// TestPagesAreAskedForSignedIn measures the console over a small community; QL_BENCH=1 is the whole measurement.
func TestPagesAreAskedForSignedIn(t *testing.T) {
	o := bench.Options{Scale: 0.01, Dir: t.TempDir(), Told: func(line string) { t.Log(line) }, Keep: os.Getenv("QL_BENCH_KEEP")}
	if s, err := strconv.ParseFloat(os.Getenv("QL_BENCH"), 64); err == nil {
		o.Scale = s
	}
	o.Open = openSite
	rows, err := bench.Run(t.Context(), "pages", o)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]bench.Row{}
	for _, r := range rows {
		by[r.Name] = r
		t.Logf("%-40s %8.2f %s met %v", r.Name, r.Value, r.Unit, r.Met)
	}
	for _, name := range []string{"pages", "pages.start", "pages GET /", "pages GET /members", "pages GET /members/{id}", "pages GET /groups/{id}", "pages GET /messages"} {
		if by[name].Value <= 0 {
			t.Errorf("%s was not measured", name)
		}
	}
}

// openSite is the whole program over a data folder and a database.
func openSite(ctx context.Context, dir, database string) (*bench.Site, error) {
	a, err := app.Open(ctx, app.Options{Config: config.Config{DataDir: dir, Database: config.Database{URL: database}, Server: config.Server{Listen: "127.0.0.1:0"}}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	h, err := a.Handler(app.Doors{})
	return &bench.Site{Handler: h, Close: a.Close}, err
}
