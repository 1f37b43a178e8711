package site

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxNote bounds one note's Markdown, in bytes.
const maxNote = 64 << 10

// notes are the maintainers' own words, as Markdown: by lower-case
// nameWithOwner, "index" for the overview.
type notes map[string][]byte

func readNotes(dir fs.FS) (notes, error) {
	n := notes{}
	if dir == nil {
		return n, nil
	}
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || !strings.EqualFold(path.Ext(name), ".md") {
			return nil
		}
		b, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		if len(b) > maxNote {
			return fmt.Errorf("%s has %d bytes; a note may have %d", name, len(b), maxNote)
		}
		n[strings.ToLower(strings.TrimSuffix(name, path.Ext(name)))] = b
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("site: read the notes: %w; create the folder or take notes: out of the configuration", err)
	}
	if err != nil {
		return nil, fmt.Errorf("site: read the notes: %w", err)
	}
	return n, nil
}

// unused names the notes that belong to no repository of the report.
func (n notes) unused(rows map[string]int32) []string {
	var warnings []string
	for _, name := range slices.Sorted(maps.Keys(n)) {
		if _, ok := rows[name]; !ok && name != "index" {
			warnings = append(warnings, fmt.Sprintf("the note %s.md belongs to no repository of this report", name))
		}
	}
	return warnings
}

// html renders a note; "" when there is none.
func (n notes) html(name string) (template.HTML, error) {
	return markdown(n[strings.ToLower(name)])
}

// newMarkdown is goldmark as every page uses it: raw HTML is left out, links
// lead to https, http, mailto or within the site, images become links since
// nothing is loaded from elsewhere, and headings start below the page's own.
func newMarkdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(
			extension.Strikethrough,
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)),
		),
		goldmark.WithParserOptions(
			parser.WithAutoHeadingID(),
			parser.WithASTTransformers(util.Prioritized(tame{}, 100)),
		),
	)
}

// markdown renders Markdown that a maintainer wrote, never GitHub's text.
func markdown(src []byte) (template.HTML, error) {
	if len(bytes.TrimSpace(src)) == 0 {
		return "", nil
	}
	var b bytes.Buffer
	if err := newMarkdown().Convert(src, &b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil //nolint:gosec // goldmark escapes; raw HTML is off
}

// tame is an AST transformer that takes out what a page must not have.
type tame struct{}

// Transform implements goldmark's parser.ASTTransformer.
func (tame) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var images []*ast.Image
	var raw, dead []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(n.Level+1, 6)
		case *ast.Link:
			if safeURL(string(n.Destination)) == "" {
				dead = append(dead, n)
			}
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL && safeURL(string(n.URL(reader.Source()))) == "" {
				raw = append(raw, n)
			}
		case *ast.Image:
			images = append(images, n)
		case *ast.RawHTML, *ast.HTMLBlock:
			raw = append(raw, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range raw {
		n.Parent().RemoveChild(n.Parent(), n)
	}
	for _, n := range images {
		if to := safeURL(string(n.Destination)); to != "" && !inLink(n) {
			link := ast.NewLink()
			link.Destination = []byte(to)
			n.Parent().InsertBefore(n.Parent(), n, link)
			link.AppendChild(link, n)
		}
		unwrap(n)
	}
	for _, n := range dead {
		unwrap(n)
	}
}

// unwrap puts a node's children in its place.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for c := n.FirstChild(); c != nil; c = n.FirstChild() {
		parent.InsertBefore(parent, n, c)
	}
	parent.RemoveChild(parent, n)
}

// inLink reports whether a node stands inside a link; links do not nest.
func inLink(n ast.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindLink {
			return true
		}
	}
	return false
}
