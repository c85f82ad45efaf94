// Qunluo (群落): operations for group-chat communities.
package main

import (
	"os"

	"qunluo/internal/app"
	"qunluo/internal/cli"
)

func main() { os.Exit(cli.Main(app.CommandLine())) }
