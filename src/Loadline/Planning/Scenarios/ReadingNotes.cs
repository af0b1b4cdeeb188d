using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>What a reader of a scenario filled in, and what somebody should confirm.</summary>
internal sealed class ReadingNotes(CatalogReader catalog, TaskPreset preset, Func<string, Simulation.Trace>? traces)
{
    public CatalogReader Catalog => catalog;

    public TaskPreset Preset => preset;

    /// <summary>Opens a request trace; null where none can be opened.</summary>
    public Func<string, Simulation.Trace>? Traces => traces;

    public List<string> Assumptions { get; } = [];

    public List<string> Questions { get; } = [];

    public void Assume(string what) => Assumptions.Add(what);

    public void Ask(string question) => Questions.Add(question);
}
