// Package bench measures the belt against what the same machine can do at best, in the same process and the same minutes:
// taking events in, replaying them, importing a history, answering pages.
//
// A figure is CPU-seconds of this process, user and system (getrusage). On PostgreSQL that would hide the server's share:
// there only the clock is read, and nothing is a target. Baseline and candidate alternate over the same rows; the ratio is that of
// the medians. Wall time appears only where waiting is the subject.
package bench

import (
	"context"
	"fmt"
	"os"
	"slices"

	"qunluo/internal/community"
)

// Row is one figure. Baseline, Ratio and Target are 0 where there is none; Met is true then.
type Row struct {
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	Baseline float64 `json:"baseline"` // in Unit
	Ratio    float64 `json:"ratio"`    // Value of Baseline
	Target   float64 `json:"target"`   // of Ratio where there is a Baseline, else of Value
	Met      bool    `json:"met"`
}

// Options say how much is measured. The zero value is the whole measurement.
type Options struct {
	Scale  float64 // of the number of rows; 0 = 1
	Rounds int     // of baseline and candidate each; 0 = 5
	Dir    string  // where databases are made; "" = the system's folder for temporary files
	Keep   string  // pages: a folder to fill once and use again; "" = fill anew in Dir
	Seed   uint64
	// Program is what size looks at; "" = the one that runs.
	Program string
	// Database is the address of a PostgreSQL where databases may be made, for the measurements of onPostgres; "" = SQLite.
	Database string
	Told     func(line string) // what is being done, and the spread; may be nil
	// Open opens the whole program over a data folder and a database ("" = SQLite in the folder), for pages and tables; nil = "all" leaves them out.
	Open func(ctx context.Context, dataDir, database string) (*Site, error)
}

// test is a named measurement.
type test struct {
	name string
	run  func(ctx context.Context, o Options) ([]Row, error)
}

func tests() []test {
	return []test{
		{"ingest", ingest},
		{"replay", past},
		{"import", imports},
		{"wire", wire},
		{"mirror", mirrored},
		{"pages", pages},
		{"match", matched},
		{"insight", insights},
		{"poster", posters},
		{"tables", tables},
		{"size", sizes},
	}
}

// Names lists the measurements in the order in which "all" runs them.
func Names() []string {
	var names []string
	for _, t := range tests() {
		names = append(names, t.name)
	}
	return names
}

// Run runs the measurement called name, or all of them ("" or "all"). community.CodeNotFound for another name.
func Run(ctx context.Context, name string, o Options) ([]Row, error) {
	o = o.complete()
	all := name == "" || name == "all"
	if !all && !slices.Contains(Names(), name) {
		return nil, community.Errorf(community.CodeNotFound, "no bench %q: want one of %v or all", name, Names())
	}
	if !all && o.Database != "" && !slices.Contains(onPostgres(), name) {
		return nil, community.Errorf(community.CodeUnsupported, "bench %s is for SQLite: on PostgreSQL there are %v", name, onPostgres())
	}
	var rows []Row
	for _, t := range tests() {
		if !all && t.name != name {
			continue
		}
		if all && ((t.name == "pages" || t.name == "tables") && o.Open == nil || o.Database != "" && !slices.Contains(onPostgres(), t.name)) {
			continue
		}
		got, err := t.run(ctx, o)
		if err != nil {
			return rows, fmt.Errorf("bench %s: %w", t.name, err)
		}
		rows = append(rows, got...)
	}
	return rows, nil
}

func (o Options) complete() Options {
	if o.Scale <= 0 {
		o.Scale = 1
	}
	if o.Rounds <= 0 {
		o.Rounds = 5
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Told == nil {
		o.Told = func(string) {}
	}
	return o
}

// rows is n scaled, at least least.
func (o Options) rows(n, least int) int { return max(least, int(float64(n)*o.Scale)) }

func (o Options) tell(format string, args ...any) { o.Told(fmt.Sprintf(format, args...)) }

// folder makes a folder for one measurement; the function given back takes it away.
func (o Options) folder(name string) (string, func(), error) {
	dir, err := os.MkdirTemp(o.Dir, "qunluo-bench-"+name+"-")
	if err != nil {
		return "", nil, err
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}
