namespace Loadline.Planning;

/// <summary>Collects shapes and writes them as one SVG. Looks are classes of the page's style sheet.</summary>
internal sealed class Canvas(double width, double height)
{
    /// <summary>Sizes of the style sheet, in units of the picture.</summary>
    public const double LabelSize = 13;
    public const double TickSize = 12;

    private readonly List<Markup> shapes = [];

    public double Width { get; } = width;

    public double Height { get; } = height;

    public void Line(double x1, double y1, double x2, double y2, string look) =>
        shapes.Add(Markup.Of($"<line class=\"{look}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"));

    public void Rectangle(double x, double y, double width, double height, string look) =>
        shapes.Add(
            Markup.Of(
                $"<rect class=\"{look}\" x=\"{x}\" y=\"{y}\" width=\"{Math.Max(0, width)}\" height=\"{Math.Max(0, height)}\"/>"
            )
        );

    public void Circle(double x, double y, double radius, string look) =>
        shapes.Add(Markup.Of($"<circle class=\"{look}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"));

    public void Polyline(IEnumerable<(double X, double Y)> points, string look) =>
        shapes.Add(Markup.Of($"<polyline class=\"{look}\" points=\"{Points(points)}\"/>"));

    public void Polygon(IEnumerable<(double X, double Y)> points, string look) =>
        shapes.Add(Markup.Of($"<polygon class=\"{look}\" points=\"{Points(points)}\"/>"));

    /// <summary>Text from its left end on the base line; "m" and "e" in the look mean middle and end.</summary>
    public void Text(double x, double y, string text, string look = "l") =>
        shapes.Add(Markup.Of($"<text class=\"{look}\" x=\"{x}\" y=\"{y}\">{text}</text>"));

    /// <summary>A name that stands out, and what is said of it.</summary>
    public void Label(double x, double y, string name, string rest) =>
        shapes.Add(Markup.Of($"<text x=\"{x}\" y=\"{y}\"><tspan class=\"b\">{name}</tspan> {rest}</text>"));

    /// <summary>A thin line to a label that had to move away from its point.</summary>
    public void Leader(Box label, double x, double y)
    {
        var (nearX, nearY) = (Math.Clamp(x, label.Left, label.Right), Math.Clamp(y, label.Top, label.Bottom));
        const double Near = 22;
        if (Math.Abs(nearX - x) + Math.Abs(nearY - y) > Near)
            Line(x, y, nearX, nearY, "leader");
    }

    /// <summary>The picture, with the words a screen reader says instead of it.</summary>
    public Markup ToSvg(string id, string title, string description) =>
        Markup.Of(
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {Width} {Height}" aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title><desc id="{id}-d">{description}</desc>{Markup.Join(
                shapes
            )}</svg>
            """
        );

    /// <summary>The same as a file of its own, with its style and room around it.</summary>
    public string ToFile(string title, string description)
    {
        const double Room = 24;
        const double Head = 34;
        var (wide, high) = (Width + 2 * Room, Height + 2 * Room + Head);
        return Markup
            .Of(
                $"""
                <svg xmlns="http://www.w3.org/2000/svg" role="img" width="{wide}" height="{high}" viewBox="{-Room} {-Room
                    - Head} {wide} {high}" aria-labelledby="t d"><title id="t">{title}</title><desc id="d">{description}</desc><style>{ReportStyle.OfPictures}</style><text class="b" x="0" y="{-Head
                    + 12}">{title}</text>{Markup.Join(shapes)}</svg>

                """
            )
            .Text;
    }

    private static Markup Points(IEnumerable<(double X, double Y)> points) =>
        new(string.Join(' ', points.Select(point => Markup.Of($"{point.X},{point.Y}").Text)));
}
