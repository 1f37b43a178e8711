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

// entries lists a directory in git's order, in which a directory's name
// counts as if it ended in a slash.
func (t treeNode) entries() []treeEntry {
	var all []treeEntry
	seen := map[string]bool{}
	for i := range t.of.Files {
		file := &t.of.Files[i]
		rel, inside := file.Path, true
		if t.dir != "" {
			rel, inside = strings.CutPrefix(rel, t.dir+"/")
		}
		name, _, below := strings.Cut(rel, "/")
		if !inside || seen[name] {
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

func (t treeNode) objects() []object {
	var all []object
	for _, e := range t.entries() {
		all = append(all, e)
	}
	return all
}

func (e treeEntry) sortKey() string {
	if e.file == nil {
		return e.name + "/"
	}
	return e.name
}

// object is the blob or tree behind the name.
func (e treeEntry) object() gitObject {
	if e.file == nil {
		return treeNode{e.in.of, path.Join(e.in.dir, e.name)}
	}
	return blobNode{e.in.of, e.file}
}

// at returns the tree or blob at a path below the root t, nil for none.
func (t treeNode) at(name string) value {
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

// oid is git's own hash of the directory.
func (t treeNode) oid() string {
	var content []byte
	for _, e := range t.entries() {
		mode := "100644"
		if e.file == nil {
			mode = "40000"
		}
		content = fmt.Appendf(content, "%s %s\x00", mode, e.name)
		sum, _ := hex.DecodeString(e.object().oid()) // our own hex
		content = append(content, sum...)
	}
	return gitHash("tree", content)
}

// oid is git's own hash of the content.
func (b blobNode) oid() string { return gitHash("blob", []byte(b.file.Text)) }

func gitHash(kind string, content []byte) string {
	sum := sha1.Sum(append([]byte(kind+" "+strconv.Itoa(len(content))+"\x00"), content...))
	return hex.EncodeToString(sum[:])
}

func (b blobNode) binary() bool { return strings.Contains(b.file.Text, "\x00") }

func (b blobNode) text() value {
	if b.binary() {
		return nil
	}
	return b.file.Text[:min(len(b.file.Text), maxText)]
}
