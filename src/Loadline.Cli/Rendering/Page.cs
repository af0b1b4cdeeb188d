using Spectre.Console;

namespace Loadline.Cli.Rendering;

/// <summary>A page of text for a terminal or a pipe: sentences, tables with right-aligned figures, short lists.</summary>
/// <remarks>Colour and box characters only repeat what the text says and vanish in a pipe.</remarks>
internal sealed class Page
{
    private readonly IAnsiConsole console;
    private readonly TextWriter writer;
    private readonly int width;
    private readonly bool isPlain;

    public Page(TextWriter writer, int width, bool isPlain)
    {
        this.writer = writer;
        this.width = width;
        this.isPlain = isPlain;
        console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = isPlain ? AnsiSupport.No : AnsiSupport.Yes,
                ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Standard,
                Interactive = InteractionSupport.No,
                Out = new FixedWidth(writer, width),
            }
        );
    }

    /// <summary>The answer in plain words, first on the page.</summary>
    public void Headline(string text)
    {
        if (isPlain)
            Line(text);
        else
            console.MarkupLine($"[bold]{Markup.Escape(Wrap(text))}[/]");
    }

    public void Line(string text = "") => writer.WriteLine(Wrap(text));

    public void Verbatim(string text) => writer.WriteLine(text);

    /// <summary>Lines of "name   value", the names in one column.</summary>
    public void Facts(params IReadOnlyList<(string Name, string Value)> facts)
    {
        var indent = facts.Max(fact => fact.Name.Length) + 2;
        foreach (var (name, value) in facts)
            writer.WriteLine(Wrap(name.PadRight(indent) + value, indent));
    }

    public void List(string title, IEnumerable<string> items)
    {
        var lines = items.ToList();
        if (lines.Count == 0)
            return;
        writer.WriteLine();
        writer.WriteLine(title);
        foreach (var line in lines)
            writer.WriteLine(Wrap("- " + line, 2));
    }

    /// <summary>A table; headings that start with '>' are columns of figures and stand on the right.</summary>
    /// <remarks>Where words would have to be cut to make it fit, every row becomes a few lines of its own.</remarks>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var lines = rows.ToList();
        if (TableColumns.Fit(headings, lines, width - Margins(headings.Count)) is not { } widths)
        {
            Records(headings, lines);
            return;
        }
        var table = new Table
        {
            Border = isPlain ? TableBorder.None : TableBorder.Horizontal,
            ShowRowSeparators = false,
        };
        if (!isPlain)
            table.BorderStyle = new Style(foreground: Color.Grey);
        for (var i = 0; i < headings.Count; i++)
        {
            var isFigure = TableColumns.IsFigure(headings[i]);
            var column = new TableColumn(Markup.Escape(TableColumns.Name(headings[i])))
            {
                NoWrap = isFigure,
                Width = widths[i],
                Padding = new Padding(0, 0, isPlain && i < headings.Count - 1 ? 1 : 0, 0),
            };
            table.AddColumn(isFigure ? column.RightAligned() : column);
        }
        foreach (var row in lines)
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        writer.WriteLine();
        console.Write(table);
    }

    /// <summary>What stands between columns, and with rules at both ends.</summary>
    private int Margins(int columns) => isPlain ? columns - 1 : columns + 1;

    private void Records(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        foreach (var row in rows)
        {
            writer.WriteLine();
            writer.WriteLine(Wrap(row[0]));
            Facts([.. Enumerable.Range(1, row.Count - 1).Select(i => ("  " + TableColumns.Name(headings[i]), row[i]))]);
        }
    }

    private string Wrap(string text, int indent = 0)
    {
        if (text.Length <= width)
            return text;
        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width && line.TrimEnd().Length > indent)
            {
                lines.Add(line.TrimEnd());
                line = new string(' ', indent) + word;
            }
            else
                line = line.Length == 0 && lines.Count == 0 ? word : $"{line} {word}";
        }
        lines.Add(line.TrimEnd());
        return string.Join('\n', lines);
    }

    /// <summary>Spectre.Console asks its output for a width; ours is what the page was made for.</summary>
    private sealed class FixedWidth(TextWriter writer, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => false;

        public int Width => width;

        public int Height => 50;

        public void SetEncoding(System.Text.Encoding encoding) { }
    }
}
