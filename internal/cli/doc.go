// Package cli is the command line: every verb an operator can type, for people and, with --json, for programs.
//
// One file per command. A command either works outdoors (Run: it needs no open house) or indoors (Do: it is given one).
// Indoors it runs in this process when nobody holds the data directory, else inside the server that does, through
// data_dir/qunluo.sock, with its output streamed back; what it prints and how it ends is the same.
//
// stdout is data, stderr is talk. Exit codes: 0 done, 1 failed, 2 wrong usage. Chinese when LANG begins with zh.
package cli
