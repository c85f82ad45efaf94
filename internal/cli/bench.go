package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

type benchCmd struct {
	Names  []string `arg:"" optional:"" help:"测哪些，默认全部|which ones, by default all"`
	Scale  float64  `default:"1" help:"数据量的倍数，0.001 到 10|times the standard amount of data, 0.001 to 10"`
	Rounds int      `help:"各测几轮，0 为标准|how many rounds of each, 0 = the standard"`

	Keep     string `placeholder:"DIR" help:"pages：把填满的数据留在此目录，下次再用|pages: keep the filled data in this folder, to be used again"`
	Database string `help:"在此 PostgreSQL 上测 ingest、replay、import、tables（须可建库，postgres://…）；只计时，无基线|measure ingest, replay, import and tables on this PostgreSQL (it must let databases be made, postgres://…); by the clock, without a baseline"`
}

func (benchCmd) Tolerates() {}
func (benchCmd) Shape() any { return []Measured{} }
func (benchCmd) Examples() []example {
	return []example{
		{"bench ingest --json", [2]string{"与同一次运行中的基线相比", "compared with a baseline of the same run"}},
		{"bench", [2]string{"全部测一遍，给机器定规格", "measure everything, to size a machine"}},
		{"bench ingest --database postgres://qunluo@db/postgres", [2]string{"在 PostgreSQL 上计时", "by the clock, on PostgreSQL"}},
	}
}

// Validate bounds the numbers; called by the parser.
func (q *benchCmd) Validate() error {
	if q.Scale < 0.001 || q.Scale > 10 || q.Rounds < 0 || q.Rounds > 100 {
		return badUsage("--scale 应在 0.001 到 10 之间，--rounds 0 到 100", "--scale must be 0.001 to 10, --rounds 0 to 100")
	}
	return nil
}

// Run measures, each bench in a temporary folder of its own; it fails when a target was missed.
func (q *benchCmd) Run(c *call) error {
	houses := c.program.Houses
	names := q.Names
	if len(names) == 0 {
		names = houses.Benches
		if q.Database != "" {
			names = []string{"ingest", "replay", "import", "tables"}
		}
	}
	var all []Measured
	for _, name := range names {
		if !slices.Contains(houses.Benches, name) {
			return badUsage("没有 bench %s，有：%s", "there is no bench %s; there are: %s", name, strings.Join(houses.Benches, ", "))
		}
		got, err := q.measure(c, name)
		if err != nil {
			return fmt.Errorf("bench %s: %w", name, err)
		}
		all = append(all, got...)
	}
	if err := c.printBench(all); err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(m Measured) bool { return !m.Met }); i >= 0 {
		return failed(nil, "%s 没有达到目标", "%s missed its target", all[i].Name)
	}
	return nil
}

func (q *benchCmd) measure(c *call, name string) ([]Measured, error) {
	dir, err := os.MkdirTemp("", "qunluo-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	return c.program.Houses.Bench(c.ctx, name, BenchOrder{
		Scale: q.Scale, Rounds: q.Rounds, Dir: dir, Keep: q.Keep, Database: q.Database, Told: func(line string) { c.say("%s", "%s", line) },
	})
}

func (c *call) printBench(all []Measured) error {
	if c.json {
		return c.printJSON(all)
	}
	return printList(c, all, len(all))
}
