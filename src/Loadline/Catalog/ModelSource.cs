using Loadline.Models;

namespace Loadline.Catalog;

/// <summary>
/// Finds the model a user means: files on disk, a catalogued id, the local Hugging Face cache, or last the hub itself.
/// </summary>
/// <param name="catalog">Published models.</param>
/// <param name="cache">Local cache of downloaded models; null when there is none.</param>
/// <param name="remote">The hub, connected to when it is first needed; null when nobody may be asked.</param>
public sealed class ModelSource(CatalogReader catalog, HubCache? cache = null, Lazy<RemoteHub>? remote = null)
{
    private static readonly string[] FileEndings = [".json", ".gguf", ".safetensors"];

    /// <summary>Looks on this machine only.</summary>
    /// <exception cref="IOException">A path that does not exist, or cannot be read.</exception>
    /// <exception cref="BadContentException">A model file is not sound, or its family is unknown.</exception>
    /// <exception cref="UnknownNameException">No model goes by the name, or several do.</exception>
    public Model Read(string name)
    {
        var (model, unknown) = Find(name);
        return model ?? throw NotAsked(unknown!);
    }

    /// <summary>Looks on this machine, and asks the hub for an id that is not there.</summary>
    /// <exception cref="IOException">A path that does not exist, or a file or hub that cannot be read.</exception>
    /// <exception cref="BadContentException">A model file is not sound, or its family is unknown.</exception>
    /// <exception cref="UnknownNameException">No model goes by the name, or several do.</exception>
    public async Task<Model> ReadAsync(
        string name,
        IProgress<HeaderProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        var (model, unknown) = Find(name);
        if (model is not null)
            return model;
        if (HubReference.TryParse(name) is null || remote is null)
            throw NotAsked(unknown!);
        try
        {
            return await remote.Value.ReadAsync(name, "main", progress, cancellationToken).ConfigureAwait(false);
        }
        catch (HubException failure) when (failure.Reason is HubFailure.Unreachable)
        {
            throw Advised(unknown!, $"{failure.Url.Host} cannot be reached ({failure.What})", "");
        }
        catch (HubException failure) when (failure.Reason is HubFailure.NotFound)
        {
            throw unknown!.With($"neither the local cache nor the hub has it ({failure.Message})");
        }
    }

    private (Model? Model, UnknownNameException? Unknown) Find(string name)
    {
        if (ModelFiles.Exists(name))
            return (ModelFiles.Read(name), null);
        if (HubReference.TryParse(name) is { File: not null } reference)
        {
            return cache?.FindFile(reference) is { } file
                ? (ModelFiles.Read(file) with { Id = name }, null)
                : (null, new UnknownNameException("model", name, [], ambiguous: false));
        }
        if (IsPath(name))
            throw new FileNotFoundException($"{name}: no such file or folder", name);

        var cached = cache?.FindModel(name);
        try
        {
            var match = catalog.Models.Find(name);
            // A downloaded model is the very one; a name that only leads to a relative in the catalog is not.
            var isRelative = match.Rule is not null && cached is not null;
            return (isRelative ? ModelFiles.Read(cached!) with { Id = name } : FromCatalog(match), null);
        }
        catch (UnknownNameException unknown)
        {
            return cached is not null ? (ModelFiles.Read(cached) with { Id = name }, null) : (null, unknown);
        }
    }

    private static Model FromCatalog(ModelMatch match)
    {
        var architecture = match.Describe();
        // Another format has other elements than those that were counted.
        var stored = match.Weights is null ? match.Model.StoredElements : null;
        return new Model(match.Model.Id, architecture, Checkpoint: null)
        {
            StoredElements = stored,
            StoredTerms = stored is null ? [] : [.. StoredElements.Of(architecture).Terms, .. match.Model.StoredTerms],
            Assumptions = match.Rule is { } rule ? [rule] : [],
        };
    }

    private static UnknownNameException NotAsked(UnknownNameException unknown) =>
        Advised(unknown, "the hub was not asked", ", or unset HF_HUB_OFFLINE");

    /// <summary>What to do about an id that is not on this machine; other names are no ids of a hub.</summary>
    private static UnknownNameException Advised(UnknownNameException unknown, string reason, string otherwise)
    {
        if (HubReference.TryParse(unknown.Name) is not { } reference)
            return unknown;
        return unknown.With(
            $"it is not in the catalog or the local hub cache, and {reason}: give a folder with its config.json, or run "
                + $"\"hf download {reference.Id}\" where there is a network and point HF_HUB_CACHE to it{otherwise}"
        );
    }

    private static bool IsPath(string name) =>
        Path.IsPathRooted(name)
        || name.StartsWith("./", StringComparison.Ordinal)
        || name.StartsWith("../", StringComparison.Ordinal)
        || Array.Exists(FileEndings, ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
