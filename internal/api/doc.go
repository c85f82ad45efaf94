// Package api is the door for programs: /api/v1, described by OpenAPI 3.1. It asks the same rooms as the console and the
// command line and decides nothing itself: what an operation may do is looked up in the console's table of routes.
package api
