using System.Globalization;
using System.Text.Json.Nodes;

namespace Loadline.KernelFit;

/// <summary>An accelerator whose tables are not among those fitted here, and the sister it is carried over from.</summary>
/// <param name="System">Its name in the older fits.</param>
/// <param name="Accelerator">Its id.</param>
/// <param name="Sibling">The accelerator with tables that is most like it.</param>
/// <param name="BandwidthRatio">Bandwidth that the older fits divided by, over that of the catalog: its own over its sibling's.</param>
internal sealed record OlderChip(string System, string Accelerator, string Sibling, double BandwidthRatio);

/// <summary>
/// Fits of 2026-11-23 to further tables of the same collection, in columns name, applies_to and value: the
/// shares of peak and bandwidth of a chip over those of its sister scale the sister's constants.
/// </summary>
internal sealed class OlderFits
{
    public const string Retrieved = "2026-11-23";

    public static readonly IReadOnlyList<OlderChip> Chips =
    [
        // The older fits took 7.75 and 7.7 TB/s where the catalog has 8 for both.
        new("b300_sxm", "nvidia-b300-sxm", "b200_sxm", 7.75 / 7.7),
        new("gb300", "nvidia-gb300", "gb200", 1),
        // 0.864 TB/s as in the catalog, but 1.79 TB/s for the RTX PRO 6000, whose server edition has 1.597.
        new("l40s", "nvidia-l40s-48gb", "rtx_pro_6000_server", 1.597 / 1.79),
    ];

    private readonly Dictionary<(string Name, string Target), double> values;

    private OlderFits(Dictionary<(string, string), double> values) => this.values = values;

    public static OlderFits Read(string path)
    {
        var found = new Dictionary<(string, string), double>();
        foreach (var line in File.ReadLines(path).Skip(1))
        {
            var cells = line.Split(',');
            if (
                cells.Length > 2
                && double.TryParse(cells[2], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            )
                found[(cells[0], cells[1])] = value;
        }
        return new OlderFits(found);
    }

    /// <summary>The sister's entry with its shares scaled to the chip.</summary>
    public JsonObject Carry(OlderChip chip, JsonObject sister)
    {
        var entry = (JsonObject)sister.DeepClone();
        foreach (var (table, peak, memory, suffix) in MatrixTables)
        {
            foreach (var (format, constants) in entry[table]!.AsObject())
            {
                var name = $"{TableName(format)}{suffix}";
                Scale(constants!, "computeFraction", Ratio(chip, peak, name));
                Scale(constants!, "memoryFraction", Ratio(chip, memory, name) * chip.BandwidthRatio);
            }
        }
        foreach (var (field, cache) in new[] { ("attention", "bfloat16"), ("fp8CacheAttention", "fp8") })
        {
            if (entry[field] is not { } attention)
                continue;
            var arithmetic = attention["arithmetic"] is null ? "bfloat16" : "fp8";
            Scale(
                attention,
                "prefillFraction",
                Ratio(chip, "prefill_attn_frac_peak_s>=4k", $"attn {arithmetic} kv {cache}")
            );
            Scale(
                attention,
                "decodeMemoryFraction",
                Ratio(chip, "decode_attn_frac_hbm_KV>200MB", $"kv {cache}") * chip.BandwidthRatio
            );
        }
        var isGddr = chip.System == "l40s";
        if (isGddr)
        {
            // Its measured host moved 1-3 GB/s between more than two cards, which says nothing of others.
            entry["allReduce"] = new JsonArray(
                new JsonObject
                {
                    ["devices"] = 2,
                    ["latency"] = "5.6 us",
                    ["bandwidth"] = "19 GB/s",
                }
            );
            entry.Remove("latentDecode");
            entry.Remove("fp8CacheLatentDecode");
            foreach (var table in new[] { "matrices", "experts" })
                entry[table]!.AsObject().Remove("nvfp4");
        }
        entry["notes"] =
            $"carried over from {chip.Sibling} by the shares of peak and bandwidth of both in older fits of the same collection; start-ups are the sister's"
            + (isGddr ? "; all-reduce over 4 and 8: the measured host moved 1-3 GB/s, which is left out" : "")
            + $"; of the sister: {entry["notes"]!.GetValue<string>()}";
        return entry;
    }

    private static readonly (string Table, string Peak, string Memory, string Suffix)[] MatrixTables =
    [
        ("matrices", "gemm_frac_peak", "gemm_frac_hbm", ""),
        ("experts", "moe_frac_peak_p90_at>=512tok_per_expert", "moe_frac_hbm_decode_median", "/power_law_1.01"),
    ];

    /// <summary>Geometric mean over the engines that both have, since one fit is easily off; 1 where there is none.</summary>
    private double Ratio(OlderChip chip, string name, string rest)
    {
        var ratios = new List<double>();
        foreach (var engine in (string[])["vllm", "trtllm"])
        {
            if (
                values.TryGetValue((name, $"{chip.System}/{engine}/{rest}"), out var own)
                && values.TryGetValue((name, $"{chip.Sibling}/{engine}/{rest}"), out var sisters)
            )
                ratios.Add(Math.Log(own / sisters));
        }
        return ratios.Count == 0 ? 1 : Math.Exp(ratios.Average());
    }

    private static string TableName(string format) =>
        KernelFormat.All.LastOrDefault(known => known.Catalog == format)?.Table ?? "bfloat16";

    private static void Scale(JsonNode constants, string field, double ratio) =>
        constants[field] = KernelJson.Rounded(Math.Clamp(constants[field]!.GetValue<double>() * ratio, 0.02, 1));
}
