using System.Collections.Immutable;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>A part of the report, in plain text. What writes HTML or Markdown escapes it.</summary>
internal abstract record Block
{
    private Block() { }

    /// <param name="Text">Whole sentences.</param>
    /// <param name="IsQuiet">Set small: how to read what stands beside it.</param>
    public sealed record Paragraph(string Text, bool IsQuiet = false) : Block;

    public sealed record Bullets(string Title, ImmutableArray<string> Items, bool IsOrdered = false) : Block;

    /// <summary>Headings that start with '>' are columns of figures and stand on the right.</summary>
    public sealed record Table(string Title, ImmutableArray<string> Headings, ImmutableArray<ImmutableArray<Cell>> Rows)
        : Block;

    /// <summary>The few numbers a reader takes away, set large.</summary>
    public sealed record KeyFigures(ImmutableArray<KeyFigure> Figures) : Block;

    public sealed record Picture(Chart Chart) : Block;

    public sealed record Folded(string Summary, ImmutableArray<Block> Blocks) : Block;
}

/// <summary>What stands in a field of a table, and what stands small below it.</summary>
internal readonly record struct Cell(string Text, string Detail = "")
{
    public static implicit operator Cell(string text) => new(text);

    public static Cell Of(WrittenEstimate written) =>
        new(written.Value, written.Range.Length == 0 ? $"{written.Mark}" : $"({written.Range}) {written.Mark}");

    public static Cell Of(Estimate? estimate, double unit = 1, string symbol = "") =>
        estimate is { } known ? Of(Figures.Written(known, unit, symbol)) : "not known";

    public static Cell OfTime(Estimate? seconds) =>
        seconds is { } known ? Of(Figures.WrittenTime(known)) : "not measured";
}

/// <param name="Name">In plain words.</param>
/// <param name="Value">With its unit.</param>
/// <param name="Detail">Range, evidence and what it is about.</param>
internal sealed record KeyFigure(string Name, string Value, string Detail);

/// <summary>A chapter of the report under what it finds.</summary>
/// <param name="Id">Of the HTML element.</param>
/// <param name="Heading">The finding; empty for the verdict, whose heading is the page's.</param>
/// <param name="Blocks">At least one.</param>
internal sealed record ReportSection(string Id, string Heading, ImmutableArray<Block> Blocks);

/// <summary>A picture that a page draws at the widths it needs, and its values as a table.</summary>
internal sealed record Chart
{
    public required string Id { get; init; }

    /// <summary>What it shows, as a finding.</summary>
    public required string Title { get; init; }

    /// <summary>What is drawn, for who cannot see it.</summary>
    public required string Description { get; init; }

    /// <summary>How to read it, in a line below.</summary>
    public string Note { get; init; } = "";

    /// <summary>Draws it as wide as is given.</summary>
    public required Func<double, Canvas> Draw { get; init; }
    public required Block.Table Values { get; init; }
}
