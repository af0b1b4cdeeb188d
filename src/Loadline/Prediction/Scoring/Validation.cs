using Loadline.Catalog;

namespace Loadline.Prediction;

/// <summary>Scores a file of measurements; its columns say of what kind they are.</summary>
public static class Validation
{
    /// <exception cref="BadContentException">The columns are of no known kind, or a field is wrong.</exception>
    /// <param name="table">The file.</param>
    /// <param name="catalog">What is known.</param>
    /// <param name="models">Where models are found.</param>
    /// <param name="withCases">True to list every row.</param>
    /// <param name="replay">Plays benchmark runs again instead of the closed form; null for the latter.</param>
    public static ValidationAnswer Of(
        CsvTable table,
        CatalogReader catalog,
        ModelSource models,
        bool withCases,
        Func<LoadReplay, LoadReplayTimes?>? replay = null
    )
    {
        if (table.HasColumns("metric", "value_bytes_or_tokens", "scorable"))
            return new MemoryScoring(catalog, models).Score(table, withCases);
        if (table.HasColumns("max_sequences", "free_memory_fraction", "max_seq_len"))
            return new CapacityScoring(catalog, models).Score(table, withCases);
        if (TrainingScoring.IsOne(table))
            return new TrainingScoring(catalog, models).Score(table, withCases);
        if (table.HasColumns("engine", "model_arch_facts", "threads", "metric", "value"))
            return new MachineScoring(catalog).Score(table, withCases);
        if (table.HasColumns("engine", "model", "scenario", "metric", "value", "concurrency_or_batch"))
            return new InferenceScoring(catalog, models, replay).Score(table, withCases);
        if (table.HasColumns("engine", "model", "workload", "metric", "value", "concurrency"))
            return new InferenceScoring(catalog, models, replay).Score(table, withCases);
        throw new BadContentException(
            table.File,
            "line 1",
            "columns of no known kind",
            "those of memory measurements (metric, value_bytes_or_tokens, scorable, ...), of cache capacity (max_sequences, free_memory_fraction, max_seq_len, ...), of inference (engine, model, scenario or workload, metric, value, ...), of runs on a measured machine (engine, model_arch_facts, threads, metric, value, ...), of training (framework, method, setup, config, metric, value, primary, scorable, ...), or of quality (model, format, format_family, metric, relative_loss, scorable, ...)"
        );
    }
}
