using Loadline.Models;

namespace Loadline.Catalog;

/// <summary>Finds the model a user means: files on disk, a catalogued id, or the local Hugging Face cache.</summary>
/// <param name="catalog">Published models.</param>
/// <param name="hub">Local cache of downloaded models; null when there is none.</param>
public sealed class ModelSource(CatalogReader catalog, HubCache? hub = null)
{
    private static readonly string[] FileEndings = [".json", ".gguf", ".safetensors"];

    /// <exception cref="IOException">A path that does not exist, or cannot be read.</exception>
    /// <exception cref="BadContentException">A model file is not sound, or its family is unknown.</exception>
    /// <exception cref="UnknownNameException">No model goes by the name, or several do.</exception>
    public Model Read(string name)
    {
        if (ModelFiles.Exists(name))
            return ModelFiles.Read(name);
        if (IsPath(name))
            throw new FileNotFoundException($"{name}: no such file or folder", name);

        var cached = hub?.Find(name);
        ModelMatch match;
        try
        {
            match = catalog.Models.Find(name);
        }
        catch (UnknownNameException) when (cached is not null)
        {
            return ModelFiles.Read(cached) with { Id = name };
        }
        // A model that was downloaded is the very one; a name that only leads to a relative in the catalog is not.
        if (match.Rule is not null && cached is not null)
            return ModelFiles.Read(cached) with { Id = name };

        var architecture = match.Model.Describe();
        return new Model(match.Model.Id, architecture, Checkpoint: null)
        {
            StoredElements = match.Model.StoredElements,
            StoredTerms = match.Model.StoredElements is null
                ? []
                : [.. StoredElements.Of(architecture).Terms, .. match.Model.StoredTerms],
            Assumptions = match.Rule is { } rule ? [rule] : [],
        };
    }

    private static bool IsPath(string name) =>
        Path.IsPathRooted(name)
        || name.StartsWith("./", StringComparison.Ordinal)
        || name.StartsWith("../", StringComparison.Ordinal)
        || Array.Exists(FileEndings, ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
