using System.Globalization;
using System.Text.Json;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>
/// One object of a scenario file. Every field is asked for by name; <see cref="RefuseUnknownFields"/> then names what
/// nobody asked for, so that a misspelt field is never silently ignored.
/// </summary>
internal sealed class ScenarioNode
{
    private readonly string file;
    private readonly string path;
    private readonly JsonElement element;
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    /// <summary>A nanosecond; shorter is a slip of the pen.</summary>
    private const double ShortestSeconds = 1e-9;

    /// <summary>About thirty years; longer would only overflow what is computed from it.</summary>
    private const double LongestSeconds = 1e9;

    /// <summary>More than all money there is; longer digits would only make sums that nobody can read.</summary>
    private const double MostMoney = 1e15;

    public ScenarioNode(string file, string path, JsonElement element, string expected = "fields with values")
    {
        this.file = file;
        this.path = path;
        this.element = element;
        if (element.ValueKind != JsonValueKind.Object)
            throw new BadContentException(file, path, Describe(element), expected);
    }

    public bool Has(string name)
    {
        asked.Add(name);
        return element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;
    }

    public ScenarioNode? Section(string name, string expected = "fields with values") =>
        Has(name) ? new ScenarioNode(file, $"{path}.{name}", element.GetProperty(name), expected) : null;

