using System.Globalization;
using System.Text;

namespace Loadline.Accuracy;

/// <summary>Builds a page: headings, paragraphs, tables; figures as the other pages print them.</summary>
internal sealed class Markdown
{
    private const int Columns = 120;

    private readonly StringBuilder text = new();

    public Markdown Heading(string heading) => Line($"### {heading}").Line("");

    /// <summary>Words in lines of up to 120 columns.</summary>
    public Markdown Paragraph(string paragraph)
    {
        var line = "";
        foreach (var word in paragraph.Split(' '))
        {
            if (line.Length + 1 + word.Length > Columns)
            {
                Line(line);
                line = word;
                continue;
            }
            line = line.Length == 0 ? word : $"{line} {word}";
        }
        return Line(line).Line("");
    }

    /// <param name="heads">Column heads; those after a bar are aligned to the right.</param>
    public Markdown Table(string heads, IEnumerable<IEnumerable<string>> rows)
    {
        var columns = heads.Split('|');
        Line($"| {string.Join(" | ", columns.Select(head => head.Trim('>')))} |");
        Line($"|{string.Join('|', columns.Select(head => head.StartsWith('>') ? "---:" : "---"))}|");
        foreach (var row in rows)
            Line($"| {string.Join(" | ", row)} |");
        return Line("");
    }

    public override string ToString() => text.ToString().TrimEnd('\n') + "\n";

    public static string Percent(double? share) =>
        share is { } value
            ? (value * 100).ToString(Math.Abs(value) < 0.0995 ? "0.0;-0.0;0.0" : "N0", CultureInfo.InvariantCulture)
                + " %"
            : "";

    public static string Factor(double? factor) =>
        factor is { } value ? "x" + value.ToString("0.00", CultureInfo.InvariantCulture) : "";

    public static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Decimal(double? value) => value?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";

    private Markdown Line(string line)
    {
        text.Append(line).Append('\n');
        return this;
    }
}
