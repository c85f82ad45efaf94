// Package ui is the kit that pages are made of. A component is a templ function of one plain struct; it knows no room
// and has the states empty, failed, forbidden and too many where they make sense. The gallery at /dev/ui shows all.
package ui
