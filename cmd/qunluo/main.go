// Qunluo (群落): operations for group-chat communities.
package main

import (
	"context"
	"os"

	"qunluo/internal/app"
	"qunluo/internal/bench"
	"qunluo/internal/cli"
)

func main() {
	houses := app.CommandLine()
	houses.Benches, houses.Bench = bench.Names(), measure
	os.Exit(cli.Main(houses))
}

// measure runs a bench; it stands here because benches measure the app itself.
func measure(ctx context.Context, name string, o cli.BenchOrder) ([]cli.Measured, error) {
	rows, err := bench.Run(ctx, name, bench.Options{Scale: o.Scale, Rounds: o.Rounds, Dir: o.Dir, Told: o.Told})
	list := make([]cli.Measured, len(rows))
	for i, r := range rows {
		list[i] = cli.Measured(r)
	}
	return list, err
}
