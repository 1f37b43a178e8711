package nuget

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
)

// What a file may hold at most. Real project files are a few kB.
const (
	maxFile     = 1 << 20
	maxElements = 20_000
	maxDepth    = 50
)

// element is an XML element, its names folded to lower case and without their
// namespaces, because MSBuild ignores both.
type element struct {
	name     string
	attrs    map[string]string
	text     string // its own, trimmed
	children []*element
}

// value is an item's metadata of a name: an attribute, else a child's text.
func (e *element) value(name string) string {
	if v, ok := e.attrs[name]; ok {
		return v
	}
	if c := e.child(name); c != nil {
		return c.text
	}
	return ""
}

// child is the first of a name; nil when there is none.
func (e *element) child(name string) *element {
	if e == nil {
		return nil
	}
	if i := slices.IndexFunc(e.children, func(c *element) bool { return c.name == name }); i >= 0 {
		return e.children[i]
	}
	return nil
}

// parseXML reads a document into memory. It refuses document type declarations,
// because entities can make a small file large, and whatever is not
// well-formed.
func parseXML(data []byte) (*element, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("it is larger than %d kB", maxFile>>10)
	}
	data, err := utf8Of(data)
	if err != nil {
		return nil, err
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = charset
	var root *element
	var open []*element
	for count := 0; ; {
		tok, err := d.Token()
		if err == io.EOF && root != nil {
			return root, nil
		}
		if err != nil {
			return nil, described(err)
		}
		switch tok := tok.(type) {
		case xml.Directive:
			return nil, at(d, "document type declarations are not read")
		case xml.StartElement:
			if count++; count > maxElements || len(open) >= maxDepth {
				return nil, at(d, fmt.Sprintf("more than %d elements, or nested deeper than %d", maxElements, maxDepth))
			}
			e := &element{name: strings.ToLower(tok.Name.Local), attrs: make(map[string]string)}
			for _, a := range tok.Attr {
				e.attrs[strings.ToLower(a.Name.Local)] = strings.TrimSpace(a.Value)
			}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, e)
			case root != nil:
				return nil, at(d, "a second root element")
			default:
				root = e
			}
			open = append(open, e)
		case xml.EndElement:
			top := open[len(open)-1]
			top.text = strings.TrimSpace(top.text)
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(tok)
			} else if len(bytes.TrimSpace(tok)) > 0 {
				return nil, at(d, "text outside the root element")
			}
		}
	}
}

func at(d *xml.Decoder, what string) error {
	line, _ := d.InputPos()
	return fmt.Errorf("line %d: %s", line, what)
}

func described(err error) error {
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return fmt.Errorf("line %d: %s", syntax.Line, syntax.Msg)
	}
	if err == io.EOF {
		return errors.New("it holds no element")
	}
	return err
}

// utf8Of decodes UTF-16, which Visual Studio sometimes wrote, and drops a
// byte-order mark.
func utf8Of(data []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		return data[3:], nil
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{'<', 0}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}), bytes.HasPrefix(data, []byte{0, '<'}):
		order = binary.BigEndian
	default:
		return data, nil
	}
	if len(data)%2 != 0 {
		return nil, errors.New("it is UTF-16, and cut off in the middle of a character")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(strings.TrimPrefix(string(utf16.Decode(units)), "\uFEFF")), nil
}

// charset reads the encodings that a declaration may name besides UTF-8. UTF-16
// is decoded by then.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii":
		return in, nil
	case "iso-8859-1", "latin1", "windows-1252":
		data, err := io.ReadAll(in)
		var b strings.Builder
		for _, c := range data {
			b.WriteRune(rune(c))
		}
		return strings.NewReader(b.String()), err
	}
	return nil, fmt.Errorf("its encoding %q is not known", label)
}
