using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>How prefill and decode are laid out on devices of their own, as the note of a row says it.</summary>
internal sealed partial record DisaggregatedLayout(
    Parallelism Prefill,
    int PrefillReplicas,
    Parallelism Decode,
    int DecodeReplicas
)
{
    private const int DevicesPerServer = 8;

    public int Devices => Prefill.Devices * PrefillReplicas + Decode.Devices * DecodeReplicas;

    /// <summary>Null when the note does not say it.</summary>
    public static DisaggregatedLayout? Read(string note, Architecture architecture)
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
                Spread(prefill, architecture),
                fields.GetValueOrDefault("prefill_num_workers", 1),
                Spread(decode, architecture),
                fields.GetValueOrDefault("decode_num_workers", 1)
            )
            : null;
    }

    /// <summary>
    /// Tables that do not record data-parallel attention give its ranks as those of tensor parallelism. Where a cache is
    /// latent it would be the same on all of them, so whoever spreads one over more devices than a server has gives each
    /// sequences of its own; heads that do not divide leave nothing else.
    /// </summary>
    private static Parallelism Spread(Parallelism stated, Architecture architecture) =>
        stated is { Data: 1, Tensor: > DevicesPerServer }
        && architecture.Layers.Any(layer => layer is Mixer.LatentAttention)
            ? stated with
            {
                Tensor = 1,
                Data = stated.Tensor,
            }
            : stated;

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
