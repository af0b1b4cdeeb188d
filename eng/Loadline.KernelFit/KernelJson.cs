using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.KernelFit;

/// <summary>Constants as the catalog writes them: three significant digits, quantities with their units.</summary>
internal static class KernelJson
{
    private const int Columns = 120;

    public static JsonObject Of(MatrixConstants constants, string? arithmetic) =>
        Without(
            new JsonObject
            {
                ["computeFraction"] = Rounded(constants.ComputeFraction),
                ["memoryFraction"] = Rounded(constants.MemoryFraction),
                ["startup"] = Microseconds(constants.Startup),
                ["startupPerThousandInputs"] = UnlessZero(constants.StartupPerThousandInputs),
                ["startupPerHundredExperts"] = UnlessZero(constants.StartupPerHundredExperts),
                ["activationBytes"] = constants.ActivationBytes > 0 ? Rounded(constants.ActivationBytes) : null,
                ["smoothness"] = Rounded(constants.Smoothness),
                ["arithmetic"] = arithmetic,
            }
        );

    public static JsonObject Of(AttentionConstants prefill, AttentionConstants decode, string? arithmetic) =>
        Without(
            new JsonObject
            {
                ["prefillFraction"] = Rounded(prefill.PrefillFraction),
                ["queryOverheadTokens"] = Rounded(prefill.QueryOverheadTokens),
                ["softmaxWidth"] = Rounded(prefill.SoftmaxWidth),
                ["prefillStartup"] = Microseconds(prefill.PrefillStartup),
                ["prefillStartupPerThousandTokens"] = UnlessZero(prefill.PrefillStartupPerThousandTokens),
                ["decodeMemoryFraction"] = Rounded(decode.DecodeMemoryFraction),
                ["decodeStartup"] = Microseconds(decode.DecodeStartup),
                ["decodeStartupPerThousandHeads"] = UnlessZero(decode.DecodeStartupPerThousandHeads),
                ["arithmetic"] = arithmetic,
            }
        );

    public static JsonObject Of(LatentDecodeConstants constants) =>
        Without(
            new JsonObject
            {
                ["memoryFraction"] = Rounded(constants.MemoryFraction),
                ["computeFraction"] = Rounded(constants.ComputeFraction),
                ["startup"] = Microseconds(constants.Startup),
                ["startupPerThousandSequences"] = UnlessZero(constants.StartupPerThousandSequences),
            }
        );

    public static JsonObject Of(RecurrentConstants decode, RecurrentConstants? prefill) =>
        Without(
            new JsonObject
            {
                ["memoryFraction"] = Rounded(decode.MemoryFraction),
                ["startup"] = Microseconds(decode.Startup),
                ["prefillStartup"] = prefill?.PrefillStartup is { } startup ? Microseconds(startup) : null,
                ["prefillStartupPerThousandTokens"] = prefill is null
                    ? null
                    : UnlessZero(prefill.PrefillStartupPerThousandTokens),
                ["prefillRate"] = prefill?.PrefillRate is { } rate ? $"{Text(rate.PerSecond / 1e12)} TFLOP/s" : null,
            }
        );

    public static JsonObject Of(AllReduceConstants constants, int devices) =>
        new()
        {
            ["devices"] = devices,
            ["latency"] = Microseconds(constants.Latency),
            ["bandwidth"] = Gigabytes(constants.Bandwidth.BytesPerSecond / 1e9),
            ["ringLatency"] = Microseconds(constants.RingLatency!.Value),
            ["ringBandwidth"] = Gigabytes(constants.RingBandwidth!.Value.BytesPerSecond / 1e9),
        };

    /// <summary>Latency in us and bandwidth in GB/s of both ways.</summary>
    public static JsonObject Exchange(double[] dispatch, double[] combine) =>
        new()
        {
            ["dispatchLatency"] = $"{Text(dispatch[0])} us",
            ["combineLatency"] = $"{Text(combine[0])} us",
            ["dispatchBandwidth"] = Gigabytes(dispatch[1]),
            ["combineBandwidth"] = Gigabytes(combine[1]),
        };

    public static double Rounded(double value) => double.Parse(Text(value), CultureInfo.InvariantCulture);

    /// <summary>An object on one line where it fits, otherwise a member to a line.</summary>
    public static string Format(JsonNode node, int indent = 0)
    {
        var inline = Inline(node);
        // Its name and a comma still go beside it.
        if (inline.Length + indent + 24 <= Columns || node is JsonValue)
            return inline;
        var text = new StringBuilder();
        var margin = new string(' ', indent + 2);
        var members = node is JsonObject fields
            ? fields.Select(pair => $"\"{pair.Key}\": {Format(pair.Value!, indent + 2)}")
            : node.AsArray().Select(item => Format(item!, indent + 2));
        text.Append(node is JsonObject ? '{' : '[');
        text.Append('\n').AppendJoin(",\n", members.Select(member => margin + member)).Append('\n');
        return text.Append(' ', indent).Append(node is JsonObject ? '}' : ']').ToString();
    }

    private static string Inline(JsonNode node) =>
        node switch
        {
            JsonObject fields =>
                $"{{ {string.Join(", ", fields.Select(pair => $"\"{pair.Key}\": {Inline(pair.Value!)}"))} }}",
            JsonArray items => $"[{string.Join(", ", items.Select(item => Inline(item!)))}]",
            _ => node.GetValueKind() == System.Text.Json.JsonValueKind.String
                ? $"\"{node.GetValue<string>()}\""
                : node.ToJsonString(),
        };

    private static JsonObject Without(JsonObject fields)
    {
        foreach (var name in fields.Where(pair => pair.Value is null).Select(pair => pair.Key).ToList())
            fields.Remove(name);
        return fields;
    }

    private static string Microseconds(Duration time) => $"{Text(time.Seconds * 1e6)} us";

    private static string? UnlessZero(Duration time) => time.Seconds > 0 ? Microseconds(time) : null;

    private static string Gigabytes(double rate) => $"{Text(rate)} GB/s";

    private static string Text(double value)
    {
        if (value == 0)
            return "0";
        var digits = Math.Max(0, 2 - (int)Math.Floor(Math.Log10(Math.Abs(value))));
        return ((decimal)Math.Round(value, Math.Min(digits, 15))).ToString("0.######", CultureInfo.InvariantCulture);
    }
}
