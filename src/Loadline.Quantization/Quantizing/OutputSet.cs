using System.Collections.Immutable;
using Loadline.Models;

namespace Loadline.Quantization;

/// <summary>The files of an output while they are being written, new or from an interrupted run.</summary>
internal sealed class OutputSet : IDisposable
{
    private readonly QuantizationPlan plan;

    private OutputSet(QuantizationPlan plan, ImmutableArray<OutputFile> files, Journal journal)
    {
        this.plan = plan;
        Files = files;
        Journal = journal;
    }

    public ImmutableArray<OutputFile> Files { get; }

    public Journal Journal { get; }

    /// <summary>Tensors that an earlier run wrote.</summary>
    public IReadOnlyDictionary<int, ErrorSum> Finished { get; private init; } =
        ImmutableDictionary<int, ErrorSum>.Empty;

    /// <exception cref="BadContentException">Something is there that is not to be replaced or continued.</exception>
    public static OutputSet Open(QuantizationPlan plan)
    {
        var journal = JournalPath(plan);
        var isInterrupted = File.Exists(journal);
        var resumes = isInterrupted && plan.Request.Resume;
        if (!resumes)
            CheckFree(plan, isInterrupted);
        CreateFolder(plan);
        var fingerprint = Fingerprint.Of(plan);
        return resumes ? Continue(plan, journal, fingerprint) : Begin(plan, journal, fingerprint);
    }

    /// <summary>
    /// Gives the files their names. What makes a folder look like a model comes last and, where one is replaced, goes
    /// first.
    /// </summary>
    public void Publish()
    {
        foreach (var file in Files)
            file.Flush();
        if (plan.IsFolder)
            RemoveOldModel();
        foreach (var file in Files)
            file.Publish();
        foreach (var file in plan.SideFiles)
            Write(file);
        Journal.Dispose();
        File.Delete(JournalPath(plan));
    }

    public void Dispose()
    {
        foreach (var file in Files)
            file.Dispose();
        Journal.Dispose();
    }

    private static string JournalPath(QuantizationPlan plan) =>
        plan.IsFolder ? Path.Combine(plan.Request.Output, "quantize.journal") : $"{plan.Files[0].Path}.journal";

    private static OutputSet Begin(QuantizationPlan plan, string journal, string fingerprint)
    {
        var files = new List<OutputFile>();
        try
        {
            foreach (var file in plan.Files)
                files.Add(OutputFile.Create(file));
            return new OutputSet(plan, [.. files], Journal.Create(journal, fingerprint, files));
        }
        catch
        {
            // No weight was written yet: nothing is worth keeping, least of all room on a full disk.
            files.ForEach(file => file.Dispose());
            foreach (var file in plan.Files)
                File.Delete(OutputFile.PartialPath(file.Path));
            throw;
        }
    }

    private static OutputSet Continue(QuantizationPlan plan, string journal, string fingerprint)
    {
        var (finished, length) = Journal.Read(journal, fingerprint, plan.Tensors.Length);
        var files = new List<OutputFile>();
        try
        {
            for (var i = 0; i < plan.Files.Length; i++)
            {
                if (OutputFile.Reopen(plan.Files[i]) is { } file && (!file.IsPublished || IsComplete(i)))
                {
                    files.Add(file);
                    continue;
                }
                throw new BadContentException(
                    OutputFile.PartialPath(plan.Files[i].Path),
                    "",
                    "not what the journal tells of",
                    "the files as the interrupted run left them, or --overwrite"
                );
            }
            return new OutputSet(plan, [.. files], Journal.Reopen(journal, length, files)) { Finished = finished };
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }

        bool IsComplete(int file)
        {
            for (var i = 0; i < plan.Tensors.Length; i++)
            {
                if (!finished.ContainsKey(i) && plan.Tensors[i].Places.Any(place => place.File == file))
                    return false;
            }
            return true;
        }
    }

    private static void CheckFree(QuantizationPlan plan, bool isInterrupted)
    {
        var output = plan.IsFolder ? plan.Request.Output : plan.Files[0].Path;
        if (plan.IsFolder ? File.Exists(output) : Directory.Exists(output))
            throw new BadContentException(
                output,
                "",
                plan.IsFolder ? "a file" : "a folder",
                plan.IsFolder ? "a folder" : "a file"
            );
        if (plan.Request.Overwrite)
            return;
        if (isInterrupted)
        {
            const string Choices = "--resume to go on with it, or --overwrite to begin again";
            throw new BadContentException(output, "", "an interrupted run", Choices);
        }
        var isTaken = plan.IsFolder
            ? Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any()
            : File.Exists(output) && new FileInfo(output).Length > 0;
        if (isTaken)
            throw new BadContentException(output, "", "not empty", "an empty or a new place, or --overwrite");
    }

    private static void CreateFolder(QuantizationPlan plan)
    {
        var folder = plan.IsFolder ? plan.Request.Output : Path.GetDirectoryName(plan.Files[0].Path);
        try
        {
            if (!string.IsNullOrEmpty(folder))
                Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.CannotBeWritten(folder!, exception);
        }
    }

    private void RemoveOldModel()
    {
        var folder = plan.Request.Output;
        var fresh = plan.Files.Select(file => Path.GetFullPath(file.Path)).ToHashSet(StringComparer.Ordinal);
        var old = Directory
            .EnumerateFiles(folder, "*.safetensors")
            .Where(file => !fresh.Contains(Path.GetFullPath(file)))
            .Prepend(Path.Combine(folder, $"model{ModelFiles.IndexEnding}"))
            .Prepend(Path.Combine(folder, ModelFiles.ConfigName));
        foreach (var file in old.ToList())
            File.Delete(file);
    }

    private static void Write(SideFile file)
    {
        var partial = OutputFile.PartialPath(file.Path);
        try
        {
            if (file.CopyOf is not null)
                File.Copy(file.CopyOf, partial, overwrite: true);
            using (var stream = new FileStream(partial, file.CopyOf is null ? FileMode.Create : FileMode.Open))
            {
                if (file.Text is not null)
                    stream.Write(System.Text.Encoding.UTF8.GetBytes(file.Text));
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, file.Path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.CannotBeWritten(file.Path, exception);
        }
    }
}
