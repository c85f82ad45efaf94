// Package view holds the public pages: values in, HTML out. Every word comes said.
package view

// Frame is what every page carries.
type Frame struct {
	Lang, Title, Style string
}

// Landing is the page of a code.
type Landing struct {
	Name, Line   string
	Picture, Alt string
	Hint         string // how to scan
	Until        string // "" = does not end
	Link, Button string // "" = there is only a picture
	Note         string
	Foot         string
}

// Words is a page of one sentence.
type Words struct {
	Title, Text string
}
