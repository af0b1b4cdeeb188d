using System.Collections.Immutable;
using System.Text.Json;

namespace Loadline.Models;

/// <summary>One model on a hub: finds out which files it has, and reads their headers.</summary>
internal sealed class RemoteModel(
    HubClient client,
    HubReference reference,
    HubAddress branch,
    IProgress<HeaderProgress>? progress
)
{
    private const string IndexName = ModelFiles.SingleName + ".index.json";

    private readonly RemoteHeaders headers = new(client, progress);

    /// <summary>The commit instead of the branch once it is known: nobody can change the model while it is read.</summary>
    private HubAddress address = branch;

    /// <summary>What hf_quant_config.json says; it is not asked for where config.json says it itself.</summary>
    private ModelConfig? quantization;

    public async Task<Model> ReadAsync(CancellationToken cancellationToken)
    {
        var model = await FindAsync(cancellationToken).ConfigureAwait(false);
        var note = $"{address.Model}: file headers read from the hub, revision {address.Revision}";
        return model with { Assumptions = [note, .. model.Assumptions] };
    }

    private async Task<Model> FindAsync(CancellationToken cancellationToken)
    {
        var config = reference.File is null
            ? await ConfigAsync(ModelFiles.ConfigName, cancellationToken).ConfigureAwait(false)
            : null;
        if (config is { } known)
        {
            quantization = await QuantizationBesideAsync(known, cancellationToken).ConfigureAwait(false);
            var index = await IndexAsync(IndexName, cancellationToken).ConfigureAwait(false);
            if (index is { } shards)
                return await ReadIndexedAsync(known, shards, IndexName, cancellationToken).ConfigureAwait(false);
            if (await ReadSingleAsync(known, ModelFiles.SingleName, cancellationToken).ConfigureAwait(false) is { } one)
                return one;
        }
        var files = await ListAsync(config is not null, cancellationToken).ConfigureAwait(false);
        return await ReadListedAsync(config, files, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A model whose files do not have the usual names.</summary>
    private async Task<Model> ReadListedAsync(
        ModelConfig? config,
        ImmutableArray<string> files,
        CancellationToken cancellationToken
    )
    {
        if (config is { } known)
        {
            if (Only(files, ModelFiles.IndexEnding) is { } index)
            {
                var json = await IndexAsync(index, cancellationToken).ConfigureAwait(false);
                if (json is { } shards)
                    return await ReadIndexedAsync(known, shards, index, cancellationToken).ConfigureAwait(false);
            }
            if (
                Only(files, ".safetensors") is { } weights
                && await ReadSingleAsync(known, weights, cancellationToken).ConfigureAwait(false) is { } one
            )
                return one;
        }
        if (GgufChoice.Find(reference, files) is { } gguf)
            return await ReadGgufAsync(gguf, files, cancellationToken).ConfigureAwait(false);

        if (reference.File is not null)
            throw GgufChoice.Missing(reference, files);
        return config is { } only
            ? new Model($"{reference}", Describe(only), Checkpoint: null)
            : throw new BadContentException($"{address.Model}", "", "no config.json", "config.json, or a GGUF model");
    }

    private async Task<Model> ReadIndexedAsync(
        ModelConfig config,
        JsonElement json,
        string name,
        CancellationToken cancellationToken
    )
    {
        var url = $"{address.Of(name)}";
        var architecture = Describe(config);
        var index = SafetensorsIndex.Parse(json, url);
        var shards = index.Shards.Select(shard => (shard, address.Of(shard))).ToList();
        var read = await headers.OfSafetensorsAsync(shards, url, cancellationToken).ConfigureAwait(false);
        return ModelFiles.Complete($"{reference}", architecture, index.Join(read), url, "as-stored");
    }

    private async Task<Model?> ReadSingleAsync(ModelConfig config, string name, CancellationToken cancellationToken)
    {
        var url = address.Of(name);
        IReadOnlyList<(string Name, SafetensorsHeader Header)> read;
        try
        {
            read = await headers.OfSafetensorsAsync([(name, url)], $"{url}", cancellationToken).ConfigureAwait(false);
        }
        catch (HubException missing) when (missing.Reason == HubFailure.NotFound)
        {
            return null;
        }
        var checkpoint = new Checkpoint(read[0].Header.Tensors);
        return ModelFiles.Complete($"{reference}", Describe(config), checkpoint, $"{url}", "as-stored");
    }

    private async Task<Model> ReadGgufAsync(
        string path,
        ImmutableArray<string> files,
        CancellationToken cancellationToken
    )
    {
        var url = $"{address.Of(path)}";
        var folder = path[..(path.LastIndexOf('/') + 1)];
        var parts = GgufFile.PartsOf(path[folder.Length..], url).Select(part => folder + part).ToList();
        if (parts.Find(part => !files.Contains(part)) is { } missing)
            throw new BadContentException(url, "", $"{FileText.Quote(missing)} is not beside it", "all parts");

        var read = await headers.OfGgufAsync([.. parts.Select(address.Of)], cancellationToken).ConfigureAwait(false);
        return ModelFiles.Complete($"{reference}", GgufFile.Join(read), url);
    }

    /// <summary>The names of all files; a mirror that serves files alone has none.</summary>
    private async Task<ImmutableArray<string>> ListAsync(bool isOptional, CancellationToken cancellationToken)
    {
        var url = address.Listing;
        var answer = await TryReadAsync(url, HubListing.LargestAnswer, isOptional, cancellationToken)
            .ConfigureAwait(false);
        if (answer is null)
            return [];
        var json = JsonFile.Parse(answer, $"{url}");
        if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("sha", out var sha))
            Pin(sha.ValueKind == JsonValueKind.String ? sha.GetString() : null);
        return HubListing.Parse(json, $"{url}");
    }

    private async Task<ModelConfig?> ConfigAsync(string name, CancellationToken cancellationToken)
    {
        var url = address.Of(name);
        var bytes = await TryReadAsync(url, ConfigFile.Largest, isOptional: true, cancellationToken)
            .ConfigureAwait(false);
        return bytes is null ? null : ConfigFile.Parse(bytes, $"{url}");
    }

    private async Task<JsonElement?> IndexAsync(string name, CancellationToken cancellationToken)
    {
        var url = address.Of(name);
        var bytes = await TryReadAsync(url, SafetensorsIndex.LargestFile, isOptional: true, cancellationToken)
            .ConfigureAwait(false);
        return bytes is null ? null : JsonFile.Parse(bytes, $"{url}");
    }

    private async Task<byte[]?> TryReadAsync(
        Uri url,
        long largest,
        bool isOptional,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var (bytes, commit) = await client.ReadWholeAsync(url, largest, cancellationToken).ConfigureAwait(false);
            Pin(commit);
            return bytes;
        }
        catch (HubException missing) when (isOptional && missing.Reason == HubFailure.NotFound)
        {
            return null;
        }
    }

    private void Pin(string? commit)
    {
        if (commit is not null && HubCache.IsName(commit))
            address = address with { Revision = commit };
    }

    private async Task<ModelConfig?> QuantizationBesideAsync(ModelConfig config, CancellationToken cancellationToken)
    {
        if (config.Has("quantization_config"))
            return null;
        var file = await ConfigAsync(ModelFiles.QuantizationName, cancellationToken).ConfigureAwait(false);
        return file is null ? null : ModelFiles.QuantizationIn(file);
    }

    private Architecture Describe(ModelConfig config) => ModelFamilies.Describe(config, quantization);

    /// <summary>The only file of a kind at the top of the repository; null when there is none.</summary>
    private string? Only(ImmutableArray<string> files, string ending)
    {
        var found = files
            .Where(file => !file.Contains('/', StringComparison.Ordinal))
            .Where(file => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            .ToList();
        if (found.Count <= 1)
            return found.FirstOrDefault();
        var names = string.Join(", ", found.Take(4));
        throw new BadContentException(
            $"{address.Model}",
            "",
            $"{found.Count} files {ending}: {names}",
            "one, or an index"
        );
    }
}
