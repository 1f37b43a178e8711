package site

import (
	"fmt"
	"strconv"
)

// sheet is one page of a list that is cut into pages.
type sheet struct {
	Path     string
	Number   string // which of how many, after a title; "" for the only one
	Pages    []pageLink
	from, to int // its rows
}

// pageLink leads to another page of the same list.
type pageLink struct {
	Text, Path string // Path is "" for the page itself and for what is left out
	Current    bool
}

// sheets cuts n rows into pages of perSheet each. The first, which is there
// without rows too, lives at path, the others below it under their numbers.
func sheets(path, below string, n, perSheet int) []sheet {
	all := make([]sheet, max(1, (n+perSheet-1)/perSheet))
	for i := range all {
		all[i] = sheet{Path: path, from: i * perSheet, to: min(n, (i+1)*perSheet)}
		if i > 0 {
			all[i].Path += below + strconv.Itoa(i+1) + "/"
		}
	}
	for i := range all {
		if len(all) > 1 {
			all[i].Number, all[i].Pages = fmt.Sprintf(", page %d of %d", i+1, len(all)), pageLinks(i, all)
		}
	}
	return all
}

// pageLinks leads to the first, the last and the nearest pages, as the script's.
func pageLinks(current int, all []sheet) []pageLink {
	var links []pageLink
	if current > 0 {
		links = append(links, pageLink{Text: "Previous", Path: all[current-1].Path})
	}
	for i, s := range all {
		number := strconv.Itoa(i + 1)
		switch distance := max(i-current, current-i); {
		case distance == 0:
			links = append(links, pageLink{Text: number, Current: true})
		case distance < 3 || i == 0 || i == len(all)-1:
			links = append(links, pageLink{Text: number, Path: s.Path})
		case distance == 3:
			links = append(links, pageLink{Text: "…"})
		}
	}
	if current < len(all)-1 {
		links = append(links, pageLink{Text: "Next", Path: all[current+1].Path})
	}
	return links
}
