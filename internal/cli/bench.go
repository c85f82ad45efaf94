package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

type benchCmd struct {
	Names []string `arg:"" optional:"" help:"测哪些，默认全部|which ones, by default all"`
	Rows  int      `help:"数据量，0 为标准|amount of data, 0 = the standard"`
}

func (benchCmd) Tolerates() {}
func (benchCmd) Shape() any { return []Measured{} }
func (benchCmd) Examples() []example {
	return []example{
		{"bench ingest --json", [2]string{"与同一次运行中的基线相比", "compared with a baseline of the same run"}},
		{"bench", [2]string{"全部测一遍，给机器定规格", "measure everything, to size a machine"}},
	}
}

// Run measures, each bench in a temporary folder of its own; it fails when a target was missed.
func (q *benchCmd) Run(c *call) error {
	houses := c.program.Houses
	names := q.Names
	if len(names) == 0 {
		names = houses.Benches
	}
	var all []Measured
	for _, name := range names {
		if !slices.Contains(houses.Benches, name) {
			return badUsage("没有 bench %s，有：%s", "there is no bench %s; there are: %s", name, strings.Join(houses.Benches, ", "))
		}
		got, err := c.measure(name, q.Rows)
		if err != nil {
			return fmt.Errorf("bench %s: %w", name, err)
		}
		all = append(all, got...)
	}
	if err := c.printBench(all); err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(m Measured) bool { return m.Target != 0 && !m.Met }); i >= 0 {
		return failed(nil, "%s 没有达到目标", "%s missed its target", all[i].Name)
	}
	return nil
}

func (c *call) measure(name string, rows int) ([]Measured, error) {
	dir, err := os.MkdirTemp("", "qunluo-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	return c.program.Houses.Bench(c.ctx, name, BenchOrder{Rows: rows, Dir: dir, Progress: c.progress})
}

func (c *call) printBench(all []Measured) error {
	if c.json {
		return c.printJSON(all)
	}
	return printList(c, all, len(all))
}
