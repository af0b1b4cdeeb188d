using System.Collections.Immutable;

namespace Loadline.Models;

/// <summary>Reads the headers of the files of one model, a few files at a time.</summary>
internal sealed class RemoteHeaders(HubClient client, IProgress<HeaderProgress>? progress)
{
    /// <summary>Enough to hide the time a request takes on its way, and not enough to be a nuisance.</summary>
    private const int AtATime = 4;

    /// <summary>The largest models are cut into less than 200 files.</summary>
    private const int MostFiles = 2_000;

    /// <param name="files">Names and addresses.</param>
    /// <param name="source">What lists them, for messages.</param>
    /// <param name="cancellationToken">Stops all of them.</param>
    /// <returns>In the order of <paramref name="files"/>.</returns>
    public Task<ImmutableArray<(string Name, SafetensorsHeader Header)>> OfSafetensorsAsync(
        IReadOnlyList<(string Name, Uri Url)> files,
        string source,
        CancellationToken cancellationToken
    ) =>
        ReadAllAsync(
            files,
            source,
            async (file, token) => (file.Name, await ReadSafetensorsAsync(file.Url, token).ConfigureAwait(false)),
            cancellationToken
        );

    public Task<ImmutableArray<GgufHeader>> OfGgufAsync(
        IReadOnlyList<Uri> files,
        CancellationToken cancellationToken
    ) => ReadAllAsync(files, $"{files[0]}", ReadGgufAsync, cancellationToken);

    private async Task<ImmutableArray<T>> ReadAllAsync<TFile, T>(
        IReadOnlyList<TFile> files,
        string source,
        Func<TFile, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken
    )
    {
        if (files.Count > MostFiles)
            throw new BadContentException(source, "", $"a model of {files.Count} files", $"at most {MostFiles}");

        var results = new T[files.Count];
        var done = 0;
        var limits = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken };
        await Parallel
            .ForAsync(
                0,
                files.Count,
                limits,
                async (i, token) =>
                {
                    results[i] = await read(files[i], token).ConfigureAwait(false);
                    progress?.Report(new HeaderProgress(Interlocked.Increment(ref done), files.Count));
                }
            )
            .ConfigureAwait(false);
        return [.. results];
    }

    private async Task<SafetensorsHeader> ReadSafetensorsAsync(Uri url, CancellationToken cancellationToken)
    {
        using var file = await RemoteFile.OpenAsync(client, url, cancellationToken).ConfigureAwait(false);
        var start = new byte[Math.Min(RemoteFile.FirstBytes, file.Length)];
        await file.ReadAsync(0, start, cancellationToken).ConfigureAwait(false);

        const int Prefix = SafetensorsHeader.LengthBytes;
        var json = new byte[SafetensorsHeader.JsonLength(start, file.Length, $"{url}")];
        var known = Math.Min(json.Length, start.Length - Prefix);
        start.AsSpan(Prefix, known).CopyTo(json);
        await file.ReadAsync(Prefix + known, json.AsMemory(known), cancellationToken).ConfigureAwait(false);
        return SafetensorsHeader.Parse(json, file.Length - Prefix - json.Length, $"{url}");
    }

    private async Task<GgufHeader> ReadGgufAsync(Uri url, CancellationToken cancellationToken)
    {
        using var file = await RemoteFile.OpenAsync(client, url, cancellationToken).ConfigureAwait(false);
        using var stream = new RangeStream(file, cancellationToken);
        // The reader blocks while it waits for bytes; a thread of the pool would be missing elsewhere.
        return await Task
            .Factory.StartNew(
                () => GgufHeader.Read(stream, $"{url}"),
                cancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default
            )
            .ConfigureAwait(false);
    }
}
