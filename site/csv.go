package site

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"
)

// columns are the fields of a repository line that are scalars, by index, and
// what the header calls them.
var columns, header = func() (columns []int, header []string) {
	line := reflect.TypeFor[repositoryLine]()
	for i := range line.NumField() {
		t := line.Field(i).Type
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t == reflect.TypeFor[when]() || t.Kind() == reflect.String || t.Kind() == reflect.Bool || t.Kind() == reflect.Int {
			columns, header = append(columns, i), append(header, line.Field(i).Tag.Get("json"))
		}
	}
	return columns, header
}()

// cellOf writes a scalar field; null is an empty cell.
func cellOf(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if w, ok := v.Interface().(when); ok {
		return rfc3339(time.Time(w))
	}
	if v.Kind() == reflect.String {
		return guard(v.String())
	}
	return fmt.Sprint(v)
}

// guard keeps a spreadsheet from taking text for a formula: text that begins
// as one could, or with a character that hides one, gets a leading apostrophe.
func guard(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r\x00", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// writeCSV writes RFC 4180: a header row, CRLF line ends, null as an empty field.
func (r *brief) writeCSV(w io.Writer, rows []int32) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if err := c.Write(header); err != nil {
		return err
	}
	record := make([]string, len(columns))
	for _, i := range rows {
		line := reflect.ValueOf(newLine(r.rows[i].Finding, r.asOf))
		for j, field := range columns {
			record[j] = cellOf(line.Field(field))
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
