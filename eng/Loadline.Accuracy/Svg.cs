using System.Globalization;
using System.Net;
using System.Text;

namespace Loadline.Accuracy;

/// <summary>Writes one picture as SVG; lengths in pixels, colours by class, light or dark as the reader prefers.</summary>
internal sealed class Svg
{
    /// <summary>Okabe and Ito, "Color Universal Design", 2008; blues and greys that carry on black stand in when it is dark.</summary>
    private const string Style = """
        text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1a1a1a }
        .title { font-size: 16px; font-weight: 600 } .small { font-size: 12px } .quiet { fill: #595959 }
        .page { fill: #ffffff } .axis { stroke: #595959 } .grid { stroke: #e4e4e4 } .guide { stroke: #8a8a8a; stroke-dasharray: 4 3 }
        .goal { stroke: #1a1a1a; stroke-width: 2 } .band { fill: #009e73; opacity: .14 } .whisker { stroke: #595959; stroke-width: 1.5 }
        .s0 { fill: #0072b2 } .s1 { fill: #e69f00 } .s2 { fill: #009e73 } .s3 { fill: #d55e00 } .s4 { fill: #8a8a8a }
        .dots { opacity: .65 }
        @media (prefers-color-scheme: dark) {
          text { fill: #ececec } .quiet { fill: #b0b0b0 } .page { fill: #15181c } .axis { stroke: #b0b0b0 }
          .grid { stroke: #2c3138 } .guide { stroke: #8a8a8a } .goal { stroke: #ececec } .band { opacity: .3 } .whisker { stroke: #b0b0b0 }
          .s0 { fill: #56b4e9 } .s4 { fill: #9a9a9a } .dots { opacity: .8 }
        }
        """;

    private readonly StringBuilder body = new();
    private readonly string head;

    public Svg(int width, int height, string title, string description) =>
        head = $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="title description">
            <title id="title">{WebUtility.HtmlEncode(title)}</title>
            <desc id="description">{WebUtility.HtmlEncode(description)}</desc>
            <style>
            {Style}
            </style>
            <rect class="page" width="{width}" height="{height}"/>
            """;

    /// <summary>Where a text stands by its point.</summary>
    internal enum Anchor
    {
        Start,
        Middle,
        End,
    }

    public Svg Text(double x, double y, string text, string style = "", Anchor anchor = Anchor.Start) =>
        Add(
            $"""<text x="{Px(x)}" y="{Px(y)}"{Class(style)} text-anchor="{AnchorName(anchor)}">{WebUtility.HtmlEncode(text)}</text>"""
        );

    public Svg Line(double x1, double y1, double x2, double y2, string style) =>
        Add($"""<line x1="{Px(x1)}" y1="{Px(y1)}" x2="{Px(x2)}" y2="{Px(y2)}"{Class(style)}/>""");

    public Svg Box(double x, double y, double width, double height, string style) =>
        Add($"""<rect x="{Px(x)}" y="{Px(y)}" width="{Px(width)}" height="{Px(height)}"{Class(style)}/>""");

    public Svg Circle(double x, double y, double radius, string style) =>
        Add($"""<circle cx="{Px(x)}" cy="{Px(y)}" r="{Px(radius)}"{Class(style)}/>""");

    /// <summary>Marks of one shape and colour at many points, as one path.</summary>
    public Svg Marks(MarkShape shape, IEnumerable<(double X, double Y)> points, string style) =>
        Add($"""<path d="{string.Concat(points.Select(point => Mark(shape, point.X, point.Y)))}"{Class(style)}/>""");

    public override string ToString() => $"{head}\n{body}</svg>\n".ReplaceLineEndings("\n");

    private static string Mark(MarkShape shape, double x, double y) =>
        shape switch
        {
            MarkShape.Dot => $"M{Px(x - 2.2)} {Px(y)}a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0 -4.4 0z",
            MarkShape.Square => $"M{Px(x - 2)} {Px(y - 2)}h4v4h-4z",
            MarkShape.Triangle => $"M{Px(x)} {Px(y - 2.7)}l2.6 4.6h-5.2z",
            MarkShape.Diamond => $"M{Px(x)} {Px(y - 2.8)}l2.8 2.8l-2.8 2.8l-2.8 -2.8z",
            _ => $"M{Px(x - 2.6)} {Px(y - 0.7)}h1.9v-1.9h1.4v1.9h1.9v1.4h-1.9v1.9h-1.4v-1.9h-1.9z",
        };

    private static string AnchorName(Anchor anchor) =>
        anchor switch
        {
            Anchor.Middle => "middle",
            Anchor.End => "end",
            _ => "start",
        };

    private static string Class(string style) => style.Length == 0 ? "" : $" class=\"{style}\"";

    private static string Px(double value) => Math.Round(value, 1).ToString("0.#", CultureInfo.InvariantCulture);

    private Svg Add(string element)
    {
        body.Append(element).Append('\n');
        return this;
    }
}

/// <summary>Shapes that tell series apart without their colours.</summary>
internal enum MarkShape
{
    Dot,
    Square,
    Triangle,
    Diamond,
    Cross,
}
