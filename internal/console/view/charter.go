package view

import "qunluo/internal/console/view/ui"

// CharterDesk is the rules of a group as members read them, on the desk.
type CharterDesk struct {
	Head          ui.Head
	Tabs          []ui.Tab
	At            string // address of the desk
	Stamp         string
	Drafted       bool
	Intro         string
	Levels        []CharterLevel
	Faults        []string // what is wrong
	Advice        []string // what may mislead
	Address       string   // of the public page; "" = nobody outside can read it
	State         string   // of the public page
	Buttons       []ui.Opener
	Asks          []ui.Confirm
	Confirmed     string // who agreed, in numbers
	ConfirmedLink string
	Publish       *ui.Confirm // nil = there is nothing to publish, or somebody else must
}

// CharterLevel is the articles of one level.
type CharterLevel struct {
	Title, Means string
	New          string // where one is added
	Rows         []CharterRow
}

// CharterRow is one article.
type CharterRow struct {
	Number, Title, Body string
	By, Follows         string
	Link                string
	First, Final        bool
}
