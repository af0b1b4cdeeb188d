using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;

namespace Loadline.Calibrate;

/// <summary>A measured rate of training with the setup it belongs to.</summary>
internal sealed record TrainingRow
{
    private TrainingWork? work;

    public required TrainingSetup Setup { get; init; }

    /// <summary>Rows with the same key are one setup, measured again.</summary>
    public required string Key { get; init; }

    /// <summary>Source and model: what is left out together.</summary>
    public required string Group { get; init; }
    public required string Framework { get; init; }
    public required string Generation { get; init; }
    public required string Arithmetic { get; init; }

    /// <summary>Tokens per second and device.</summary>
    public required double Rate { get; init; }

    public bool HasExperts => Setup.Architecture.HasExperts;
    public bool IsQuantized => Setup.FrozenWeights is not null || Setup.Method is TrainingMethod.QLora;
    public bool TrainsAll => Setup.TrainsAll;

    /// <summary>Logarithm of predicted over measured.</summary>
    public double Error(TrainingConstants constants)
    {
        work ??= TrainingWork.Of(Setup.Architecture);
        var setup = Setup with { Constants = constants, Framework = constants.Frameworks[Framework] };
        return Math.Log(new TrainingTime(setup, work).TokensPerSecondAndDevice.Value / Rate);
    }

    /// <summary>Rates of pre-training, full fine-tuning, LoRA and QLoRA that may be scored; other adapters are left out.</summary>
    public static IReadOnlyList<TrainingRow> Read(CsvTable table, CatalogReader catalog)
    {
        var columns = new TrainingColumns(catalog, new ModelSource(catalog));
        var constants = catalog.Training.All[0];
        var rows = new List<TrainingRow>();
        foreach (var row in table.Rows)
        {
            if (
                row["scorable"] != "yes"
                || row["primary"] != "yes"
                || row["method"] is not ("pretrain" or "full" or "lora" or "qlora")
            )
                continue;
            var setup = columns.SetupOf(row);
            if (RateOf(row, setup) is not { } rate)
                continue;
            var framework = constants.Frameworks.First(pair => ReferenceEquals(pair.Value, setup.Framework)).Key;
            var hardware = constants.For(setup.Accelerator);
            rows.Add(
                new TrainingRow
                {
                    // Parameters that learn are counted once and not in every evaluation.
                    Setup = setup with
                    {
                        StatedTrainable = setup.TrainsAll ? null : setup.Trainable,
                    },
                    Key = $"{row["setup"]}|{row["metric"]}",
                    Group = $"{row["framework"]}|{row["model"]}",
                    Framework = framework,
                    Generation = constants.Hardware.First(pair => ReferenceEquals(pair.Value, hardware)).Key,
                    Arithmetic = TrainingHardware.NameOf(setup.Arithmetic),
                    Rate = rate,
                }
            );
        }
        return rows;
    }

    /// <summary>Source, model and software of the rows, by which groups are made.</summary>
    private static double? RateOf(CsvRow row, TrainingSetup setup) =>
        TrainingQuantity.MeasuredRate(row)
        ?? (
            row["metric"] is "tflops_per_gpu"
                ? row.Number("value")
                    * 1e12
                    / TrainingFlops
                        .PerToken(
                            setup.Architecture,
                            setup.ComputedLength,
                            TrainingQuantity.ConventionOf(row) ?? FlopConvention.Causal
                        )
                        .Count
                : null
        );
}
