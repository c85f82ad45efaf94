// Package console is the operators' web console: pages, sign-in, roles, and what they need from the house.
//
// One file per page verb (member_list.go); a handler asks who it is, what they want, asks the room, builds the page
// value and renders it. console/view holds the pages, console/view/ui the kit they are made of, console/static the
// vendored browser files. Everything the console needs from elsewhere is an interface in deps.go.
package console
