using System.Globalization;
using System.Text.RegularExpressions;
using Loadline.Catalog;
using Loadline.Prediction;

namespace Loadline.Planning;

/// <summary>Reads what is rounded from the columns of a table of quantized models.</summary>
internal sealed partial class QualityRowReader(QualityConstants constants, ModelSource? models)
{
    private static readonly string[] Rotations = ["quarot", "spinquant"];
    private static readonly string[] TunedGguf = ["imatrix", "imatrix-dynamic", "autoround"];
    private const string Nearest = "rtn";
    private const int ActivationsOfGguf = 8;

    /// <summary>Of codebooks of 16 bits for 8 weights, or two of 8 bits; what tables print counts embeddings too.</summary>
    private const double BitsOfCodes = 2;

    private readonly QualityFormats formats = new(constants);

    /// <exception cref="UnknownNameException">The format is not one that is predicted.</exception>
    /// <exception cref="BadContentException">A field is wrong.</exception>
    public RoundedModel RoundedModelOf(CsvRow row)
    {
        var (parameters, active) = SizeOf(row);
        var model = WithWeights(row, new RoundedModel(parameters, active));
        return CacheOf(row) is { } cache ? model with { Cache = cache.Family, CacheBits = cache.Bits } : model;
    }

    /// <summary>By its bits, or where a table gives none by the name of the family, such as <c>kv-fp8</c>.</summary>
    private QualityFormat? CacheOf(CsvRow row)
    {
        const string Prefix = "kv-";
        var family = row.Text("format_family");
        var isFp8 = row["kv_format"]?.Contains("fp8", StringComparison.OrdinalIgnoreCase) == true;
        return row.Number("kv_bits") switch
        {
            >= RoundedModel.Unrounded => null,
            { } when isFp8 => formats.Cache("fp8"),
            { } bits => new QualityFormat
            {
                Family = row["method"] == "kivi" ? QualityFamilies.CacheChannels : QualityFamilies.Cache,
                Bits = bits,
            },
            null => family.StartsWith(Prefix, StringComparison.Ordinal) ? formats.Cache(family[Prefix.Length..]) : null,
        };
    }

    private RoundedModel WithWeights(CsvRow row, RoundedModel model)
    {
        var family = row.Text("format_family");
        var format = row.Text("format");
        if (family.StartsWith("kv-", StringComparison.Ordinal))
            return model;
        if (family.StartsWith("gguf", StringComparison.Ordinal))
            return OfGguf(row, format, model);
        var bits = row.Number("bits_per_weight");
        return family switch
        {
            "codebook-2bit" => Weights(QualityFamilies.Codebook, RoundedModel.Unrounded) with
            {
                WeightBits = BitsOfCodes,
            },
            _ when Integers().Match(family) is { Success: true } match => Weights(
                IntegersOf(row),
                NumberOf(match.Groups[2])
            ) with
            {
                WeightBits = bits ?? NumberOf(match.Groups[1]),
            },
            // Loadline's own "mxfp4" keeps activations at 16 bits, the tables' does not.
            "mxfp4" => Weights(QualityFamilies.Mxfp4, RoundedModel.Unrounded) with
            {
                WeightBits = bits ?? constants.Weights[family].Bits,
            },
            _ => Named(formats.Weights(format)),
        };

        RoundedModel Weights(string name, double activations) =>
            model with
            {
                Weights = name,
                ActivationBits = activations,
            };

        RoundedModel Named(QualityFormat? known) =>
            known is null
                ? model
                : model with
                {
                    Weights = known.Family,
                    WeightBits = known.Bits,
                    ActivationBits = known.ActivationBits ?? RoundedModel.Unrounded,
                };
    }

    /// <summary>
    /// Bits are those of the name: the ones printed are of whole files, where the share of embeddings differs from model to
    /// model.
    /// </summary>
    private RoundedModel OfGguf(CsvRow row, string format, RoundedModel model)
    {
        var name =
            format.EndsWith("_XL", StringComparison.OrdinalIgnoreCase)
            && !format.StartsWith("UD-", StringComparison.OrdinalIgnoreCase)
                ? "UD-" + format
                : format;
        return formats.Weights(name) is { } known
            ? model with
            {
                Weights = known.Family,
                WeightBits = known.Bits,
                ActivationBits = known.ActivationBits ?? ActivationsOfGguf,
                IsTuned = known.Family != QualityFamilies.Importance && TunedGguf.Contains(row["method"]),
            }
            : model;
    }

    private static string IntegersOf(CsvRow row)
    {
        var method = row["method"] ?? "";
        if (Rotations.Contains(method))
            return QualityFamilies.Rotated;
        if (row["group_size"] != "channel")
            return method == Nearest ? QualityFamilies.GroupNearest : QualityFamilies.Group;
        return method is Nearest or "smoothquant" ? QualityFamilies.Channel : QualityFamilies.ChannelTuned;
    }

    /// <summary>Parameters, and those a token uses: by name, such as "235B-A22B", or else by the catalog.</summary>
    private (long All, long Active) SizeOf(CsvRow row)
    {
        var known = ArchitectureOf(row["model_id"])?.Tensors;
        var all =
            row.WholeNumber("params")
            ?? known?.Parameters
            ?? throw new UnknownNameException("size of model", row["model"] ?? "", [], ambiguous: false);
        if (all <= 0)
            throw row.Wrong("params", $"\"{row["params"]}\"", "a number above 0");
        var named = ActiveInName().Match(row["model"] ?? "");
        var active =
            named.Success ? (long)(double.Parse(named.Groups[1].Value, CultureInfo.InvariantCulture) * 1e9)
            : known is { } tensors && tensors.ActiveParameters < tensors.Parameters ? tensors.ActiveParameters
            : all;
        return (all, Math.Min(all, active));
    }

    private Models.Architecture? ArchitectureOf(string? id)
    {
        if (id is null || models is null)
            return null;
        try
        {
            return models.Read(id).Architecture;
        }
        catch (UnknownNameException)
        {
            // A model the catalog lacks has the size that the row says.
            return null;
        }
    }

    private static double NumberOf(Group digits) => double.Parse(digits.Value, CultureInfo.InvariantCulture);

    /// <summary><c>w4a16</c>, <c>int8-w8a8</c>: bits of weights and of activations.</summary>
    [GeneratedRegex(@"^(?:int\d-)?w(\d+)a(\d+)$")]
    private static partial Regex Integers();

    [GeneratedRegex(@"-A(\d+(?:\.\d+)?)B\b")]
    private static partial Regex ActiveInName();
}
