using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Loadline.Quantities;

namespace Loadline.Catalog;

/// <summary>A value the catalog cannot hold, with what would have been right; the reader adds the file and place.</summary>
internal sealed class UnreadableValueException(string found, string expected)
    : JsonException($"{found}; expected {expected}")
{
    public string Found { get; } = found;

    public string Expected { get; } = expected;
}

/// <summary>A quantity written as text with its unit.</summary>
internal abstract class QuantityConverter<T>(QuantityConverter<T>.Parser parse, string expected) : JsonConverter<T>
{
    public delegate bool Parser(string text, out T value);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String && parse(reader.GetString()!, out var value))
            return value;

        using var document = JsonDocument.ParseValue(ref reader);
        throw new UnreadableValueException(document.RootElement.GetRawText(), expected);
    }

    // Three significant digits are for people; writing them into a file would lose what was read.
    [DoesNotReturn]
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Catalog entries are shown as they were read, never written anew.");
}

internal sealed class ByteSizeConverter()
    : QuantityConverter<ByteSize>(ByteSize.TryParse, "a size such as \"80 GiB\" or \"24564 MiB\"");

internal sealed class BandwidthConverter()
    : QuantityConverter<Bandwidth>(Bandwidth.TryParse, "a bandwidth such as \"3.35 TB/s\"");

internal sealed class FlopRateConverter()
    : QuantityConverter<FlopRate>(FlopRate.TryParse, "a rate such as \"989.4 TFLOP/s\" or \"1979 TOP/s\"");

internal sealed class DurationConverter()
    : QuantityConverter<Duration>(Duration.TryParse, "a time such as \"3.4 us\" or \"0.98 ms\"");

internal sealed class PowerConverter() : QuantityConverter<Power>(Power.TryParse, "a power such as \"700 W\"");

/// <summary>How many there are of something in a machine.</summary>
internal sealed class DeviceCountConverter : JsonConverter<int>
{
    private const int Most = 100_000;

    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var count) && count is >= 1 and <= Most)
            return count;
        using var document = JsonDocument.ParseValue(ref reader);
        throw new UnreadableValueException(document.RootElement.GetRawText(), "a count from 1 to 100,000");
    }

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value);
}

internal sealed class MoneyConverter() : QuantityConverter<Money>(Money.TryParse, "an amount such as \"55.04 USD\"");

/// <summary>Enum members by their name in camelCase.</summary>
internal sealed class NameConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            var text = reader.GetString();
            foreach (var value in Enum.GetValues<T>())
            {
                if (NameOf(value) == text)
                    return value;
            }
        }
        using var document = JsonDocument.ParseValue(ref reader);
        var names = string.Join(", ", Enum.GetValues<T>().Select(NameOf));
        throw new UnreadableValueException(document.RootElement.GetRawText(), $"one of {names}");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(NameOf(value));

    private static string NameOf(T value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
