package githubsim

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// maxText is how much of a file's text GitHub gives before it truncates.
const maxText = 512_000

// treeNode is a directory: "" is the root.
type treeNode struct {
	of  *repo
	dir string
}

// treeEntry is one name in a directory.
type treeEntry struct {
	in   treeNode
	name string
	file *File // nil for a directory
}

// blobNode is a file's content.
type blobNode struct {
	of   *repo
	file *File
}

func (treeNode) typeName() string  { return "Tree" }
func (treeEntry) typeName() string { return "TreeEntry" }
func (blobNode) typeName() string  { return "Blob" }

func (t treeNode) repository() *repo { return t.of }
func (b blobNode) repository() *repo { return b.of }

func (r *repo) tree(dir string) treeNode { return treeNode{r, dir} }

// entries lists a directory in git's order, in which a directory's name
// counts as if it ended in a slash.
func (t treeNode) entries() []treeEntry {
	var all []treeEntry
	seen := map[string]bool{}
	for i := range t.of.Files {
		file := &t.of.Files[i]
		rel := file.Path
		if t.dir != "" {
			var inside bool
			if rel, inside = strings.CutPrefix(rel, t.dir+"/"); !inside {
				continue
			}
		}
		name, _, below := strings.Cut(rel, "/")
		if seen[name] {
			continue
		}
		seen[name] = true
		if below {
			file = nil
		}
		all = append(all, treeEntry{t, name, file})
	}
	slices.SortFunc(all, func(a, b treeEntry) int { return strings.Compare(a.sortKey(), b.sortKey()) })
	return all
}

func (e treeEntry) sortKey() string {
	if e.file == nil {
		return e.name + "/"
	}
	return e.name
}

func (e treeEntry) path() string { return path.Join(e.in.dir, e.name) }

// object is the blob or tree behind the name.
func (e treeEntry) object() repositoryObject {
	if e.file == nil {
		return treeNode{e.in.of, e.path()}
	}
	return blobNode{e.in.of, e.file}
}

func (e treeEntry) mode() int {
	if e.file == nil {
		return 0o40000
	}
	return 0o100644
}

// at returns the tree or blob at a path below t, nil for none.
func (t treeNode) at(name string) object {
	if name == "" {
		return t
	}
	for i := range t.of.Files {
		switch file := &t.of.Files[i]; {
		case file.Path == name:
			return blobNode{t.of, file}
		case strings.HasPrefix(file.Path, name+"/"):
			return treeNode{t.of, name}
		}
	}
	return nil
}

// find returns the tree or blob of that id, nil for none.
func (t treeNode) find(oid string) object {
	if t.oid() == oid {
		return t
	}
	for _, e := range t.entries() {
		switch o := e.object().(type) {
		case treeNode:
			if found := o.find(oid); found != nil {
				return found
			}
		case blobNode:
			if o.oid() == oid {
				return o
			}
		}
	}
	return nil
}

// oid is git's own hash of the directory.
func (t treeNode) oid() string {
	var content []byte
	for _, e := range t.entries() {
		content = fmt.Appendf(content, "%o %s\x00", e.mode(), e.name)
		sum, _ := hex.DecodeString(e.object().oid()) // our own hex
		content = append(content, sum...)
	}
	return gitHash("tree", content)
}

// oid is git's own hash of the content.
func (b blobNode) oid() string { return gitHash("blob", []byte(b.file.Text)) }

func gitHash(kind string, content []byte) string {
	h := sha1.New()
	h.Write([]byte(kind + " " + strconv.Itoa(len(content)) + "\x00"))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

func (b blobNode) binary() bool { return strings.Contains(b.file.Text, "\x00") }

func (b blobNode) text() value {
	if b.binary() {
		return nil
	}
	return b.file.Text[:min(len(b.file.Text), maxText)]
}

func treeResolvers() map[string]resolver {
	return map[string]resolver{
		"Tree.entries": on(func(t treeNode) value {
			entries := t.entries()
			objects := make([]object, len(entries))
			for i, e := range entries {
				objects[i] = e
			}
			return objects
		}),
		"TreeEntry.name":       on(func(e treeEntry) value { return e.name }),
		"TreeEntry.path":       on(func(e treeEntry) value { return e.path() }),
		"TreeEntry.extension":  on(func(e treeEntry) value { return path.Ext(e.name) }),
		"TreeEntry.mode":       on(func(e treeEntry) value { return e.mode() }),
		"TreeEntry.oid":        on(func(e treeEntry) value { return e.object().oid() }),
		"TreeEntry.object":     on(func(e treeEntry) value { return e.object() }),
		"TreeEntry.repository": on(func(e treeEntry) value { return e.in.of }),
		"TreeEntry.size": on(func(e treeEntry) value {
			if e.file == nil {
				return 0
			}
			return len(e.file.Text)
		}),
		"TreeEntry.type": on(func(e treeEntry) value {
			if e.file == nil {
				return "tree"
			}
			return "blob"
		}),
		"Blob.byteSize":    on(func(b blobNode) value { return len(b.file.Text) }),
		"Blob.isBinary":    on(func(b blobNode) value { return b.binary() }),
		"Blob.isTruncated": on(func(b blobNode) value { return len(b.file.Text) > maxText }),
		"Blob.text":        on(func(b blobNode) value { return b.text() }),
	}
}