    public string? Text(string name)
    {
        if (!Has(name))
            return null;
        var value = element.GetProperty(name);
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            _ => throw Wrong(name, "a text"),
        };
    }

    public IReadOnlyList<string>? Texts(string name)
    {
        if (!Has(name))
            return null;
        var value = element.GetProperty(name);
        if (value.ValueKind == JsonValueKind.String)
            return [value.GetString()!];
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(name, "a list of texts");

        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
            texts.Add(
                item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(name, "a list of texts")
            );
        return texts;
    }

    /// <summary>A number within bounds; text that holds a number counts, since YAML writes both alike.</summary>
    public double? Number(string name, double least, double most)
    {
        if (!Has(name))
            return null;
        var expected = string.Create(
            CultureInfo.InvariantCulture,
            $"a number from {least:#,0.#########} to {most:#,0.#########}"
        );
        var value = element.GetProperty(name);
        var read = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.String
                when double.TryParse(
                    value.GetString(),
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out var number
                ) => number,
            _ => throw Wrong(name, expected),
        };
        return read >= least && read <= most ? read : throw Wrong(name, expected);
    }

    public long? WholeNumber(string name, long least, long most)
    {
        var number = Number(name, least, most);
        return number is null ? null
            : number == Math.Floor(number.Value) ? (long)number
            : throw Wrong(name, "a whole number");
    }

    /// <summary>"30 %" or 0.3.</summary>
    public double? Share(string name, bool mayBeZero = false)
    {
        if (!Has(name))
            return null;
        const string Expected = "a share such as 30 % or 0.3";
        var text = Text(name)!.Trim();
        var isPercent = text.EndsWith('%');
        if (
            !double.TryParse(
                isPercent ? text[..^1] : text,
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out var number
            )
        )
            throw Wrong(name, Expected);
        var share = isPercent ? number / 100 : number;
        return share is > 0 and <= 1 || (mayBeZero && share == 0) ? share : throw Wrong(name, Expected);
    }

    public Duration? Duration(string name)
    {
        if (!Has(name))
            return null;
        return
            Quantities.Duration.TryParse(Text(name)!, out var duration)
            && duration.Seconds is >= ShortestSeconds and <= LongestSeconds
            ? duration
            : throw Wrong(name, "a time with its unit, such as 1.5 s or 50 ms");
    }

    public Money? Money(string name, bool mayBeZero = false)
    {
        if (!Has(name))
            return null;
        return
            Quantities.Money.TryParse(Text(name)!, out var money)
            && (double)money.Usd is var usd
            && usd <= MostMoney
            && (usd > 0 || (mayBeZero && usd == 0))
            ? money
            : throw Wrong(name, $"an amount in USD {(mayBeZero ? "from 0" : "above 0")} to 1e15, such as 8000 USD");
    }

    /// <summary>The objects of a list; empty when it is not there.</summary>
    public IReadOnlyList<ScenarioNode> Items(string name, string expected)
    {
        if (!Has(name))
            return [];
        var value = element.GetProperty(name);
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(name, expected);
        return
        [
            .. value
                .EnumerateArray()
                .Select((item, index) => new ScenarioNode(file, $"{path}.{name}[{index}]", item, expected)),
        ];
    }

    /// <summary>All fields with numbers for values, such as scores by benchmark.</summary>
    public IEnumerable<(string Name, double Value)> Numbers(double least, double most)
    {
        foreach (var property in element.EnumerateObject())
            yield return (property.Name, Number(property.Name, least, most)!.Value);
    }

    public bool? Flag(string name)
    {
        if (!Has(name))
            return null;
        return element.GetProperty(name).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.String when bool.TryParse(element.GetProperty(name).GetString(), out var flag) => flag,
            _ => throw Wrong(name, "true or false"),
        };
    }

    /// <summary>"0.22 USD/kWh", or the number alone.</summary>
    public double? Amount(string name, string unit, double least, double most)
    {
        if (!Has(name))
            return null;
        var text = Text(name)!.Trim();
        var number = text.EndsWith(unit, StringComparison.OrdinalIgnoreCase) ? text[..^unit.Length].Trim() : text;
        return
            double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var amount)
            && amount >= least
            && amount <= most
            ? amount
            : throw Wrong(
                name,
                string.Create(CultureInfo.InvariantCulture, $"{least:#,0.####} to {most:#,0.####} {unit}")
            );
    }

    /// <summary>One amount, or { low, base, high } of them.</summary>
    public PlanningRange? Range(string name, string unit, double least, double most)
    {
        if (!Has(name))
            return null;
        if (element.GetProperty(name).ValueKind != JsonValueKind.Object)
            return PlanningRange.Single(Amount(name, unit, least, most)!.Value);
        var node = Section(name)!;
        var middle = node.Amount("base", unit, least, most) ?? throw node.Missing("base", $"an amount in {unit}");
        var low = node.Amount("low", unit, least, most) ?? middle;
        var high = node.Amount("high", unit, least, most) ?? middle;
        node.RefuseUnknownFields();
        return low <= middle && middle <= high
            ? new PlanningRange(low, middle, high)
            : throw node.Wrong("base", "low <= base <= high");
    }

    /// <summary>"36 months" or "3 years".</summary>
    public int? Months(string name, int least, int most)
    {
        if (!Has(name))
            return null;
        var words = Text(name)!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (
            words is [var count, "month" or "months" or "year" or "years"]
            && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= most
            && number * (words[1].StartsWith('y') ? 12 : 1) is var months
            && months >= least
            && months <= most
        )
            return months;
        throw Wrong(name, $"{least} to {most} months, such as 36 months");
    }

    public void RefuseUnknownFields()
    {
        foreach (var property in element.EnumerateObject())
        {
            if (!asked.Contains(property.Name))
                throw new BadContentException(
                    file,
                    $"{path}.{Shortened(property.Name)}",
                    "unknown field",
                    $"one of {string.Join(", ", asked.Order(StringComparer.Ordinal))}"
                );
        }
    }

    public BadContentException Missing(string name, string expected) =>
        new(file, $"{path}.{name}", "missing", expected);

    public BadContentException Wrong(string name, string expected) =>
        new(
            file,
            $"{path}.{name}",
            element.TryGetProperty(name, out var value) ? Describe(value) : "missing",
            expected
        );

    private static string Describe(JsonElement value) => Shortened(value.GetRawText());

    private static string Shortened(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
