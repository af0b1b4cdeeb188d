using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Prediction;

/// <summary>Hardware on which a question is answered yes.</summary>
public sealed record HardwareOption
{
    public required string Hardware { get; init; }

    /// <summary>Memory of all its devices.</summary>
    public required long TotalMemoryBytes { get; init; }
    public required int TensorParallel { get; init; }
    public required int PipelineParallel { get; init; }
    public required string WeightFormat { get; init; }
    public required string Engine { get; init; }

    /// <summary>What is left per device.</summary>
    public required Estimate FreeBytes { get; init; }
}

/// <summary>Turns the question round: the widest format that fits on hardware, the smallest hardware that fits a format.</summary>
public sealed class HardwareSearch(CatalogReader catalog)
{
    private static readonly int[] Counts = [1, 2, 4, 8, 16];

    /// <summary>From wide to narrow.</summary>
    private static readonly string[] Formats = ["fp32", "bf16", "fp8", "int8", "int4", "nvfp4", "mxfp4"];

    private readonly FitCheck fits = new(catalog);

    /// <summary>The widest recipe that fits; null when none does.</summary>
    public MemoryAnswer? WidestFormat(FitQuestion question)
    {
        foreach (var format in Formats)
        {
            if (TryAsk(question with { Weights = format }) is { Fits: true } answer)
                return answer;
        }
        return null;
    }

    /// <summary>
    /// The least memory on which it fits, of every accelerator in the catalog: fewest bytes first, then fewest devices.
    /// </summary>
    public ImmutableArray<HardwareOption> Smallest(FitQuestion question, int most)
    {
        var options = new List<HardwareOption>();
        foreach (var accelerator in catalog.Accelerators.All)
        {
            foreach (var count in Counts)
            {
                if (count > Math.Max(1, accelerator.Link?.DevicesPerNode ?? 1))
                    break;
                var hardware = new HardwareSpec(accelerator, count);
                if (TryAsk(question with { Hardware = hardware }) is not { Fits: true } answer)
                    continue;
                options.Add(
                    new HardwareOption
                    {
                        Hardware = hardware.ToString(),
                        TotalMemoryBytes = accelerator.Memory.Bytes * count,
                        TensorParallel = answer.TensorParallel,
                        PipelineParallel = answer.PipelineParallel,
                        WeightFormat = answer.WeightFormat,
                        Engine = answer.Engine,
                        FreeBytes = answer.PerDevice[0].FreeBytes,
                    }
                );
                break;
            }
        }
        return
        [
            .. options
                .OrderBy(option => option.TotalMemoryBytes)
                .ThenBy(option => option.TensorParallel * option.PipelineParallel)
                .ThenBy(option => option.Hardware, StringComparer.Ordinal)
                .Take(most),
        ];
    }

    private MemoryAnswer? TryAsk(FitQuestion question)
    {
        try
        {
            return fits.Ask(question);
        }
        catch (BadContentException)
        {
            // This engine or format does not go with this accelerator: no answer, not an error of the user's.
            return null;
        }
    }
}
