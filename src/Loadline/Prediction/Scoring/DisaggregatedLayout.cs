using System.Globalization;
using System.Text.RegularExpressions;

namespace Loadline.Prediction;

/// <summary>How prefill and decode are laid out on devices of their own, as the note of a row says it.</summary>
internal sealed partial record DisaggregatedLayout(
    Parallelism Prefill,
    int PrefillReplicas,
    Parallelism Decode,
    int DecodeReplicas
)
{
    public int Devices => Prefill.Devices * PrefillReplicas + Decode.Devices * DecodeReplicas;

    /// <summary>Null when the note does not say it.</summary>
    public static DisaggregatedLayout? Read(string note)
    {
        var fields = Field()
            .Matches(note)
            .GroupBy(match => match.Groups[1].Value)
            .ToDictionary(
                group => group.Key,
                group => int.Parse(group.First().Groups[2].Value, CultureInfo.InvariantCulture)
            );
        return Pool(fields, "prefill") is { } prefill && Pool(fields, "decode") is { } decode
            ? new DisaggregatedLayout(
                prefill,
                fields.GetValueOrDefault("prefill_num_workers", 1),
                decode,
                fields.GetValueOrDefault("decode_num_workers", 1)
            )
            : null;
    }

    private static Parallelism? Pool(Dictionary<string, int> fields, string pool)
    {
        return fields.ContainsKey(pool + "_tp_size")
            ? new Parallelism(
                Degree("_tp_size"),
                Degree("_pp_size"),
                Degree("_moe_ep_size"),
                Degree("_attention_dp_size")
            )
            : null;

        // A degree of 0 stands for none.
        int Degree(string name) => Math.Max(1, fields.GetValueOrDefault(pool + name, 1));
    }

    [GeneratedRegex(@"\b((?:prefill|decode)_[a-z_]+)=(\d+)")]
    private static partial Regex Field();
}
