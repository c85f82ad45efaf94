// Package view holds the pages of the console. A page is a templ function of one struct that has every string and
// number it needs; it computes nothing.
package view
