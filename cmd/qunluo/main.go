// Qunluo (群落): operations for group-chat communities.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"qunluo/internal/app"
	"qunluo/internal/bench"
	"qunluo/internal/cli"
	"qunluo/internal/eval"
)

// collectLess is how much the heap may grow between two collections, in percent. What lives is small (tens of MB) and most
// of what a message needs dies with it: collecting less often costs a little memory and saves a tenth of the CPU.
const collectLess = 400

// memoryWish is the size, in bytes, from which on the heap is collected more often all the same.
const memoryWish = 320 << 20

func main() {
	if app.IsReader(os.Args) { // a child of the server
		os.Exit(app.ReadOne())
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectLess)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryWish)
	}
	houses := app.CommandLine()
	houses.Benches, houses.Bench = bench.Names(), measure
	houses.Evals, houses.Insights, houses.Draws, houses.Simulated, houses.Eval = eval.Names(), eval.Insights(), eval.Draws(), eval.Simulated(), judge
	os.Exit(cli.Main(houses))
}

// measure runs a bench; it stands here because benches measure the app itself.
func measure(ctx context.Context, name string, o cli.BenchOrder) ([]cli.Measured, error) {
	rows, err := bench.Run(ctx, name, bench.Options{Scale: o.Scale, Rounds: o.Rounds, Dir: o.Dir, Keep: o.Keep, Database: o.Database, Told: o.Told, Open: site})
	list := make([]cli.Measured, len(rows))
	for i, r := range rows {
		list[i] = cli.Measured(r)
	}
	return list, err
}

// judge runs a measurement of verdicts; it stands here because no door needs to know of them.
func judge(ctx context.Context, name string, o cli.EvalOrder) ([]cli.Judged, error) {
	rows, err := eval.Run(ctx, name, eval.Options(o))
	list := make([]cli.Judged, len(rows))
	for i, r := range rows {
		list[i] = cli.Judged(r)
	}
	return list, err
}

// site opens the whole program over a data folder and a database, for measuring its pages.
func site(ctx context.Context, dir, database string) (*bench.Site, error) {
	handler, end, err := app.Site(ctx, dir, database)
	return &bench.Site{Handler: handler, Close: end}, err
}
